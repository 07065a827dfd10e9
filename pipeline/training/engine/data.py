"""What nets are trained on: buckets of examples of one shape, and in which order they take turns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.examples import IGNORE, TrainingPool, scored
from pipeline.core.seeding import stream
from pipeline.training.engine.batches import Schedule

Array = NDArray[Any]

# Steps in a row from one bucket. A bucket's steps run in one compiled program; the next bucket is drawn by its number of examples.
STEPS_IN_A_TURN = 10


@dataclass(frozen=True)
class Bucket:
    """Examples of one shape, which share a compiled program.

    Attributes:
        inputs: ``[n, T]`` symbols or reals, or ``[n, T, D]``.
        targets: ``[n, A]``, for the last ``A`` positions.
        schedules: Each seed's way through the examples.
    """

    inputs: Array
    targets: Array
    schedules: list[Schedule]

    @property
    def all_scored(self) -> bool:
        """Whether no target is left out."""
        return bool(scored(self.targets).all())


@dataclass(frozen=True)
class TrainingData:
    """What ``fit`` learns from: one bucket, or several whose shapes differ."""

    buckets: list[Bucket]

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(schedule.seed for schedule in self.buckets[0].schedules)

    def examples(self) -> int:
        """Count the examples that a seed meets in one pass."""
        return sum(len(bucket.schedules[0].examples) for bucket in self.buckets)


def turns(data: TrainingData, done: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield the next ``count`` steps after the first ``done`` as pairs: a bucket's place, and how many steps in a row are from it.

    The order is the same for every seed and recipe, so that seeds can share programs and an interrupted training can be resumed.
    """
    if len(data.buckets) == 1:
        if count:
            yield 0, count
        return
    sizes = np.array([len(bucket.schedules[0].examples) for bucket in data.buckets], dtype=np.float64)
    end = done + count
    while done < end:
        turn, within = divmod(done, STEPS_IN_A_TURN)
        steps = min(STEPS_IN_A_TURN - within, end - done)
        yield int(stream(0, "buckets", turn).choice(len(sizes), p=sizes / sizes.sum())), steps
        done += steps


def together(pools: list[TrainingPool]) -> tuple[Array, Array]:
    """Put examples of several lengths into one pair of arrays, which a net that reads from left to right answers as it would each alone.

    Returns:
        Inputs ``[n, T]``, shorter ones with zeros behind them, and targets ``[n, A]`` for the last ``A`` positions, ``IGNORE`` (reals: NaN)
        wherever an example has none.
    """
    positions = max(pool.inputs.shape[1] for pool in pools)
    first = min(pool.inputs.shape[1] - pool.targets.shape[1] for pool in pools)
    inputs, targets = [], []
    for pool in pools:
        behind = positions - pool.inputs.shape[1]
        before = pool.inputs.shape[1] - pool.targets.shape[1] - first
        inputs.append(np.pad(pool.inputs, [(0, 0), (0, behind), *[(0, 0)] * (pool.inputs.ndim - 2)]))
        reals = pool.targets.dtype.kind == "f"
        known = pool.targets if reals else pool.targets.astype(np.promote_types(pool.targets.dtype, np.int8))
        targets.append(np.pad(known, [(0, 0), (before, behind)], constant_values=np.nan if reals else IGNORE))
    return np.concatenate(inputs), np.concatenate(targets)
