"""Adam (Kingma and Ba 2015) in the form of the text before its section 2.1: epsilon, 1e-8 by default, beside the uncorrected root."""

from typing import Any

from keras import ops

from pipeline.layers.xla import Tensor
from pipeline.training.engine.optimizer import Optimizer, Slots


def build(epsilon: float | None, beta_1: float = 0.9, beta_2: float = 0.999) -> Optimizer:
    """Make the rule."""
    small = epsilon or 1e-8

    def update(weights: list[Tensor], slots: Slots, gradients: list[Tensor], step: Tensor, rate: Any) -> tuple[list[Tensor], Slots]:
        count = ops.cast(step, "float32") + 1.0
        corrected = rate * ops.sqrt(1.0 - beta_2**count) / (1.0 - beta_1**count)
        means = [m + (g - m) * (1.0 - beta_1) for m, g in zip(slots[0], gradients, strict=True)]
        squares = [v + (ops.square(g) - v) * (1.0 - beta_2) for v, g in zip(slots[1], gradients, strict=True)]
        moved = [w - corrected * m / (ops.sqrt(v) + small) for w, m, v in zip(weights, means, squares, strict=True)]
        return moved, (means, squares)

    return Optimizer(lambda weights: ([ops.zeros_like(w) for w in weights], [ops.zeros_like(w) for w in weights]), update)
