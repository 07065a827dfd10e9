"""What the study runs on: versions, device, MLflow store, DVC cache."""

import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipeline.commands.machines import ADDRESS, joined
from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.execution.backend import configured_backend, require_backend
from pipeline.tracking.glance import Glance, glance
from pipeline.tracking.places import folder_of, is_embedded, old_folders, store_uri
from pipeline.tracking.secrets import hide

# So many stages are named that are not up to date.
SHOWN = 3
PACKAGES = ("dvc", "mlflow", "tensorflow", "keras", "numpy", "pydantic", "typer")


def examine() -> Iterator[tuple[str, str]]:
    """Yield what there is, a name and a finding at a time.

    TensorFlow and MLflow, which take seconds to load, are asked where nothing else knows.

    Raises:
        Mendable: The current folder is in no checkout, or Keras is set to a backend that is not there.
    """
    yield "python", f"{platform.python_version()} ({sys.executable})"
    for package in PACKAGES:
        yield package, _version(package)
    require_backend()
    yield "backend", configured_backend()
    yield "device", _device()
    yield "MLflow store", _store(paths.find_root())
    yield from _dvc()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed; run 'make setup'"


def _device() -> str:
    """Name the device that nets run on: only a machine with an NVIDIA driver can have another one than its processor."""
    if shutil.which("nvidia-smi") is None and not Path("/dev/nvidiactl").exists():
        return "cpu:0"
    from pipeline.layers.xla import device

    return device()


def _store(root: Path) -> str:
    """Say where the MLflow store is, and how many runs it holds, or what is wrong with it."""
    uri = store_uri(root)
    found = glance(uri) or _asked(root)
    if isinstance(found, str):
        return found
    moved = "; it was moved: run 'nines relocate'" if is_embedded(uri) and old_folders(found.locations, folder_of(uri, root)) else ""
    return f"{hide(uri)} ({found.runs} runs){moved}"


def _asked(root: Path) -> Glance | str:
    """Ask MLflow what the store holds."""
    from pipeline.tracking.reach import StoreUnreachable, reaching
    from pipeline.tracking.store import open_store

    try:
        store = open_store(root)
        with reaching(store.uri):
            known = store.client.search_experiments()
            runs = sum(len(store.client.search_runs([e.experiment_id], max_results=50000)) for e in known)
    except StoreUnreachable as error:
        return str(error)
    return Glance(runs, tuple(one.artifact_location for one in known))


def _dvc() -> Iterator[tuple[str, str]]:
    """Say where DVC's cache is, and which stages are not up to date."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(paths.folder())) as repo:
            yield "DVC cache", repo.cache.local_cache_dir
            yield "DVC status", in_short(repo.status())
    except DvcException as error:
        yield "DVC status", str(error).replace("\n", "; ")


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


def in_short(status: Mapping[str, Any]) -> str:
    """Say in a line what DVC says in one for each file."""
    changed = list(status)
    if not changed:
        return "all stages are up to date"
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    stages = "stage is" if len(changed) == 1 else "stages are"
    return f"{len(changed)} {stages} not up to date: {', '.join(changed[:SHOWN])}{more} ('dvc status' says why, 'dvc repro' runs them)"
