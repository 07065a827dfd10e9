"""One exception for every way in which an MLflow store can be out of reach."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc
from mlflow.exceptions import MlflowException

from pipeline.core.errors import Mendable
from pipeline.tracking.secrets import hide


class StoreUnreachable(Mendable):
    """The store cannot be opened, read or written; the message is one line with the store's address and the reason, without credentials."""


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
        reason = _first_line(error)
        raise StoreUnreachable(hide(f"{uri}: expected an MLflow store, got {reason}; check MLFLOW_TRACKING_URI")) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
