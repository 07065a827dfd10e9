"""Where things lie. Data is always that of the current folder; the MLflow store is that of the checkout's root.

The two differ in a queued DVC experiment, which runs in a throw-away copy of the checkout: its data lies in the copy, but its
runs must outlive it. ``DVC_ROOT`` names the main checkout even there.

The posts' study lies at the top; another one in a folder of its own, ``studies/<name>/``, which is a DVC repository too. A process works on
one study: that of the current folder, or one that is chosen by name at the top.
"""

import os
from pathlib import Path

from pipeline.core.errors import Mendable, WrongInput
from pipeline.core.registry import nearest

STUDIES = Path("studies")
_HERE = Path()
_folder = _HERE


def choose(study: str | None) -> None:
    """Work on a study from now on; ``None``: on that of the current folder.

    Raises:
        WrongInput: There is no such study; the message names the known ones.
    """
    global _folder
    if study is None:
        _folder = _HERE
        return
    known = studies()
    if study not in known:
        listed = ", ".join(known) or f"none is in {STUDIES}/"
        raise WrongInput(f"--study: expected the name of a study ({listed}), got '{study}'{nearest(study, known)}")
    _folder = STUDIES / study


def studies() -> list[str]:
    """List the studies that have a folder."""
    return sorted(path.parent.name for path in STUDIES.glob("*/params.yaml"))


def study() -> str | None:
    """Return the name of the current study; ``None`` is the one at the top."""
    folder = _folder.resolve()
    return folder.name if _is_study(folder) else None


def _is_study(folder: Path) -> bool:
    """Tell a study's folder from a checkout that lies in a folder which happens to be called ``studies``."""
    return folder.parent.name == STUDIES.name and (folder.parents[1] / ".dvc").is_dir()


def folder() -> Path:
    """Return the folder of the current study, a DVC repository."""
    return _folder


def params() -> Path:
    """Return the file of the current study's tasks, experiments and certificates."""
    return _folder / "params.yaml"


def lock() -> Path:
    """Return the file in which DVC keeps what the current study was made from."""
    return _folder / "dvc.lock"


def data() -> Path:
    """Return the folder of all that the current study's stages write."""
    return _folder / "data"


def trials() -> Path:
    """Return the record of what was tried while recipes were chosen, one for all studies of the checkout."""
    top = _folder.resolve().parents[1] if study() else _folder
    return top / "tuning" / "trials.csv"


def datasets(task: str) -> Path:
    """Return the folder of a task's frozen dataset."""
    return data() / "datasets" / task


def models(experiment: str) -> Path:
    """Return the folder of an experiment's trained weights, training curves and recipe."""
    return data() / "models" / experiment


def training(experiment: str) -> Path:
    """Return the folder where an experiment's training lies while it is going on; it is nobody's output."""
    return data() / ".training" / experiment


def results(experiment: str) -> Path:
    """Return the folder of an experiment's scores."""
    return data() / "results" / experiment


def certificates(experiment: str) -> Path:
    """Return the folder of an experiment's verdicts and proofs."""
    return data() / "certificates" / experiment


def report() -> Path:
    """Return the folder of the report."""
    return data() / "report"


def claims() -> Path:
    """Return the folder of what is claimed, of goals and of published figures."""
    return _folder / "claims"


def find_root() -> Path:
    """Return the checkout that holds the MLflow store: that of ``$DVC_ROOT``, else that of the current folder.

    Raises:
        Mendable: Neither is there.
    """
    named = os.environ.get("DVC_ROOT")
    here = Path(named).resolve() if named and (Path(named) / ".dvc").is_dir() else Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".dvc").is_dir() and not _is_study(folder):
            return folder
    raise Mendable(f"expected a folder with '.dvc' at {here} or above it; run the command inside the project's checkout")
