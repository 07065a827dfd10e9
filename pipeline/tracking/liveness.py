"""Which runs are being recorded, and which were left behind by a process that was killed.

Whoever records a run holds a lock file named after it, which the operating system lets go of when the process ends, however it
ends. So a run that looks busy, and whose lock file is free, is nobody's.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from mlflow import MlflowClient
from mlflow.entities import Run

# A busy run without a lock file is recorded on another machine, or was begun by a version that held no locks.
_ABANDONED_AFTER_MS = 3_600_000


@contextmanager
def recording(folder: Path, run_id: str) -> Iterator[None]:
    """Hold the run's lock while the block runs; the lock file stays behind, free, if the block fails."""
    lock = _lock(folder, run_id)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        # Another process records the same content into the same run: what both write is the same.
        yield
        return
    try:
        yield
    except BaseException:
        lock.release()
        lock_file(folder, run_id).touch()
        raise
    lock.release()
    lock_file(folder, run_id).unlink(missing_ok=True)


def close_dead(client: MlflowClient, folder: Path) -> None:
    """Mark as KILLED the runs that nobody records any more; to be called while nobody can begin to record one."""
    everywhere = [experiment.experiment_id for experiment in client.search_experiments()]
    for run in client.search_runs(everywhere, "attributes.status = 'RUNNING'") if everywhere else ():
        if _is_ours(run) and _is_dead(folder, run):
            client.set_terminated(run.info.run_id, "KILLED")
            lock_file(folder, run.info.run_id).unlink(missing_ok=True)


def lock_file(folder: Path, run_id: str) -> Path:
    """Return the lock file of a run that this machine records into the store of ``folder``."""
    return folder / "recording" / run_id


def _lock(folder: Path, run_id: str) -> FileLock:
    path = lock_file(folder, run_id)
    path.parent.mkdir(exist_ok=True)
    return FileLock(path)


def _is_ours(run: Run) -> bool:
    return any(tag.startswith("recording.") for tag in run.data.tags)


def _is_dead(folder: Path, run: Run) -> bool:
    if not lock_file(folder, run.info.run_id).exists():
        return bool(run.info.start_time < time.time() * 1000 - _ABANDONED_AFTER_MS)
    lock = _lock(folder, run.info.run_id)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    return True
