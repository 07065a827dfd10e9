"""Adagrad (Duchi et al. 2011), the accumulator starting at 0.1."""

from typing import Any

from keras import ops

from pipeline.layers.xla import Tensor
from pipeline.training.engine.optimizer import Optimizer, Slots


def build(epsilon: float | None) -> Optimizer:
    """Make the rule."""
    small = epsilon or 0.0

    def update(weights: list[Tensor], slots: Slots, gradients: list[Tensor], step: Tensor, rate: Any) -> tuple[list[Tensor], Slots]:
        sums = [s + ops.square(g) for s, g in zip(slots[0], gradients, strict=True)]
        return [w - rate * g / (ops.sqrt(s) + small) for w, g, s in zip(weights, gradients, sums, strict=True)], (sums,)

    return Optimizer(lambda weights: ([ops.full_like(w, 0.1) for w in weights],), update)
