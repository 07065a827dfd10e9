"""Accuracy against length on the hardest inputs, over all experiments: the picture that opens the report, and its heat map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from pipeline.core.words import number, numeral, spell
from pipeline.reporting.figures.scales import log_lengths
from pipeline.reporting.figures.sources import Look, looks
from pipeline.reporting.figures.style import INK, Key, Panel, Picture
from pipeline.reporting.inputs.claims import Subject
from pipeline.reporting.inputs.results import Results

METRIC = "sequence_accuracy"
# Lengths of the heat map: enough to see where a net breaks, few enough to stand side by side.
COLUMNS = tuple(digit * 10**power for power in range(5) for digit in (1, 2, 5) if digit * 10**power <= 10_000)


@dataclass(frozen=True)
class Heat:
    """A cell: the median seed's accuracy above chance on its hardest inputs, whether every seed is perfect, whether nets saw the length."""

    share: float
    perfect: bool
    in_range: bool

    @property
    def text(self) -> str:
        return f"{100 * self.share:.0f}" if self.share in (0, 1) or 0.01 <= self.share <= 0.99 else "<1" if self.share < 0.5 else ">99"


@dataclass(frozen=True)
class HeatRow:
    """An experiment of the heat map."""

    task: str
    experiment: str
    cells: tuple[Heat | None, ...]


@dataclass(frozen=True)
class HeatMap:
    """Experiments against lengths; ``None``: not tested there."""

    lengths: tuple[int, ...]
    rows: tuple[HeatRow, ...]

    @property
    def tasks(self) -> list[list[HeatRow]]:
        """The rows, those of a task together."""
        return [[row for row in self.rows if row.task == task] for task in dict.fromkeys(row.task for row in self.rows)]


def hardest(results: Results) -> dict[int, list[float]]:
    """Return each seed's accuracy on its hardest kind of input, by length; nothing for tasks without a sequence accuracy."""
    worst: dict[int, dict[int, float]] = {}
    for (metric, _, length), cell in results.cells.items():
        if metric == METRIC:
            seeds = worst.setdefault(length, {})
            for score in cell:
                seeds[score.seed] = min(score.value, seeds.get(score.seed, 1.0))
    return {length: list(seeds.values()) for length, seeds in sorted(worst.items())}


def heat_map(group: Sequence[Results]) -> HeatMap | None:
    """Put the experiments with a sequence accuracy side by side; ``None`` if there are none."""
    found = {results.experiment: _heat(results) for results in group}
    lengths = tuple(n for n in COLUMNS if any(n in cells for cells in found.values()))
    rows = tuple(
        HeatRow(results.task, results.experiment, tuple(cells.get(n) for n in lengths))
        for results in group
        if any(n in (cells := found[results.experiment]) for n in lengths)
    )
    return HeatMap(lengths, rows) if rows else None


def _heat(results: Results) -> dict[int, Heat]:
    chance, seen = _chance(results), {score.length for score in results.scores if score.in_range}
    return {
        length: Heat(max(0.0, (float(np.median(values)) - chance[length]) / (1 - chance[length])), min(values) == 1, length in seen)
        for length, values in hardest(results).items()
    }


def _chance(results: Results) -> dict[int, float]:
    """The greatest chance level of a length's inputs: what is above it is no luck on any.

    A test set that one constant answers whole, such as one of a single input, sets no level.
    """
    found: dict[int, float] = {}
    for score in results.scores:
        if score.metric == METRIC:
            level = score.baseline or 0.0
            found[score.length] = max(found.get(score.length, 0.0), level if level < 1 else 0.0)
    return found


def overview(group: Sequence[Results], subjects: Mapping[str, Subject]) -> Picture | None:
    """Draw each task whose nets are tested beyond their training length, a line for each experiment; ``None`` if there is no such task."""
    tasks: dict[str, list[Results]] = {}
    for results in group:
        if any(score.metric == METRIC and not score.in_range for score in results.scores):
            tasks.setdefault(results.task, []).append(results)
    if not tasks:
        return None
    longest = max(length for own in tasks.values() for results in own for length in hardest(results))
    by_source = looks(results.source for own in tasks.values() for results in own)
    panels = tuple(
        Panel(subjects[task].title if task in subjects else spell(task).capitalize(), _alt(own), partial(_draw, own, by_source, longest))
        for task, own in tasks.items()
    )
    keys = [Key(look.label, look.colour, look.dash) for look in by_source.values()]
    caption = "Accuracy against length, on the hardest inputs of each length: mean over the seeds"
    return Picture("overview", caption, panels, (*keys, Key("longest training length", INK, ":")))


def _alt(own: Sequence[Results]) -> str:
    parts = []
    for results in own:
        means = {length: float(np.mean(values)) for length, values in hardest(results).items()}
        trained, longest = max(results.training_lengths), max(means)
        start = f"{number(means[trained])} at the training length {numeral(trained)}" if trained in means else ""
        parts.append(f"{results.experiment} {' and '.join(p for p in (start, f'{number(means[longest])} at {numeral(longest)}') if p)}")
    return f"Mean accuracy on the hardest inputs: {'; '.join(parts)}."


def _draw(own: Sequence[Results], by_source: Mapping[str, Look], longest: int, axes: Axes) -> None:
    for source, look in by_source.items():
        for results in own:
            if results.source == source:
                means = {length: float(np.mean(values)) for length, values in hardest(results).items()}
                axes.plot(list(means), list(means.values()), color=look.colour, linestyle=look.dash, linewidth=look.width)
    axes.axvline(max(length for results in own for length in results.training_lengths), color=INK, linestyle=":", linewidth=1)
    log_lengths(axes, [1, longest])
    axes.set_ylim(-0.04, 1.06)
    axes.set_xlabel("length")
