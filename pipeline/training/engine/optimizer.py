"""What an optimizer is."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.layers.xla import Tensor

Slots = tuple[list[Tensor], ...]


class Optimizer(NamedTuple):
    """``slots = start(weights)``; ``weights, slots = update(weights, slots, gradients, step, rate)``, ``step`` counted from 0."""

    start: Callable[[list[Tensor]], Slots]
    update: Callable[[list[Tensor], Slots, list[Tensor], Tensor, Any], tuple[list[Tensor], Slots]]
