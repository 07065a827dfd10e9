"""How far long work is: bars on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Generic, TypeVar

from pipeline.commands.lines import reporting, telling
from pipeline.execution.job import Executor, Job, Report, Worker, no_report

T = TypeVar("T")


@contextmanager
def progress(title: str, expected: float | None = None) -> Iterator[Report]:
    """Yield ``report(part, step, steps, metrics)``, which moves the bar of ``part`` and shows each metric's median over seeds.

    Args:
        title: What takes its time.
        expected: About how many seconds all of it takes, where that is known.
    """
    if not sys.stderr.isatty():
        steps: dict[str, tuple[int, int]] = {}
        with telling(title, steps, expected):
            yield reporting(steps)
        return
    with _bars(title, expected) as report:
        yield report


@contextmanager
def _bars(title: str, expected: float | None) -> Iterator[Report]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from pipeline.commands.terminal import console

    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=12), TextColumn("{task.fields[done]}"), TimeElapsedColumn(),
        TimeRemainingColumn(), TextColumn("{task.fields[scores]}"),
    )  # fmt: skip
    about = f", about {expected:.0f} s in all" if expected else ""
    with Progress(*columns, console=console(stderr=True), redirect_stdout=False, redirect_stderr=False) as bars:
        # Until a part says how far it is, the bar goes to and fro.
        whole = bars.add_task(f"{title}{about}", total=None, scores="", done="")
        known: dict[str, TaskID] = {}

        def report(part: str, step: int, steps: int, metrics: Mapping[str, list[float]]) -> None:
            if part not in known:
                known[part] = bars.add_task(part, total=steps, scores="", done="")
            scores = "  ".join(f"{name.replace('_', ' ')} {sorted(values)[len(values) // 2]:.4g}" for name, values in metrics.items())
            bars.update(known[part], completed=step, scores=scores, done=f"{step}/{steps}")

        yield report
        bars.update(whole, total=1, completed=1)


@dataclass(frozen=True)
class _Told(Generic[T]):
    job: Job[T]
    ended: Callable[[], None]

    @property
    def name(self) -> str:
        return self.job.name

    def run(self, shared: Any, worker: Worker) -> T:
        result = self.job.run(shared, worker)
        self.ended()
        return result


@dataclass(frozen=True)
class Counting:
    """An executor in this process that tells how many of its jobs have ended.

    Attributes:
        inner: What runs the jobs.
        watch: Told of it.
        what: What the jobs are, such as ``nets``.
    """

    inner: Executor
    watch: Report
    what: str

    @property
    def width(self) -> int:
        return self.inner.width

    def run(self, jobs: Sequence[Job[T]], shared: Any, folder: Path, report: Report = no_report) -> list[T]:
        """Run ``jobs`` as the executor inside does."""
        # Of a job alone there is nothing to count.
        if len(jobs) < 2:
            return self.inner.run(jobs, shared, folder, report)
        numbers = count()

        def one_more() -> None:
            self.watch(self.what, next(numbers), len(jobs), {})

        one_more()
        return self.inner.run([_Told(job, one_more) for job in jobs], shared, folder, report)
