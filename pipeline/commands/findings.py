"""What came out of an experiment, from the small files that are kept in git: scores, times until solved, proofs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from pydantic import BaseModel

from pipeline.config import paths
from pipeline.files import scores
from pipeline.files.json_files import read_json
from pipeline.files.scores import Aggregate, Metrics

# Most lengths that a table shows.
COLUMNS = 8

ByLength = Mapping[int, Aggregate]


class Counterexample(BaseModel):
    """An input that a net gets wrong."""

    input: str
    expected: str
    got: str


class Proof(BaseModel):
    """What the prover found for one seed."""

    proved: bool
    margin: float | None
    reasons: list[str] = []
    counterexample: Counterexample | None = None


class Certificate(BaseModel):
    """What the prover found for an experiment's seeds."""

    proved: int
    seeds: int
    least_margin: float | None
    verdicts: dict[int, Proof]


@dataclass(frozen=True)
class Sweep:
    """How many of ``seeds`` are right on every test input.

    Attributes:
        lengths: The lengths worth showing.
        rows: For each probe, the greatest length up to which all seeds are (``None``: not even at the least), and the counts by length.
    """

    seeds: int
    lengths: list[int]
    rows: list[tuple[str, int | None, dict[int, int]]]


def read_findings(experiment: str) -> Metrics | None:
    """Read the scores; ``None`` if there are none yet. Raises ``Mendable`` if they cannot be read."""
    folder = paths.results(experiment)
    return scores.read_metrics(experiment, folder) if (folder / scores.METRICS).is_file() else None


def read_certificate(experiment: str) -> Certificate | None:
    """Read the proofs; ``None`` if there are none. Raises ``Mendable`` if they cannot be read."""
    path = paths.certificates(experiment) / "verdicts.json"
    return read_json(path, Certificate, f"certify@{experiment}") if path.is_file() else None


def sweep(findings: Metrics, trained: Iterable[int]) -> Sweep | None:
    """Count right seeds by probe and length; ``None`` where answers are reals that are never counted right."""
    by_probe = findings.scores.get("sequence_accuracy")
    if not by_probe:
        return None
    seeds = max(ended.seeds for ended in findings.training.values())
    rows = [(probe, _reach(by), {n: round(a.share * seeds) for n, a in by.items()}) for probe, by in by_probe.items()]
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
