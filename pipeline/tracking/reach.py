"""One exception for every way in which an MLflow store can be out of reach."""

import os
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import mlflow
import sqlalchemy.exc
from mlflow.exceptions import MlflowException

from pipeline.core.errors import Mendable
from pipeline.tracking.secrets import hide


class StoreUnreachable(Mendable):
    """The store cannot be opened, read or written; the message is one line with the store's address and the reason, without credentials."""


_FILE = "sqlite:///"
_OUT_OF_DATE = re.compile(r"out-of-date database schema \(found version (\w+)")
_REVISIONS = Path(mlflow.__file__).parent / "store/db_migrations/versions"
_ANEW = "if it stays so, move the file away; 'nines sync' makes a new one from the results"
# What SQLite says of a store that is a file, and what to do.
_MENDS = MappingProxyType(
    {
        "not a database": _ANEW,
        "malformed": _ANEW,
        "locked": "another process holds it: try again when that has ended",
        "readonly": "make the file and its folder writable",
        "Permission denied": "make the file and its folder writable",
        "Read-only file system": "make the folder writable, or set MLFLOW_TRACKING_URI to another place",
        "unable to open database file": "make sure that its folder is there and writable",
        "disk is full": "make room on the disk",
        "No space left": "make room on the disk",
    }
)

# A bad address (MlflowException, ArgumentError), no server (requests' errors are OSErrors), a full disk or a lock that
# another process keeps (OSError, filelock.Timeout), a locked or damaged database (SQLAlchemyError), no driver (ImportError).
_FAILURES = (MlflowException, OSError, sqlalchemy.exc.SQLAlchemyError, ImportError)


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Run the block; turn whatever shows that the store at ``uri`` is out of reach into ``StoreUnreachable``.

    Raises:
        StoreUnreachable: The store could not be opened, read or written.
    """
    try:
        yield
    except _FAILURES as error:
        reason, mend = _explained(uri, error)
        raise StoreUnreachable(hide(f"{uri}: expected an MLflow store, got {reason}; {mend}")) from error


def _explained(uri: str, error: BaseException) -> tuple[str, str]:
    """Say in a line what is wrong with the store at ``uri``, and what to do."""
    text = str(error)
    if old := _OUT_OF_DATE.search(text):
        if not any(_REVISIONS.glob(f"{old[1]}_*.py")):
            return "one of a newer MLflow", f"install the MLflow that has made it (this one is {mlflow.__version__})"
        address = uri if uri.startswith(_FILE) else '"$MLFLOW_TRACKING_URI"'  # which may hold a password
        return "one of an older MLflow", f"copy it, then run: mlflow db upgrade {address}"
    if isinstance(error, ImportError):
        return _line(error), "install that driver into the project's environment"
    if "Max retries exceeded" in text:
        return "no answer from its server", "start the server, or check MLFLOW_TRACKING_URI"
    if not uri.startswith(_FILE):
        return _line(error), "check MLFLOW_TRACKING_URI"
    mend = next((mend for words, mend in _MENDS.items() if words in text), "check MLFLOW_TRACKING_URI" if _named() else _ANEW)
    return _line(error), mend


def _named() -> bool:
    return bool(os.environ.get("MLFLOW_TRACKING_URI"))


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {textwrap.shorten(lines[0], 300, placeholder=' …')}"
