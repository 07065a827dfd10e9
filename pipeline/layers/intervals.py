"""Interval arithmetic on tensors: what a layer's step makes of a box of states, bounded (``Recurrent.image_of_box``).

An interval is a pair of tensors, the lower and the upper ends. Bounds are of real arithmetic; rounding is not part of them.
"""

from keras import ops

from pipeline.layers.xla import Tensor

Interval = tuple[Tensor, Tensor]


def around(center: Tensor, radius: Tensor) -> Interval:
    """Return what is no further than ``radius`` from ``center``."""
    return center - radius, center + radius


def linear(values: Interval, kernel: Tensor) -> Interval:
    """Multiply ``[S, B, D]`` by ``kernel`` ``[S, D, H]``."""
    low, high = values
    return around(ops.matmul((low + high) / 2, kernel), ops.matmul((high - low) / 2, ops.abs(kernel)))


def plus(values: Interval, shift: Tensor) -> Interval:
    """Add a tensor."""
    return values[0] + shift, values[1] + shift


def product(left: Interval, right: Interval) -> Interval:
    """Multiply."""
    ends = [a * b for a in left for b in right]
    low, high = ends[0], ends[0]
    for end in ends[1:]:
        low, high = ops.minimum(low, end), ops.maximum(high, end)
    return low, high


def mixture(share: Interval, one: Interval, other: Interval) -> Interval:
    """Return ``share * one + (1 - share) * other``, for shares within [0, 1]; it is monotone in all three at fixed others."""
    low, high = ([part * a + (1 - part) * b for part in share] for a, b in zip(one, other, strict=True))
    return ops.minimum(*low), ops.maximum(*high)
