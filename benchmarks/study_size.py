"""How long DVC takes over a large study in which nothing has changed: python -m benchmarks.study_size [TASKS] [MODELS].

A copy of the project gets a study ``studies/large`` with so many tasks and models, whose files are stand-ins, as are all outputs. Timed
are ``dvc status`` and a ``dvc repro`` that has nothing to run, in the study and at the top, and one rewriting of ``dvc.lock``, which DVC
does after each stage.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from dvc.repo import Repo
from dvc.stage import Stage
from dvc.stage.serialize import to_single_stage_lockfile
from dvc.utils.serialize import dump_yaml, modify_yaml
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
LARGE = "studies/large"
PROVED = 5  # of the tasks, each with two models


def main(tasks: int = 15, models: int = 6) -> None:
    """Print a line for each thing that was timed."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder)
        copy(checkout)
        enlarge(checkout, [f"task_{n:02}" for n in range(tasks)], [f"model_{n}" for n in range(models)])
        for study in (LARGE, "."):
            os.chdir(checkout / study)
            with Repo() as repo, repo.lock:
                lock(repo.index.stages)
            print(f"{study}: {len(repo.index.stages)} stages, {lines('dvc.lock')} lines of dvc.lock")
            for words in (["status"], ["repro"]):
                wall, processor = seconds(words)
                print(f"{wall:6.1f} s, {processor:5.1f} s of a processor  dvc {' '.join(words)}", flush=True)
            begun = time.process_time()
            with modify_yaml("dvc.lock"):
                pass
            print(f"          {time.process_time() - begun:5.1f} s of a processor  one rewriting of dvc.lock", flush=True)


def copy(checkout: Path) -> None:
    """Copy the project without what its stages wrote."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if "data/" not in name and not name.endswith("dvc.lock") and (ROOT / name).exists():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, checkout / name, follow_symlinks=False)
    subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)


def enlarge(checkout: Path, tasks: list[str], models: list[str]) -> None:
    """Make the large study from the small one."""
    small, large = checkout / "studies/smoke", checkout / "studies/large"
    shutil.copytree(small, large, symlinks=True)
    params = YAML(typ="safe").load(small / "params.yaml")
    task, model, proof = params["tasks"]["parity"], params["models"]["lstm"], params["certificates"]["parity"]
    params["board"] = {"tasks": tasks, "models": models, "proved": {"tasks": tasks[:PROVED], "models": models[:2]}}
    params["tasks"] = {name: dict(task) for name in tasks}
    params["models"] = {name: {"model": dict(model["model"])} for name in models}
    params["overrides"] = {name: {} for name in tasks}
    params["certificates"] = {name: dict(proof) for name in tasks[:PROVED]}
    YAML().dump(params, large / "params.yaml")
    for name in tasks:
        (checkout / f"pipeline/tasks/{name}.py").write_text(f'"""{name}"""\n', encoding="utf-8")
    for name in models:
        (checkout / f"pipeline/models/{name}").mkdir()
        (checkout / f"pipeline/models/{name}/__init__.py").write_text(f'"""{name}"""\n', encoding="utf-8")


def lock(stages: Iterable[Stage]) -> None:
    """Make stand-ins for all outputs of a study, and write ``dvc.lock`` once, not once for each stage."""
    stages = list(stages)
    for out in (out for stage in stages for out in stage.outs):
        path = Path(out.fs_path)
        path = path if path.suffix else path / "content"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path}\n", encoding="utf-8")
    entries = {}
    for stage in stages:
        stage.save()
        stage.commit()
        entries[stage.name] = to_single_stage_lockfile(stage)
    dump_yaml("dvc.lock", {"schema": "2.0", "stages": entries})


def lines(path: str) -> int:
    """Count the lines of a file."""
    return len(Path(path).read_text(encoding="utf-8").splitlines())


def seconds(words: list[str]) -> tuple[float, float]:
    """Run DVC, which must find nothing to do; return how long it took on the clock and of a processor, which counts on a busy machine."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DVC_")} | {"DVC_NO_ANALYTICS": "1"}
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "dvc", *words], env=environment, capture_output=True, text=True, check=True)
    taken, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if "up to date" not in done.stdout:
        raise SystemExit(f"dvc {' '.join(words)}: expected nothing to do, got {done.stdout}")
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
