"""What a job is, and what runs jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T", covariant=True)

# Told of the part of the work, its steps done, all its steps, and metrics with a value for each seed in training.
Report = Callable[[str, int, int, Mapping[str, list[float]]], None]


def no_report(part: str, step: int, steps: int, metrics: Mapping[str, list[float]]) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Worker:
    """What a job finds where it runs.

    Attributes:
        folder: Where it may keep snapshots of unfinished work; a job that runs again on this machine finds them there.
        report: Called with how far it is.
        stopping: Says whether it shall end soon, by raising ``pipeline.core.workers.Stopped``.
    """

    folder: Path
    report: Report = no_report
    stopping: Callable[[], bool] = field(default=lambda: False)


class Job(Protocol[T]):
    """A part of a stage: a frozen dataclass that pickles and says all that a worker needs, but for data that many jobs share.

    Its result is a function of the job, the shared data and the code, and of nothing else: no file but snapshots, no path, no clock.
    """

    @property
    def name(self) -> str:
        """Which part of the stage it is, as a person reads it."""

    def run(self, shared: Any, worker: Worker) -> T:
        """Do it, with the data that all jobs of the stage share."""


class Executor(Protocol):
    """Runs jobs."""

    @property
    def width(self) -> int:
        """How many jobs of one processor core each run at the same time; at least 1."""

    def run(self, jobs: Sequence[Job[T]], shared: Any, folder: Path, report: Report = no_report) -> list[T]:
        """Run ``jobs`` and return their results in the same order.

        Args:
            jobs: What to do.
            shared: Data that each of them reads; it pickles.
            folder: Where snapshots of unfinished work lie on this machine.
            report: Told how far the jobs are.

        Raises:
            Exception: What the first job that failed has raised.
        """
