"""Jobs in threads of this process."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from pipeline.core.workers import WORKERS, in_threads
from pipeline.execution.job import Job, Report, T, Worker, no_report


class Threads:
    """Runs so many jobs at the same time; jobs that keep all cores busy by themselves are best run one after the other.

    Attributes:
        width: The number of threads. It changes no result.
    """

    def __init__(self, width: int = WORKERS) -> None:
        self.width = width

    def run(self, jobs: Sequence[Job[T]], shared: Any, folder: Path, report: Report = no_report) -> list[T]:
        def begun(job: Job[T], stopping: Event) -> T:
            return job.run(shared, Worker(folder, report, stopping.is_set))

        return in_threads([partial(begun, job) for job in jobs], self.width)
