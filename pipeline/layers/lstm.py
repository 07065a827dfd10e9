"""Long short-term memory with a forget gate."""

from typing import Literal

import numpy as np
from keras import ops

from pipeline.layers.initializers import GateConvention, draw, gate_kernels
from pipeline.layers.intervals import Interval, linear, plus, product
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor


class LSTM(Recurrent):
    """Long short-term memory with a forget gate (Gers et al. 2000, eqs. 2-9), and a projection of the output where asked for.

    The projection (Sak et al. 2014, section 2) stands inside the recurrence: what is fed back is what is put out.
    ``forget_bias`` and ``input_bias`` are added to their gates; opposite ones make a net that keeps much and takes in little at first
    (Tallec and Ollivier 2018, "Can recurrent neural networks warp time?", section 2: the logarithm of the time to remember, either sign).
    ``gates="hard_sigmoid"`` is ``clip(0.2 x + 0.5, 0, 1)``, the gates' default in Keras 1; Keras 3's has another slope.
    """

    def __init__(
        self, name: str, seeds: tuple[int, ...], inputs: int, units: int, kernels: GateConvention,
        forget_bias: float, gates: Literal["sigmoid", "hard_sigmoid"] = "sigmoid", projection: int | None = None,
        input_bias: float = 0.0, noise: tuple[float, float] = (0.0, 0.0), gate_noise: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(name, seeds)
        self.noise = noise
        if gate_noise:  # on the gates of input, forgetting and output, not on the candidate
            self.gate_noise = np.repeat(np.array([1, 1, 0, 1], np.float32) * gate_noise, units)
        fed_back = units if projection is None else projection
        kernel, recurrent = gate_kernels(kernels, inputs, fed_back, units, 4, seeds, name)
        self.kernel = self.weight("kernel", kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", recurrent)
        self.bias = self.constant("bias", (4 * units,), 0.0)
        self.projection = (
            None
            if projection is None
            else self.weight("projection", draw("glorot_uniform", (units, projection), seeds, name, "projection"))
        )
        self.forget_bias = forget_bias
        self.input_bias = input_bias
        self.gate = ops.sigmoid if gates == "sigmoid" else _hard_sigmoid
        self.state_sizes = (fed_back, units)

    def step(self, fed: Tensor, state: State) -> State:
        hidden, cell = state
        fed = fed + ops.matmul(hidden, self.recurrent_kernel) + ops.expand_dims(self.bias, 1)
        into, forget, candidate, out = ops.split(fed, 4, axis=-1)
        if self.input_bias:
            into = into + self.input_bias
        cell = self.gate(forget + self.forget_bias) * cell + self.gate(into) * ops.tanh(candidate)
        hidden = self.gate(out) * ops.tanh(cell)
        if self.projection is not None:
            hidden = ops.matmul(hidden, self.projection)
        return hidden, cell

    def image_of_box(self, fed: Tensor, box: tuple[Interval, ...]) -> tuple[Interval, ...]:
        hidden, cell = box
        low, high = plus(linear(hidden, self.recurrent_kernel), fed + ops.expand_dims(self.bias, 1))
        into, forget, candidate, out = zip(ops.split(low, 4, axis=-1), ops.split(high, 4, axis=-1), strict=True)
        kept = product(self._gate(plus(forget, self.forget_bias)), cell)
        taken = product(self._gate(plus(into, self.input_bias)), (ops.tanh(candidate[0]), ops.tanh(candidate[1])))
        cell = kept[0] + taken[0], kept[1] + taken[1]
        hidden = product(self._gate(out), (ops.tanh(cell[0]), ops.tanh(cell[1])))
        return (hidden if self.projection is None else linear(hidden, self.projection)), cell

    def _gate(self, values: Interval) -> Interval:
        return self.gate(values[0]), self.gate(values[1])


def _hard_sigmoid(x: Tensor) -> Tensor:
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)
