"""The figure of sequences until solved: every net a dot, beside the published ones."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes

from pipeline.core.words import numeral
from pipeline.reporting.figures.scales import log_values, spaced_labels
from pipeline.reporting.figures.style import FIRST, MUTED, SECOND, Key, Panel, Picture
from pipeline.reporting.judging.solving import Column, Solving
from pipeline.reporting.judging.times import Sample


def picture(task: str, solving: Solving) -> Picture:
    """Draw every net as a dot on a log axis, a panel for each experiment; a net that did not solve the task is a cross at the limit."""
    panels = tuple(Panel(column.experiment, _alt(column), partial(_draw, solving, column)) for column in solving.columns)
    keys = (Key("measured", FIRST), *((Key("published", SECOND),) if solving.has_published else ()))
    caption = "Sequences until solved: a dot for each net, a bar at the median; a cross is a net that did not solve the task, at the limit"
    return Picture(f"{task}-solving", caption, panels, keys)


def _alt(column: Column) -> str:
    parts = [
        f"{length}: median {cell.measured.median}, {cell.measured.solved} solved" for length, cell in column.cells.items() if cell.measured
    ]
    return f"{column.experiment}, sequences until solved by training length. {'; '.join(parts)}."


def _draw(solving: Solving, column: Column, axes: Axes) -> None:
    # All panels of a figure share their lengths, so that experiments can be compared by eye.
    for place, length in enumerate(solving.lengths):
        if cell := column.cells.get(length):
            aside = 0.2 if cell.published else 0
            _draw_sample(axes, place - aside, cell.measured, FIRST, column.limit)
            _draw_sample(axes, place + aside, cell.published, SECOND, solving.published.limit)
    axes.axhline(column.limit, color=MUTED, linestyle=":", linewidth=1)
    axes.set_xlim(-0.6, len(solving.lengths) - 0.4)
    # A label that has no room is left out; the experiment's own lengths come first.
    own = [place for place, length in enumerate(solving.lengths) if length in column.cells]
    spaced_labels(axes, [numeral(length) for length in solving.lengths], own)
    log_values(axes)
    axes.set_xlabel("training length")


def _draw_sample(axes: Axes, place: float, sample: Sample | None, colour: str, limit: int) -> None:
    if sample is None:
        return
    solved, unsolved = sorted(sample.finite), len(sample.times) - len(sample.finite)
    spread = np.linspace(-0.14, 0.14, len(sample.times))
    axes.plot(place + spread[: len(solved)], solved, "o", color=colour, markersize=2.6, alpha=0.6, markeredgewidth=0)
    axes.plot(place + spread[len(solved) :], [limit] * unsolved, "x", color=colour, markersize=3)
    middle = sample.quantile(0.5)
    if np.isfinite(middle):
        axes.plot([place - 0.17, place + 0.17], [middle, middle], color=colour, linewidth=2)
