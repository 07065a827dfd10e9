"""The first failing length: the shortest test length at which a net answers at least one input wrongly.

It says for each seed how far the net stays right, which an accuracy averaged over seeds hides.
"""

import math
from dataclasses import dataclass
from statistics import median

from pipeline.core.words import numeral, spell
from pipeline.reporting.inputs.results import Results

METRIC = "sequence_accuracy"


@dataclass(frozen=True)
class FirstFailing:
    """The first failing length on one input family, by seed; infinity for a seed that is right at every ``tested`` length."""

    family: str
    tested: tuple[int, ...]
    by_seed: dict[int, float]


@dataclass(frozen=True)
class Row:
    """An input family's row of the table: what was tested, the median, and for each seed its length and how dark its cell is."""

    family: str
    tested: str
    median: str
    cells: tuple[tuple[str, float] | None, ...]


@dataclass(frozen=True)
class Table:
    """The first failing length of every seed, a row for each input family."""

    seeds: tuple[int, ...]
    rows: tuple[Row, ...]


def first_failing(results: Results, family: str) -> FirstFailing:
    """Find every seed's first failing length on inputs of the family ``family``."""
    tested = results.lengths(METRIC, family)
    by_seed: dict[int, float] = {}
    for length in tested:
        for score in results.cells[METRIC, family, length]:
            known = by_seed.get(score.seed, math.inf)
            by_seed[score.seed] = min(known, length) if score.value < 1 else known
    return FirstFailing(family, tuple(tested), dict(sorted(by_seed.items())))


def table(results: Results) -> Table | None:
    """Put together the input families with several test lengths; ``None`` if there are none, or if each length has nets of its own."""
    if len(results.training_lengths) > 1:
        return None
    found = [one for family in results.families if len((one := first_failing(results, family)).tested) > 1]
    if not found:
        return None
    seeds = tuple(sorted({seed for one in found for seed in one.by_seed}))
    return Table(seeds, tuple(_row(one, seeds) for one in found))


def length_or_none(value: float) -> str:
    """Write a first failing length; infinity is ``none``."""
    return "none" if math.isinf(value) else numeral(value)


def _row(one: FirstFailing, seeds: tuple[int, ...]) -> Row:
    low, high = one.tested[0], one.tested[-1]
    values = [one.by_seed.get(seed) for seed in seeds]
    cells = tuple(None if v is None else (length_or_none(v), _shade(v, low, high)) for v in values)
    tested = f"{numeral(low)} to {numeral(high)}"
    return Row(spell(one.family), tested, length_or_none(median(one.by_seed.values())), cells)


def _shade(value: float, low: int, high: int) -> float:
    return 1.0 if math.isinf(value) else 0.8 * math.log(value / low) / math.log(high / low)
