"""An embedded store whose checkout was moved: MLflow keeps absolute paths of the artifacts, which then point to the old place."""

from pathlib import Path

import sqlalchemy

from pipeline.core.errors import Mendable
from pipeline.tracking.opening import connect, locked
from pipeline.tracking.places import folder_of, is_embedded, old_folders, store_uri
from pipeline.tracking.reach import reaching

# Every column in which MLflow keeps the place of an artifact.
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def relocate(root: Path) -> dict[Path, int]:
    """Make the embedded store of the checkout at ``root`` point to its own artifacts.

    Returns:
        The number of places that were corrected, by the folder that they pointed to; empty if all was right.

    Raises:
        Mendable: The store is none that lies in a folder, or there is none yet.
        StoreUnreachable: The store cannot be read or written.
    """
    uri = store_uri(root)
    folder = folder_of(uri, root)
    if not is_embedded(uri):
        raise Mendable("expected a store in this checkout, got MLFLOW_TRACKING_URI with another one; unset it")
    if not folder.joinpath(uri.rpartition("/")[2]).is_file():
        raise Mendable(f"{folder}: expected an MLflow store, got nothing there; 'nines sync' makes one from the files")
    with reaching(uri):
        client = connect(uri, folder)
        with locked(folder):
            old = old_folders((one.artifact_location for one in client.search_experiments()), folder)
            return {place: _rewrite(uri, place, folder) for place in old}


def _rewrite(uri: str, old: Path, new: Path) -> int:
    engine = sqlalchemy.create_engine(uri)
    try:
        with engine.begin() as connection:
            return sum(
                connection.execute(
                    sqlalchemy.text(
                        f"UPDATE {table} SET {column} = :new || substr({column}, :rest) WHERE substr({column}, 1, :rest - 1) = :old"
                    ),
                    {"old": before, "new": after, "rest": len(before) + 1},
                ).rowcount
                for table, column in _COLUMNS
                for before, after in ((f"{old.as_uri()}/", f"{new.as_uri()}/"), (f"{old}/", f"{new}/"))
            )
    finally:
        engine.dispose()
