"""Chance: how well the best answer does that does not look at the input, on one test set. Pure NumPy.

It is a constant, chosen with the test set's exact answers at hand, and so no net that ignores its input can do better. For the number of
ones in ten bits it is 252 of 1,024, and not one class of eleven. On a test set of one input it is right, and the set alone shows nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.examples import scored

Array = NDArray[Any]


def of_tokens(targets: Array) -> float:
    """Share of scored symbols that are right if each answer is always the symbol that is most frequent in its place.

    Args:
        targets: Exact answers ``[n, A]``; what is not scored holds ``IGNORE``. Places are counted among a sequence's scored answers.
    """
    counted = scored(targets)
    places = (np.cumsum(counted, axis=1) - 1)[counted]
    pairs, counts = np.unique(np.stack([places, targets[counted]]), axis=1, return_counts=True)
    most = np.zeros(int(places.max()) + 1, dtype=np.int64)
    np.maximum.at(most, pairs[0], counts)
    return float(most.sum() / counted.sum())


def of_sequences(targets: Array) -> float:
    """Share of sequences that are right if the answer is always the one that is most frequent; arguments as of ``of_tokens``."""
    counted = scored(targets)
    answers = [row[own].tobytes() for row, own in zip(np.ascontiguousarray(targets), counted, strict=True)]
    return int(np.unique(np.array(answers, dtype=object), return_counts=True)[1].max()) / len(answers)


def within(tolerance: float, targets: Array) -> float:
    """Share of sequences that are right if one real number answers them all: the most that lie in a window of twice the ``tolerance``.

    With several answers a sequence it is the share of the hardest place alone, which no constant exceeds.

    Args:
        tolerance: How far from the exact one an answer may be, in the targets' units.
        targets: Exact answers ``[n, A]``; what is not scored is NaN.
    """
    counted = scored(targets)
    places = np.cumsum(counted, axis=1) - 1
    return min(_in_a_window(targets[counted & (places == place)], 2 * tolerance) for place in range(int(counted.sum(axis=1).min())))


def _in_a_window(values: Array, width: float) -> float:
    ordered = np.sort(values.astype(np.float64))
    ends = np.searchsorted(ordered, ordered + width, side="right")
    return float((ends - np.arange(len(ordered))).max() / len(ordered))


def of_seeds(chance: Any, targets: Array, *, per_seed: bool) -> float:
    """Apply ``chance`` to ``[n, A]`` targets, or where each seed has its own, ``[S, n, A]``, to each; return the mean over the seeds."""
    return float(np.mean([chance(own) for own in (targets if per_seed else targets[np.newaxis])]))
