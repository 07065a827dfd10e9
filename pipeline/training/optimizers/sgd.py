"""Plain gradient descent."""

from typing import Any

from pipeline.layers.xla import Tensor
from pipeline.training.engine.optimizer import Optimizer, Slots


def build(epsilon: float | None) -> Optimizer:
    """Make the rule."""

    def update(weights: list[Tensor], slots: Slots, gradients: list[Tensor], step: Tensor, rate: Any) -> tuple[list[Tensor], Slots]:
        return [w - rate * g for w, g in zip(weights, gradients, strict=True)], slots

    return Optimizer(lambda weights: (), update)
