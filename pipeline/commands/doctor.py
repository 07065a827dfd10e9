"""What the study runs on: versions, device, MLflow store, DVC cache."""

import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version

from pipeline.commands.machines import ADDRESS, joined
from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.tracking.opening import is_embedded
from pipeline.tracking.reach import StoreUnreachable, reaching
from pipeline.tracking.relocation import old_folders
from pipeline.tracking.secrets import hide
from pipeline.tracking.store import open_store

# So many stages are named that are not up to date.
SHOWN = 3
PACKAGES = ("dvc", "mlflow", "tensorflow", "keras", "numpy", "pydantic", "typer")


def examine() -> Iterator[tuple[str, str]]:
    """Yield what there is, a name and a finding at a time.

    Raises:
        Mendable: The current folder is in no checkout.
    """
    status, cache = _begin("status", "--json"), _begin("cache", "dir")
    yield "python", f"{platform.python_version()} ({sys.executable})"
    for package in PACKAGES:
        yield package, version(package)
    from pipeline.layers.xla import BACKEND, device

    yield "backend", BACKEND
    yield "device", device()
    root = paths.find_root()
    try:
        store = open_store(root)
        with reaching(store.uri):
            known = store.client.search_experiments()
            runs = sum(len(store.client.search_runs([e.experiment_id], max_results=50000)) for e in known)
        moved = "; it was moved: run 'nines relocate'" if is_embedded(store.uri) and old_folders(known, store.folder) else ""
        yield "MLflow store", f"{hide(store.uri)} ({runs} runs){moved}"
    except StoreUnreachable as error:
        yield "MLflow store", str(error)
    yield "DVC cache", _end(cache)
    yield "DVC status", in_short(_end(status))


def examine_cluster() -> Iterator[tuple[str, str]]:
    """Yield what the Ray cluster consists of that ``RAY_ADDRESS`` names, a name and a finding at a time.

    Raises:
        Mendable: It names none, Ray is not installed, or no cluster answers.
    """
    with joined() as there:
        if not there:
            raise WrongInput(f"--cluster: expected the address of a Ray cluster in {ADDRESS}, got nothing; see docs/cluster.md")
        from pipeline.cluster.survey import survey

        yield from survey()


def in_short(status: str) -> str:
    """Say in a line what ``dvc status --json`` says in one for each file; what is no such status, an error of DVC's, is passed on."""
    try:
        changed = list(json.loads(status))
    except ValueError:
        return status.replace("\n", "; ")
    if not changed:
        return "all stages are up to date"
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    stages = "stage is" if len(changed) == 1 else "stages are"
    return f"{len(changed)} {stages} not up to date: {', '.join(changed[:SHOWN])}{more} ('dvc status' says why, 'dvc repro' runs them)"


def _begin(*words: str) -> subprocess.Popen[str]:
    """Start a command of DVC; TensorFlow is loaded meanwhile."""
    command = [sys.executable, "-m", "dvc", *words]
    return subprocess.Popen(command, cwd=paths.folder(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _end(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate()
    return (out if process.returncode == 0 else errors).strip()
