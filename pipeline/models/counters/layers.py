"""Cells that count."""

import numpy as np
from keras import ops

from pipeline.core.seeding import stream
from pipeline.layers.basic import Readout
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor


class Counters(Recurrent):
    """``s' = s + r(W[x])``, r to the nearest of -1, 0 and 1; backwards r is the identity on [-1, 1] and constant beyond."""

    def __init__(self, name: str, seeds: tuple[int, ...], inputs: int, units: int) -> None:
        super().__init__(name, seeds)
        drawn = [stream(seed, "weights", name, "kernel").uniform(-1, 1, (inputs, units)) for seed in seeds]
        self.kernel = self.weight("kernel", np.stack(drawn).astype(np.float32))
        self.state_sizes = (units,)

    @property
    def increments(self) -> Tensor:
        """What each symbol adds: ``[S, D, H]``."""
        return _whole(ops.clip(self.kernel, -1.0, 1.0))

    def feed(self, inputs: Tensor) -> Tensor:
        shape = ops.shape(inputs)
        fed = ops.matmul(ops.reshape(inputs, (shape[0], -1, shape[-1])), self.increments)
        return ops.reshape(fed, (*shape[:-1], self.kernel.shape[-1]))

    def look_up(self, symbols: Tensor) -> Tensor:
        return self.feed(ops.one_hot(symbols, self.kernel.shape[1]))

    def step(self, fed: Tensor, state: State) -> State:
        return (state[0] + fed,)


class WholeReadout(Readout):
    """``y = s r(V) + r(2 c) / 2``, r to the nearest whole number: by how much a count moves a score is nothing, or far from nothing.

    A score that should not depend on a count would else depend on it a little, and be wrong once that count is large. Float32 adds up such
    numbers exactly, in any order, as long as they come to no more than 2^23.
    """

    def call(self, hidden: Tensor) -> Tensor:
        shape = ops.shape(hidden)
        scores = ops.matmul(ops.reshape(hidden, (shape[0], -1, shape[-1])), _whole(self.kernel))
        scores = scores + ops.expand_dims(_whole(2.0 * self.bias) / 2.0, 1)
        return ops.reshape(scores, (*shape[:-1], self.kernel.shape[-1]))


def _whole(values: Tensor) -> Tensor:
    """Round, half to even, with the gradient of the identity. A float32 number and what it lacks to the whole one add up exactly."""
    return values + ops.stop_gradient(ops.round(values) - values)
