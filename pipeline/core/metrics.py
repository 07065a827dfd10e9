"""Scores as counts: sums over sequences and positions, divided once at the end. Pure NumPy.

Outputs are ``[S, n, answers]``, targets ``[n, answers]``, or ``[S, n, answers]`` where each seed has its own. Answers that are not scored
(``pipeline.core.examples.IGNORE``, or NaN) are left out.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.core.examples import scored

Array = NDArray[np.generic]


def token_accuracy(outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Share of right symbols, for each seed: ``[S]``."""
    counted = np.broadcast_to(scored(targets), outputs.shape)
    return ((outputs == targets) & counted).sum(axis=_beyond_seeds(outputs)) / counted.sum(axis=_beyond_seeds(outputs))


def sequence_accuracy(outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Share of sequences that are right at every scored position, for each seed: ``[S]``."""
    whole = ((outputs == targets) | ~scored(targets)).all(axis=-1)
    return whole.sum(axis=1) / whole.shape[1]


def accuracy_within(tolerance: float, outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Share of sequences whose real answers are all no further than ``tolerance`` from the exact ones, for each seed: ``[S]``."""
    near = np.abs(outputs.astype(np.float64) - targets.astype(np.float64)) <= tolerance
    whole = (near | ~scored(targets)).all(axis=-1)
    return whole.sum(axis=1) / whole.shape[1]


def rmse(outputs: Array, targets: Array) -> NDArray[np.float64]:
    """Root of the mean squared error, for each seed, in the targets' units."""
    squared = np.square(outputs.astype(np.float64) - targets.astype(np.float64))
    counted = np.broadcast_to(scored(targets), squared.shape)
    squared = np.where(counted, squared, 0.0)
    return np.sqrt(squared.sum(axis=_beyond_seeds(squared)) / counted.sum(axis=_beyond_seeds(counted)))


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
