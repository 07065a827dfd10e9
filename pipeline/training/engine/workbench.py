"""Where the snapshots of an unfinished training lie, so that an interrupted one can be resumed."""

import hashlib
import shutil
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import pipeline
from pipeline.core.folders import replace_file
from pipeline.core.npz import DamagedArrays
from pipeline.experiment.training import TrainingParams
from pipeline.layers.networks import Network
from pipeline.layers.xla import BACKEND
from pipeline.training.engine import snapshots
from pipeline.training.engine.runs import Run

# Trainings shorter than this leave nothing behind.
SECONDS_BETWEEN_SNAPSHOTS = 60.0
_MARKING = Lock()


class Workbench:
    """A folder of snapshots of one experiment's training, a file for each group of seeds.

    What lies there is used only if it was made from the same recipe and data by the same code and library versions.
    """

    def __init__(self, folder: Path, recipe: str) -> None:
        self.folder = folder
        self.made_from = folder / "made_from.txt"
        self._identity = _identity(recipe)
        self._begun = time.monotonic()
        self._kept_at: dict[str, float] = {}
        if folder.is_dir() and (not self.made_from.is_file() or self.made_from.read_text(encoding="utf-8") != self._identity):
            shutil.rmtree(folder)

    def load(self, name: str, build: Callable[[], Network], params: TrainingParams) -> Run | None:
        """Return the last snapshot of the run ``name``, whose nets ``build`` builds; ``None`` if there is none, or one that is damaged."""
        path = self._path(name)
        try:
            return snapshots.load(path, build(), params) if path.is_file() else None
        except DamagedArrays:
            return None  # these seeds begin anew

    def keep(self, name: str, run: Run, *, at_once: bool = False) -> None:
        """Write a snapshot of ``run`` if its last one is old enough, or in any case ``at_once``."""
        now = time.monotonic()
        if not at_once and now - self._kept_at.get(name, self._begun) < SECONDS_BETWEEN_SNAPSHOTS:
            return
        self._mark()
        snapshots.save(run, self._path(name))
        self._kept_at[name] = now

    def _mark(self) -> None:
        """Note what the snapshots are made from: once, whichever of the groups that train side by side comes first."""
        with _MARKING:
            try:
                if not self.made_from.is_file():
                    replace_file(self.made_from, self._identity.encode())
            except FileNotFoundError:  # another process has put the same there
                if not self.made_from.is_file():
                    raise

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


def clear(folder: Path) -> None:
    """Remove all snapshots in ``folder``: what they led to is there."""
    shutil.rmtree(folder, ignore_errors=True)


def _identity(recipe: str) -> str:
    package = Path(pipeline.__file__).parent
    digest = hashlib.sha256(recipe.encode())
    # What an editor keeps beside a file that it has open begins with a dot, and may be a link to nothing.
    for path in sorted(package.rglob("[!.]*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    libraries = " ".join(f"{name}-{version(name)}" for name in ("keras", "numpy", BACKEND))
    return f"{digest.hexdigest()} {libraries}\n"
