"""What a store that is a file holds, read as the SQLite database that it is: MLflow takes seconds to load."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pipeline.tracking.places import SQLITE, is_embedded

_RUNS = (
    "SELECT count(*) FROM runs JOIN experiments USING (experiment_id) "
    "WHERE runs.lifecycle_stage = 'active' AND experiments.lifecycle_stage = 'active'"
)
_LOCATIONS = "SELECT artifact_location FROM experiments WHERE lifecycle_stage = 'active'"


@dataclass(frozen=True)
class Glance:
    """What a store holds, but for what was deleted.

    Attributes:
        runs: How many runs.
        locations: Where its experiments keep their artifacts.
    """

    runs: int
    locations: tuple[str, ...]


def glance(uri: str) -> Glance | None:
    """Look into the store at ``uri``; ``None`` where MLflow has to: it is no file, is not there yet, or something is wrong with it."""
    path = Path(uri.removeprefix(SQLITE))
    if not is_embedded(uri) or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
            revisions = [str(revision) for (revision,) in store.execute("SELECT version_num FROM alembic_version")]
            if not _are_latest(revisions):
                return None
            ((runs,),) = store.execute(_RUNS)
            return Glance(int(runs), tuple(str(location) for (location,) in store.execute(_LOCATIONS)))
    except sqlite3.Error:
        return None


def _are_latest(revisions: Iterable[str]) -> bool:
    """Say whether the tables are those of the MLflow that is installed: of its migrations, none comes after these."""
    package = find_spec("mlflow")
    if package is None or package.origin is None:
        return False
    migrations = [path.read_text(encoding="utf-8") for path in Path(package.origin).parent.glob("store/db_migrations/versions/*.py")]
    known, followed = (
        {line.partition("=")[2].strip(" \"'") for text in migrations for line in text.splitlines() if line.startswith(f"{name} =")}
        for name in ("revision", "down_revision")
    )
    return bool(known) and set(revisions) == known - followed
