"""Real checkouts of the project with a small study in them, and commands run there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent


def all_params() -> dict[str, Any]:
    """The params of the study at the top, and of the one of 1997 the tasks that the top has not, with their experiments."""
    params, other = (YAML(typ="safe").load((ROOT / path).read_text()) for path in ("params.yaml", "studies/1997/params.yaml"))
    further = {name: task for name, task in other["tasks"].items() if name not in params["tasks"]}
    params["tasks"] |= further
    params["experiments"] |= {name: entry for name, entry in other["experiments"].items() if entry["task"] in further}
    return dict(params)


def tiny() -> dict[str, Any]:
    """One experiment on one task, of a second or two."""
    document = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
    increment, recipe = document["tasks"]["increment"], document["experiments"]["increment-rnn-post"]
    increment |= {
        "training_examples": 90,
        "validation_examples": 10,
        "test_examples": 2,
        "test_lengths": "1, 10, 20",
        "trailing_nines": "5",
    }
    recipe["model"]["units"] = 2
    recipe["training"] |= {"seeds": 2, "epochs": 2, "batch_size": 10, "log_every": 9}
    proofs = {"increment-rnn-post": {"task": "increment", "k": "1", "splits": 1}}
    return {"tasks": {"increment": increment}, "experiments": {"increment-rnn-post": recipe}, "certificates": proofs, "guarantees": {}}


def git(checkout: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True, check=True).stdout


def surroundings(**more: str) -> dict[str, str]:
    """The environment without what DVC, MLflow or a cloud have put there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_", "AWS_"))}
    return kept | {"DVC_NO_ANALYTICS": "1", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"} | more


def run(checkout: Path, *words: str, code: int = 0, **environment: str) -> str:
    """Run ``python -m <words>``; return what it wrote to both streams."""
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=checkout, env=surroundings(**environment), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def publish(folder: Path, params: dict[str, Any]) -> Path:
    """Commit the project as it lies here, with ``params`` for its params.yaml and nothing reproduced, to a repository to clone from."""
    copy(folder)
    YAML().dump(params, folder / "params.yaml")
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "start")
    return folder


def copy(folder: Path) -> None:
    """Copy the project as it lies here, without what its stages have written."""
    tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        written = "data" in Path(name).parts[:-1] or name.endswith("dvc.lock")
        if not written and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)


def commit(checkout: Path, message: str) -> None:
    git(checkout, "add", "-A")
    git(checkout, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", message)


def clone(origin: Path, checkout: Path) -> Path:
    git(origin.parent, "clone", "-q", str(origin), str(checkout))
    git(checkout, "config", "user.name", "t")
    git(checkout, "config", "user.email", "t@example.org")
    return checkout
