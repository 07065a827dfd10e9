"""Scores as counts: sums over sequences and positions, divided once at the end. Pure NumPy."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]


def token_accuracy(outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Share of right symbols, for each seed: ``[S, n, …]`` against ``[S, n, …]`` or ``[n, …]``."""
    right = outputs == targets
    return right.sum(axis=_beyond_seeds(right)) / right[0].size


def sequence_accuracy(outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Share of sequences that are right at every position, for each seed."""
    right = outputs == targets
    whole = right if right.ndim == 2 else right.all(axis=-1)
    return whole.sum(axis=1) / whole.shape[1]


def accuracy_within(tolerance: float, outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Share of real answers no further than ``tolerance`` from the exact ones, for each seed: ``[S, n]`` against ``[n]``."""
    near = np.abs(outputs.astype(np.float64) - targets.astype(np.float64)) <= tolerance
    return near.sum(axis=_beyond_seeds(near)) / near[0].size


def rmse(outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Root of the mean squared error, for each seed, in the targets' units."""
    squared = np.square(outputs.astype(np.float64) - targets.astype(np.float64))
    return np.sqrt(squared.sum(axis=_beyond_seeds(squared)) / squared[0].size)


def steps_within(share: float, outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Count the steps before the first answer that is further off than ``share`` of the targets' largest magnitude, for each seed.

    ``[S, n, T]`` against ``[n, T]``; the least of the ``n`` sequences counts.
    """
    off = np.abs(outputs.astype(np.float64) - targets.astype(np.float64)) > share * float(np.abs(targets).max())
    first = np.where(off.any(axis=-1), off.argmax(axis=-1), off.shape[-1])
    return first.min(axis=-1).astype(np.float64)


def persistence_rmse(inputs: Array, targets: Array) -> float:
    """RMSE of the forecast "the next value is this one", in the targets' units."""
    return float(rmse(inputs[np.newaxis], targets)[0])


def _beyond_seeds(values: Array) -> tuple[int, ...]:
    return tuple(range(1, values.ndim))
