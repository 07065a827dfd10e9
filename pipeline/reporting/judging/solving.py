"""Sequences until solved (until the stopping criterion is met): the tables, beside the numbers that a post or a paper printed.

Only for experiments whose recipe has a stopping rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.reporting.inputs.published import Mean, Published
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging.agreement import Comparison, agreement
from pipeline.reporting.judging.survival import Median, median
from pipeline.reporting.judging.times import Sample, criterion, limit, measured, sample


@dataclass(frozen=True)
class Cell:
    """One experiment at one training length: our nets and the published ones, their Kaplan-Meier medians, and how they compare."""

    measured: Sample | None
    published: Sample | None
    medians: tuple[Median | None, Median | None]
    comparison: Comparison | None


@dataclass(frozen=True)
class Column:
    """One experiment: its step limit, when its nets count as solved, its cells by training length."""

    experiment: str
    limit: int
    criterion: str
    cells: Mapping[int, Cell]

    @property
    def has_published(self) -> bool:
        return any(cell.published for cell in self.cells.values())


@dataclass(frozen=True)
class MeanComparison:
    """A mean that a paper printed, and our sample at that length, counted in the same way: with or without the run of successes."""

    printed: Mean
    measured: Sample | None
    criterion: str


@dataclass(frozen=True)
class Solving:
    """The comparison of a task's experiments."""

    columns: tuple[Column, ...]
    lengths: tuple[int, ...]
    means: tuple[MeanComparison, ...]
    published: Published

    @property
    def has_published(self) -> bool:
        return any(column.has_published for column in self.columns)

    @property
    def criteria(self) -> list[str]:
        """The stopping criteria in words, each once; the experiments of a task usually share one."""
        return list(dict.fromkeys(column.criterion for column in self.columns if column.criterion))

    @property
    def lower_limits(self) -> list[tuple[str, int]]:
        """Experiments that were given fewer sequences than the published ones, with how many."""
        return [(c.experiment, c.limit) for c in self.columns if c.has_published and c.limit < self.published.limit]


def compare(group: Sequence[Results], published: Published) -> Solving | None:
    """Put the nets of a task's experiments beside the published ones; ``None`` if no experiment is of that kind."""
    chosen = [results for results in group if results.recipe.training.get("stop")]
    if not chosen:
        return None
    columns = tuple(_column(results, published) for results in chosen)
    lengths = tuple(sorted({length for column in columns for length in column.cells}))
    means = tuple(
        MeanComparison(mean, measured(results, mean.length, run_included=mean.run_included), criterion(results))
        for results in chosen
        for mean in published.means
        if mean.experiment == results.experiment
    )
    return Solving(columns, lengths, means, published)


def _column(results: Results, published: Published) -> Column:
    printed = published.experiments.get(results.experiment, {})
    compared = agreement(results, published)
    lengths = sorted({*results.training_lengths, *printed})
    ours = {n: measured(results, n, run_included=published.run_included) for n in lengths}
    theirs = {n: sample(printed[n]) if n in printed else None for n in lengths}
    medians = {n: (_median(ours[n], limit(results)), _median(theirs[n], published.limit)) for n in lengths}
    cells = {n: Cell(ours[n], theirs[n], medians[n], compared.get(n)) for n in lengths}
    return Column(results.experiment, limit(results), criterion(results), cells)


def _median(found: Sample | None, cut: int) -> Median | None:
    return median(found.times, cut) if found else None
