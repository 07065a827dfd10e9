"""The safe first opening of the store."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from filelock import FileLock
from mlflow import MlflowClient

from pipeline.tracking.places import SQLITE, is_embedded, is_server

_SECONDS_TO_WAIT = 60


@contextmanager
def locked(folder: Path, name: str = "store") -> Iterator[None]:
    """Hold one of the store's locks among the processes of this machine. Raises ``filelock.Timeout`` after a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{name}.lock", timeout=_SECONDS_TO_WAIT):
        yield


def connect(uri: str, folder: Path) -> MlflowClient:
    """Open the store, creating it where there is none.

    Two processes that both find no database would both run MLflow's migrations, which leaves it damaged for good: hence the lock.
    """
    # They report each revision of the migrations, and warn of things that do not matter here (no pip in the environment).
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with locked(folder):
        made = is_embedded(uri) and _make(Path(uri.removeprefix(SQLITE)), folder)
        if not is_server(uri):
            _try_out(uri, new=made)
        client = MlflowClient(tracking_uri=uri)
        client.search_experiments(max_results=1)
    return client


def _make(database: Path, folder: Path) -> bool:
    """Make the database of a store where there is none: beside its place, and whole before it is put there. Return whether it was made.

    MLflow makes it in many steps, and one that was interrupted is damaged for good.
    """
    if ":" in database.name or (database.exists() and database.stat().st_size):
        return False
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore  # a tracking server needs none of it

    beside = database.with_name(f".{database.name}.part")
    for stray in beside.parent.glob(f"{beside.name}*"):
        stray.unlink()
    store = SqlAlchemyStore(f"{SQLITE}{beside}", (folder / "artifacts").as_uri())
    store._dispose_engine()
    os.replace(beside, database)
    return True


def _try_out(uri: str, *, new: bool) -> None:
    # MLflow itself tries ten times, for 100 seconds, and writes a traceback each time.
    sqlite = uri.startswith("sqlite")
    # A connection that has failed is of no more use: none is kept.
    engine = sqlalchemy.create_engine(uri, connect_args={"timeout": 10} if sqlite else {}, poolclass=sqlalchemy.pool.NullPool)
    try:
        if sqlite:
            _log_ahead(engine, new=new)
        with engine.connect() as connection:
            sqlalchemy.inspect(connection).get_table_names()
    finally:
        engine.dispose()


def _log_ahead(engine: sqlalchemy.Engine, *, new: bool) -> None:
    """Let readers and a writer work at once, where the file system can: SQLite needs shared memory for it, which some have not.

    The mode stays set in the file. One that is in another mode has been put there by this function, or by somebody else on purpose.
    """
    try:
        with engine.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            if mode != "wal" and not new:
                return
            for statement in ("PRAGMA journal_mode=WAL", "BEGIN IMMEDIATE", "ROLLBACK"):
                connection.exec_driver_sql(statement)
    except sqlalchemy.exc.OperationalError as error:
        if "locked" in str(error):
            return  # by another writer, who has not failed
        with engine.connect() as connection:
            # A connection that has the file for itself needs no shared memory, and can leave the mode.
            for statement in ("PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=DELETE", "PRAGMA locking_mode=NORMAL"):
                connection.exec_driver_sql(statement)
