"""Where the store is, and where it keeps what. Nothing here loads MLflow.

The embedded store is ``<root>/mlruns/mlflow.db`` (SQLite) with the artifacts beside it; ``MLFLOW_TRACKING_URI`` names another.
"""

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from pipeline.core.errors import Mendable

SQLITE = "sqlite:///"


def store_uri(root: Path) -> str:
    """Return the address of the store: ``MLFLOW_TRACKING_URI`` if that is set, its path read from ``root``, else the one under ``root``.

    Raises:
        Mendable: It names a database without its path, which SQLite would keep in memory and forget.
    """
    if os.environ.get("MLFLOW_TRACKING_URI") == SQLITE:
        example = f"{SQLITE}mlruns/mlflow.db"
        raise Mendable(f"MLFLOW_TRACKING_URI: expected the path of a database such as {example}, got '{SQLITE}'; unset it, or name a file")
    return _absolute(os.environ.get("MLFLOW_TRACKING_URI", ""), root.resolve()) or f"{SQLITE}{root.resolve() / 'mlruns' / 'mlflow.db'}"


def _absolute(uri: str, root: Path) -> str:
    """Read a path without a beginning (``sqlite:///mlruns/mlflow.db``, ``mlruns``) as one below ``root``.

    MLflow would read it as one below the current folder. A DVC experiment runs in a copy that is thrown away, and a study in its folder;
    what is meant is the store of the checkout.
    """
    for kind in (SQLITE, "file:"):
        if uri.startswith(kind):
            path = uri.removeprefix(kind)
            return f"{kind}{root / path}" if path and not path.startswith(("/", ":")) else uri
    return str(root / uri) if uri and "://" not in uri and uri != "databricks" else uri


def folder_of(uri: str, root: Path) -> Path:
    """Return the folder in which this machine keeps a store's lock, and the artifacts of a store that is a database."""
    return Path(uri.removeprefix(SQLITE)).resolve().parent if uri.startswith(SQLITE) else root.resolve() / "mlruns"


def artifact_location(uri: str, folder: Path, experiment: str) -> str | None:
    """Return where an experiment's artifacts go; ``None`` leaves it to the tracking server."""
    return None if is_server(uri) else (folder / "artifacts" / experiment).as_uri()


def is_server(uri: str) -> bool:
    """Tell a tracking server from a database."""
    return uri.startswith(("http://", "https://"))


def is_embedded(uri: str) -> bool:
    """Tell a store that is a file, with its artifacts beside it, from one that has a server."""
    return uri.startswith(SQLITE)


def old_folders(locations: Iterable[str], folder: Path) -> list[Path]:
    """List the folders, other than ``folder``, that experiments take for that of the store by the locations of their artifacts."""
    homes = map(_home, locations)
    return sorted({home for home in homes if home is not None and home != folder})


def _home(location: str) -> Path | None:
    """Return the store's folder of an artifact location as this project makes them, ``<folder>/artifacts/<experiment>``."""
    parts = urlsplit(location)
    artifacts = PurePosixPath(unquote(parts.path)).parent
    return Path(artifacts.parent) if parts.scheme in ("", "file") and artifacts.name == "artifacts" else None
