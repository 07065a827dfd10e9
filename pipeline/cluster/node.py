"""What runs on a node of the cluster: one job at a time, which is told of as it goes. It touches neither git nor DVC nor MLflow."""

import os
import pickle
import shutil
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory, gettempdir
from threading import Event
from typing import Any

import ray
from filelock import FileLock, Timeout

from pipeline.cluster.places import Place
from pipeline.core.errors import Mendable
from pipeline.execution.job import Job, Worker
from pipeline.stages import processor

# Reports of the same part of the work come no faster than this.
SECONDS_BETWEEN_REPORTS = 0.5
# A cancelled job is noticed this soon.
SECONDS_TO_NOTICE = 0.2
# Snapshots of jobs that nobody has taken up again go after this long.
DAYS_OF_SNAPSHOTS = 7


class OtherLibraries(Mendable):
    """A node has other versions of the libraries that results hang on."""


@dataclass(frozen=True)
class Step:
    """How far a job is, as ``pipeline.execution.job.Report`` is told."""

    part: str
    step: int
    steps: int
    metrics: Mapping[str, list[float]]


@dataclass(frozen=True)
class Result:
    """What a job has returned, and how many seconds of work it took."""

    value: Any
    seconds: float


def here(*, resumed: bool = False) -> Place:
    """Say where this process runs."""
    return Place(ray.get_runtime_context().get_node_id(), socket.gethostname(), processor.kind(), processor.model(), resumed)


def libraries() -> list[str]:
    """Name the packages whose versions results hang on."""
    return ["keras", "numpy", "scipy", os.environ.get("KERAS_BACKEND", "tensorflow")]


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of packages; ``none`` for one that is not installed."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def attempt(packed: bytes, shared: Any, key: str, libraries: dict[str, str]) -> Iterator[Place | Step | Result]:
    """Run a job.

    Args:
        packed: The job, pickled. It is read only after the libraries that it needs were seen to be there.
        shared: Data that it shares with others.
        key: What its snapshots are called by on this machine, the same whenever it runs again.
        libraries: The versions that the libraries must have.

    Yields:
        Where it runs, then how far it is, at last its result.

    Raises:
        OtherLibraries: The node has other ones.
        Exception: What the job raises.
    """
    found = versions(libraries)
    if wrong := [f"{name} {libraries[name]}, got {found[name]}" for name in libraries if found[name] != libraries[name]]:
        raise OtherLibraries(
            f"node {socket.gethostname()}: expected {'; expected '.join(wrong)}; install there what requirements.lock names"
        )
    job: Job[Any] = pickle.loads(packed)
    said: SimpleQueue[Step | None] = SimpleQueue()
    stopping = Event()
    last: dict[str, float] = {}

    def report(part: str, step: int, steps: int, metrics: Mapping[str, list[float]]) -> None:
        now = time.monotonic()
        if step >= steps or now - last.get(part, -SECONDS_BETWEEN_REPORTS) >= SECONDS_BETWEEN_REPORTS:
            last[part] = now
            said.put(Step(part, step, steps, metrics))

    with _snapshots(key) as folder, ThreadPoolExecutor(1) as pool:
        yield here(resumed=folder.is_dir() and any(folder.iterdir()))
        try:
            begun = time.monotonic()
            future = pool.submit(job.run, shared, Worker(folder, report, stopping.is_set))
            future.add_done_callback(lambda _: said.put(None))
            yield from _until_none(said)
            result = Result(future.result(), time.monotonic() - begun)
        finally:
            stopping.set()  # where Ray has cancelled the task, the job leaves a snapshot and ends
    yield result


def _until_none(said: "SimpleQueue[Step | None]") -> Iterator[Step]:
    while True:
        try:
            step = said.get(timeout=SECONDS_TO_NOTICE)  # a wait without an end could not be interrupted
        except Empty:
            continue
        if step is None:
            return
        yield step


@contextmanager
def _snapshots(key: str) -> Iterator[Path]:
    """Yield a folder of this machine where the job of ``key`` finds what it left there when it was interrupted; it goes when all went well.

    Where the same job runs here already, for another experiment, the folder is a new one.
    """
    root = Path(gettempdir()) / f"trailing-nines-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    _forget_old(root)
    lock = FileLock(root / f"{key}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        with TemporaryDirectory(dir=root) as other:
            yield Path(other)
        return
    try:
        yield root / key
        shutil.rmtree(root / key, ignore_errors=True)
    finally:
        lock.release()


def _forget_old(root: Path) -> None:
    oldest = time.time() - DAYS_OF_SNAPSHOTS * 24 * 3600
    for path in root.iterdir():
        try:
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError:
            continue  # another job of this node was faster
