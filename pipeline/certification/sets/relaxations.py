"""Linear relaxations of the activation functions: ``|function(z) - slope z - offset| <= radius`` for all ``z`` in ``[low, high]``.

All of it elementwise, float64. Two parallel lines enclose the function, as in Singh et al. 2018, "Fast and Effective Robustness
Certification" (DeepZ), section 4; the slope here is the chord's.
"""

import numpy as np

from pipeline.certification.sets.rounding import Reals

# A float64 tanh and the few operations of a relaxation err by less than this for each unit of magnitude; NumPy's tanh by some 2^-52.
RELAXATION_ERROR = 2.0**-44


def tanh_relaxation(low: Reals, high: Reals) -> tuple[Reals, Reals, Reals]:
    """Enclose tanh over ``[low, high]``: slope, offset and radius, each of the shape of ``low`` and ``high``.

    The slope is the chord's (Chebyshev's best line for a convex or a concave piece). For any slope in [0, 1], ``tanh(z) - slope z`` is
    largest at an end or at ``z* = artanh(sqrt(1 - slope))`` and smallest at an end or at ``-z*``, so a rounded slope costs no soundness.
    Where the slope is below 1e-6, zero takes its place, since ``z*`` would be ill-conditioned; above it ``z*``
    errs by less than 1e-8, and the extreme value, which is flat there, by the square of that.
    """
    width = np.maximum(high - low, 1e-300)
    slope = np.where(width < 1e-5, 1 - np.tanh((low + high) / 2) ** 2, (np.tanh(high) - np.tanh(low)) / width)
    slope = np.where(slope < 1e-6, 0.0, np.minimum(slope, 1.0))
    turn = np.arctanh(np.sqrt(1 - np.maximum(slope, 1e-6)))
    at = np.stack([low, high, np.clip(turn, low, high), np.clip(-turn, low, high)])
    return _between(slope, np.tanh(at) - slope * at, low, high)


def sigmoid(z: Reals) -> Reals:
    """Return the logistic function ``1 / (1 + exp(-z))``, elementwise, in float64."""
    return (1 + np.tanh(z / 2)) / 2


def sigmoid_relaxation(low: Reals, high: Reals) -> tuple[Reals, Reals, Reals]:
    """Enclose the logistic function, which is ``(1 + tanh(z / 2)) / 2``: slope, offset and radius."""
    slope, offset, radius = tanh_relaxation(low / 2, high / 2)
    return slope / 4, (1 + offset) / 2, radius / 2 + RELAXATION_ERROR


def hard_sigmoid(z: Reals) -> Reals:
    """Return ``clip(0.2 z + 0.5, 0, 1)``, exactly 0 or 1 beyond 2.5."""
    return np.clip(0.2 * z + 0.5, 0.0, 1.0)


def hard_sigmoid_relaxation(low: Reals, high: Reals) -> tuple[Reals, Reals, Reals]:
    """Enclose the hard sigmoid, which is linear but for two corners, at -2.5 and at 2.5: slope, offset and radius."""
    slope = np.clip((hard_sigmoid(high) - hard_sigmoid(low)) / np.maximum(high - low, 1e-300), 0.0, 0.2)
    at = np.stack([low, high, np.clip(-2.5, low, high), np.clip(2.5, low, high)])
    return _between(slope, hard_sigmoid(at) - slope * at, low, high)


def _between(slope: Reals, bends: Reals, low: Reals, high: Reals) -> tuple[Reals, Reals, Reals]:
    top, bottom = bends.max(axis=0), bends.min(axis=0)
    return slope, (top + bottom) / 2, (top - bottom) / 2 + RELAXATION_ERROR * (1 + np.abs(low) + np.abs(high))
