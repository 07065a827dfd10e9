"""Where things lie. Data is always that of the current folder; the MLflow store is that of the checkout's root.

The two differ in a queued DVC experiment, which runs in a throw-away copy of the checkout: its data lies in the copy, but its
runs must outlive it. ``DVC_ROOT`` names the main checkout even there.
"""

import os
from pathlib import Path

from pipeline.core.errors import Mendable

DATA = Path("data")


def datasets(task: str) -> Path:
    """Return the folder of a task's frozen dataset."""
    return DATA / "datasets" / task


def models(experiment: str) -> Path:
    """Return the folder of an experiment's trained weights, training curves and recipe."""
    return DATA / "models" / experiment


def training(experiment: str) -> Path:
    """Return the folder where an experiment's training lies while it is going on; it is nobody's output."""
    return DATA / ".training" / experiment


def results(experiment: str) -> Path:
    """Return the folder of an experiment's scores."""
    return DATA / "results" / experiment


def certificates(experiment: str) -> Path:
    """Return the folder of an experiment's verdicts and proofs."""
    return DATA / "certificates" / experiment


def report() -> Path:
    """Return the folder of the report."""
    return DATA / "report"


def claims() -> Path:
    """Return the folder of what is claimed, of goals and of published figures."""
    return Path("claims")


def find_root() -> Path:
    """Return the checkout that holds the MLflow store: ``$DVC_ROOT``, else the nearest folder from here upwards with ``.dvc``.

    Raises:
        Mendable: Neither is there.
    """
    named = os.environ.get("DVC_ROOT")
    if named and (Path(named) / ".dvc").is_dir():
        return Path(named).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".dvc").is_dir():
            return folder
    raise Mendable(f"expected a folder with '.dvc' at {here} or above it; run the command inside the project's checkout")
