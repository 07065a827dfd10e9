"""A small study of every task, made by the pipeline's own stages in one process (DVC has tests of its own)."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkouts import all_params
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
SEEDS = 10
# What is tried for its answers and curves is trained as the post says; of the other tasks any net will do.
TASKS: dict[str, dict[str, Any]] = {
    "increment": {"test_examples": 20, "trailing_nines": "20", "test_lengths": "2, 5, 10, 20, 50"},
    "sort": {"training_examples": 640, "validation_examples": 32, "test_examples": 5, "test_lengths": "2, 10"},
    "count_ones": {"test_examples": 5, "test_lengths": "2, 10"},
    "parity": {"test_examples": 5, "test_lengths": "2, 12"},
    "curve": {"points": 100},
    "long_lag": {"time_steps": "4, 5", "trials": 2, "sequences": 200},
    "noisy_lag": {"time_steps": "5", "sequences": 200, "test_examples": 5},
    "adding": {"training_examples": 50, "validation_examples": 5, "test_examples": 5, "test_lengths": "100"},
    "temporal_order": {"training_examples": 50, "validation_examples": 5, "test_examples": 5, "test_lengths": "100"},
}
POST = "increment-rnn-post"
OURS = "increment-rnn"
# Of the other tasks any net will do: a few steps of a small one, since compiling a training program takes seconds.
ANY_NET = {"name": "simple_rnn", "units": 4, "kernels": "fused", "readout": "glorot_uniform"}
RECIPES: dict[str, dict[str, Any]] = {
    "sort-seq2seq-post": {},
    "count_ones-lstm-post": {},
    "parity-lstm-post": {},
    "curve-lstm-post": {},
    "long_lag-rnn-post": {"lengths": "4"},
    "noisy_lag-rnn-post": {"lengths": "5"},
    "adding-lstm-1997": {},
    "temporal_order-lstm-1997": {},
}
MAKE = """
import sys
from pipeline.config import paths, settings
from pipeline.recording import sync
from pipeline.stages import evaluate, freeze, report, train

known = settings.read()
for name, task in known.tasks.items():
    freeze.run(name, task.params, paths.datasets(name))
for experiment in known.experiments.values():
    train.run(experiment)
    evaluate.run(experiment)
report.run(known.experiments.values(), paths.data())
sync.sync(known)
sync.promote(known)
"""


@dataclass(frozen=True)
class Ui:
    """``nines ui --open`` as it runs: its address, all that it has printed, and the address that it has opened in the browser."""

    address: str
    printed: str
    opened: str


def params() -> dict[str, Any]:
    """Shrink ``params.yaml``: every task, with few examples and one or two quickly trained experiments."""
    document = all_params()
    for name, changes in TASKS.items():
        document["tasks"][name] |= changes
    known = document["experiments"]
    post = {**known[POST], "training": {**known[POST]["training"], "seeds": SEEDS, "epochs": 5}}
    ours = {**post, "source": "ours", "training": {**post["training"], "optimizer": "adam", "learning_rate": 0.01, "seeds": 2, "epochs": 1}}
    experiments = {POST: post, OURS: ours}
    for name, changes in RECIPES.items():
        task, training = known[name]["task"], {k: v for k, v in known[name]["training"].items() if k not in ("epochs", "stop")}
        few = {"seeds": 1, "steps": 4, "batch_size": 1, "log_every": 2}
        experiments[f"{task}-any"] = {
            "task": task, "source": "ours", "model": ANY_NET, "training": training | few | changes, "evaluation": {"longest": 10000},
        }  # fmt: skip
    return {"tasks": {name: document["tasks"][name] for name in TASKS}, "experiments": experiments, "certificates": {}, "guarantees": {}}


def make(checkout: Path) -> None:
    """Make the study in ``checkout``, which must not be there: files, runs, champions."""
    (checkout / ".dvc").mkdir(parents=True)
    shutil.copytree(ROOT / "pipeline", checkout / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "claims", checkout / "claims")
    YAML().dump(params(), checkout / "params.yaml")
    subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)
    python(checkout, "-c", MAKE)


def python(checkout: Path, *words: str, code: int = 0, **variables: str) -> str:
    """Run this Python in ``checkout``, with its code and without this process's MLflow and DVC; return all that it wrote."""
    done = subprocess.run(
        [sys.executable, *words], cwd=checkout, env=environment(**variables), capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def nines(checkout: Path, *words: str, code: int = 0, **variables: str) -> str:
    """Run a command of the project."""
    return python(checkout, "-m", "pipeline", *words, code=code, **variables)


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of this process without what it says of DVC and MLflow, and with ``variables``."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_"))} | variables


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as family:
        family.bind(("127.0.0.1", 0))
        return int(family.getsockname()[1])


def noting_browser(program: Path, opened: Path) -> Path:
    """Make a program for ``$BROWSER`` that writes the address it is to open to the file ``opened``."""
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.partial && mv {opened}.partial {opened}\n')
    program.chmod(0o755)
    return program


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers at ``address``."""
    for _ in range(1200):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(f"no answer from {address}: {log.read_text()}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a server that a test has started."""
    server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
