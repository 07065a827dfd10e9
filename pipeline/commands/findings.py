"""What came out of an experiment, from the small files that are kept in git: scores, times until solved, proofs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from pipeline.config import paths
from pipeline.files import scores
from pipeline.files.scores import Aggregate, Metrics

# Most lengths that a table shows.
COLUMNS = 8

ByLength = Mapping[int, Aggregate]


@dataclass(frozen=True)
class Sweep:
    """How many of ``seeds`` are right on every test input.

    Attributes:
        lengths: The lengths worth showing.
        rows: For each family, the greatest length up to which all seeds are (``None``: not even at the least), and the counts by length.
    """

    seeds: int
    lengths: list[int]
    rows: list[tuple[str, int | None, dict[int, int]]]


def read_findings(experiment: str) -> Metrics | None:
    """Read the scores; ``None`` if there are none yet. Raises ``Mendable`` if they cannot be read."""
    folder = paths.results(experiment)
    return scores.read_metrics(experiment, folder) if (folder / scores.METRICS).is_file() else None


def sweep(findings: Metrics, trained: Iterable[int]) -> Sweep | None:
    """Count right seeds by family and length; ``None`` where answers are reals that are never counted right."""
    by_family = findings.scores.get("sequence_accuracy")
    if not by_family:
        return None
    seeds = max(ended.seeds for ended in findings.training.values())
    rows = [(family, _reach(by), {n: round(a.share * seeds) for n, a in by.items()}) for family, by in by_family.items()]
    return Sweep(seeds, _telling([counts for _, _, counts in rows], set(trained)), rows)


def _reach(by_length: ByLength) -> int | None:
    reached = None
    for length, aggregate in sorted(by_length.items()):
        if aggregate.share < 1:
            break
        reached = length
    return reached


def _telling(rows: list[dict[int, int]], trained: set[int]) -> list[int]:
    """Choose lengths: the ends, those trained at, and some where a count changes, if there is room."""
    lengths = sorted({length for counts in rows for length in counts})
    chosen = {lengths[0], lengths[-1], *(trained & set(lengths))}
    changes = {after for counts in rows for before, after in pairwise(sorted(counts)) if counts[before] != counts[after]}
    others, room = sorted(changes - chosen), max(COLUMNS - len(chosen), 0)
    step = max(len(others) / room, 1) if room else math.inf
    return sorted(chosen.union(others[int(i * step)] for i in range(room) if i * step < len(others)))
