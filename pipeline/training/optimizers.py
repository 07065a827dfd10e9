"""Optimizers as pure functions of tensors, since Keras's cannot run inside a loop of a compiled TensorFlow program.

Every rule is element-wise, so a seed axis needs nothing of its own. Hyperparameters that a recipe leaves out have the
defaults of the library that the posts used (TensorFlow 1): Adagrad's accumulator starts at 0.1, Adam's epsilon is 1e-8.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

from pipeline.layers.xla import Tensor
from pipeline.training.params import TrainingParams

Slots = tuple[list[Tensor], ...]


class Optimizer(NamedTuple):
    """``slots = start(weights)``; ``weights, slots = update(weights, slots, gradients, step, rate)``, ``step`` counted from 0."""

    start: Callable[[list[Tensor]], Slots]
    update: Callable[[list[Tensor], Slots, list[Tensor], Tensor, Any], tuple[list[Tensor], Slots]]


def sgd(epsilon: float | None) -> Optimizer:
    """Plain gradient descent."""

    def update(weights: list[Tensor], slots: Slots, gradients: list[Tensor], step: Tensor, rate: Any) -> tuple[list[Tensor], Slots]:
        return [w - rate * g for w, g in zip(weights, gradients, strict=True)], slots

    return Optimizer(lambda weights: (), update)


def adagrad(epsilon: float | None) -> Optimizer:
    """Adagrad (Duchi et al. 2011), the accumulator starting at 0.1."""
    small = epsilon or 0.0

    def update(weights: list[Tensor], slots: Slots, gradients: list[Tensor], step: Tensor, rate: Any) -> tuple[list[Tensor], Slots]:
        sums = [s + ops.square(g) for s, g in zip(slots[0], gradients, strict=True)]
        return [w - rate * g / (ops.sqrt(s) + small) for w, g, s in zip(weights, gradients, sums, strict=True)], (sums,)

    return Optimizer(lambda weights: ([ops.full_like(w, 0.1) for w in weights],), update)


def adam(epsilon: float | None, beta_1: float = 0.9, beta_2: float = 0.999) -> Optimizer:
    """Adam (Kingma and Ba 2015) in the form of the text before its section 2.1: epsilon beside the uncorrected root."""
    small = epsilon or 1e-8

    def update(weights: list[Tensor], slots: Slots, gradients: list[Tensor], step: Tensor, rate: Any) -> tuple[list[Tensor], Slots]:
        count = ops.cast(step, "float32") + 1.0
        corrected = rate * ops.sqrt(1.0 - beta_2**count) / (1.0 - beta_1**count)
        means = [m + (g - m) * (1.0 - beta_1) for m, g in zip(slots[0], gradients, strict=True)]
        squares = [v + (ops.square(g) - v) * (1.0 - beta_2) for v, g in zip(slots[1], gradients, strict=True)]
        moved = [w - corrected * m / (ops.sqrt(v) + small) for w, m, v in zip(weights, means, squares, strict=True)]
        return moved, (means, squares)

    return Optimizer(lambda weights: ([ops.zeros_like(w) for w in weights], [ops.zeros_like(w) for w in weights]), update)


def build(params: TrainingParams) -> Optimizer:
    """Make the recipe's optimizer."""
    return _RULES[params.optimizer](params.epsilon)


_RULES = {"sgd": sgd, "adagrad": adagrad, "adam": adam}
