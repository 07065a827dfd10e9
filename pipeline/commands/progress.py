"""A bar while training, on a terminal; silence elsewhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pipeline.commands.terminal import console
from pipeline.execution.job import Report


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """Yield ``report(part, step, steps, metrics)``, which moves the bar of ``part`` and shows each metric's median over seeds."""
    screen = console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(bar_width=12), TextColumn("{task.completed}/{task.total}"), TimeRemainingColumn(),
        TextColumn("{task.fields[scores]}"),
    )  # fmt: skip
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as bars:
        if screen.is_terminal:
            bars.console.print(title)
        known: dict[str, TaskID] = {}

        def report(part: str, step: int, steps: int, metrics: Mapping[str, list[float]]) -> None:
            if part not in known:
                known[part] = bars.add_task(part, total=steps, scores="")
            scores = "  ".join(f"{name.replace('_', ' ')} {sorted(values)[len(values) // 2]:.4g}" for name, values in metrics.items())
            bars.update(known[part], completed=step, scores=scores)

        yield report
