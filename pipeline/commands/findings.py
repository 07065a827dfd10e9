"""What came out of an experiment, from the small files that are kept in git: scores, times until solved, proofs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from pipeline.config import paths
from pipeline.core.errors import Mendable
from pipeline.reporting.inputs.files import UnreadableError, read_json
from pipeline.reporting.inputs.results import Aggregate

# Most lengths that a table shows.
COLUMNS = 8

T = TypeVar("T", bound=BaseModel)
ByLength = Mapping[int, Aggregate]


class Ended(BaseModel):
    """How the nets of one training length ended."""

    model_config = ConfigDict(frozen=True)

    seeds: int
    diverged: int
    solved_share: float
    solved_at_median: float | None
    solved_at_worst: float | None


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


class Findings(BaseModel):
    """``metrics.json``: aggregates by metric, probe and length, and how training ended by training length."""

    scores: dict[str, dict[str, dict[int, Aggregate]]]
    training: dict[int, Ended]


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


def read_findings(experiment: str) -> Findings | None:
    """Read the scores; ``None`` if there are none yet. Raises ``Mendable`` if they cannot be read."""
    return _read(experiment, "results", "metrics.json", Findings, f"evaluate@{experiment}")


def read_certificate(experiment: str) -> Certificate | None:
    """Read the proofs; ``None`` if there are none. Raises ``Mendable`` if they cannot be read."""
    return _read(experiment, "certificates", "verdicts.json", Certificate, f"certify@{experiment}")


def sweep(findings: Findings, trained: Iterable[int]) -> Sweep | None:
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


def _read(experiment: str, room: str, name: str, kind: type[T], stage: str) -> T | None:
    path = paths.data() / room / experiment / name
    if not path.is_file():
        return None
    try:
        return read_json(path, kind)
    except UnreadableError as error:
        raise Mendable(f"{error}; make it again with: dvc repro --force {stage}") from None
