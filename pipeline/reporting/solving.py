"""Steps until the stopping rule is met, by training length: the table and the figure, beside the numbers a post printed.

Only for experiments whose recipe has a stopping rule and more than one training length.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from pipeline.reporting.claims import Published
from pipeline.reporting.results import Results
from pipeline.reporting.style import FIRST, MUTED, SECOND, Key, Panel, Picture, log_values
from pipeline.reporting.words import numeral

Times = Sequence[float]


@dataclass(frozen=True)
class Sample:
    """Steps until solved of one experiment's nets at one training length; infinity for a net that was not."""

    times: tuple[float, ...]

    @property
    def solved(self) -> str:
        return f"{sum(math.isfinite(t) for t in self.times)}/{len(self.times)}"

    @property
    def median(self) -> str:
        return _steps(_quantile(self.times, 0.5))

    @property
    def quartiles(self) -> str:
        return f"{_steps(_quantile(self.times, 0.25))} – {_steps(_quantile(self.times, 0.75))}"


@dataclass(frozen=True)
class Row:
    """One training length: what was measured and what was published, by experiment."""

    length: int
    measured: tuple[Sample | None, ...]
    published: tuple[Sample | None, ...]


@dataclass(frozen=True)
class Solving:
    """The comparison of a task's experiments, and the step limit of each."""

    experiments: tuple[str, ...]
    limits: tuple[int, ...]
    rows: tuple[Row, ...]
    published_limit: int
    source: str

    @property
    def has_published(self) -> bool:
        return any(sample for row in self.rows for sample in row.published)

    @property
    def lower_limits(self) -> list[tuple[str, int]]:
        """Experiments that were given fewer steps than the published ones, with how many."""
        pairs = zip(self.experiments, self.limits, strict=True)
        return [(name, limit) for name, limit in pairs if self.has_published and limit < self.published_limit]


def compare(group: Sequence[Results], published: Published) -> Solving | None:
    """Put the nets of a task's experiments beside the published ones; ``None`` if no experiment is of that kind."""
    chosen = [r for r in group if r.recipe.training.get("stop") and len(r.training_lengths) > 1]
    if not chosen:
        return None
    prints = [published.experiments.get(r.experiment, {}) for r in chosen]
    lengths = sorted({n for r in chosen for n in r.training_lengths} | {n for table in prints for n in table})
    rows = tuple(
        Row(n, tuple(_measured(r, n) for r in chosen), tuple(_sample(table[n]) if n in table else None for table in prints))
        for n in lengths
    )
    return Solving(tuple(r.experiment for r in chosen), tuple(_limit(r) for r in chosen), rows, published.limit, published.source)


def picture(task: str, solving: Solving) -> Picture:
    """Draw every net as a dot on a log axis, a panel for each experiment; nets that were not solved are crosses at the limit."""
    panels = tuple(Panel(name, _alt(solving, column), partial(_draw, solving, column)) for column, name in enumerate(solving.experiments))
    keys = (Key("measured", FIRST), *((Key("published", SECOND),) if solving.has_published else ()))
    return Picture(f"{task}-solving", "Steps until solved; a cross is a net that was not, drawn at its step limit", panels, keys)


def _measured(results: Results, length: int) -> Sample | None:
    nets = results.endings.get(length)
    return _sample([net.solved_at for net in nets.values()]) if nets else None


def _sample(times: Sequence[int | None]) -> Sample:
    return Sample(tuple(math.inf if t is None else float(t) for t in times))


def _limit(results: Results) -> int:
    # Without a count of steps in the recipe (epochs, say), the longest training there was.
    longest = max(net.steps for nets in results.endings.values() for net in nets.values())
    return int(results.recipe.training.get("steps") or longest)


def _quantile(times: Times, q: float) -> float:
    # Between a number and infinity numpy would interpolate to nan.
    ordered = sorted(times)
    place = q * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low if low == high else low + (high - low) * (place - math.floor(place))


def _steps(value: float) -> str:
    return "unsolved" if math.isinf(value) else numeral(round(value))


def _alt(solving: Solving, column: int) -> str:
    told = [f"{row.length}: median {sample.median}, {sample.solved} solved" for row in solving.rows if (sample := row.measured[column])]
    return f"{solving.experiments[column]}, steps until solved by training length. {'; '.join(told)}."


def _draw(solving: Solving, column: int, axes: Axes) -> None:
    for place, row in enumerate(solving.rows):
        _draw_sample(axes, place - 0.2, row.measured[column], FIRST, solving.limits[column])
        _draw_sample(axes, place + 0.2, row.published[column], SECOND, solving.published_limit)
    axes.axhline(solving.limits[column], color=MUTED, linestyle=":", linewidth=1)
    axes.set_xticks(range(len(solving.rows)), [numeral(row.length) for row in solving.rows])
    log_values(axes)
    axes.set_xlabel("training length")


def _draw_sample(axes: Axes, place: float, sample: Sample | None, colour: str, limit: int) -> None:
    if sample is None:
        return
    solved = [t for t in sample.times if math.isfinite(t)]
    spread = np.linspace(-0.14, 0.14, len(sample.times))
    axes.plot(place + spread[: len(solved)], sorted(solved), "o", color=colour, markersize=2.6, alpha=0.6, markeredgewidth=0)
    axes.plot(place + spread[len(solved) :], [limit] * (len(sample.times) - len(solved)), "x", color=colour, markersize=3)
    middle = _quantile(sample.times, 0.5)
    if math.isfinite(middle):
        axes.plot([place - 0.17, place + 0.17], [middle, middle], color=colour, linewidth=2)
