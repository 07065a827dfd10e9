"""Gated recurrent units."""

from typing import Literal

from keras import ops

from pipeline.layers.initializers import GateConvention, gate_kernels
from pipeline.layers.intervals import Interval, linear, mixture, plus, product
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor


class GRU(Recurrent):
    """``h' = z h + (1 - z) n`` with ``z, r = sigmoid(x W + h U + b)`` and the candidate ``n`` (Cho et al. 2014, eqs. 5-8).

    ``reset="before"`` is the paper's ``n = tanh(x W + (r h) U + b)``. ``reset="after"`` is ``n = tanh(x W + b + r (h U + c))``, which
    cuDNN, Keras and PyTorch compute. Kernels hold the update gate, the reset gate and the candidate in this order, as Keras has them.
    """

    def __init__(
        self, name: str, seeds: tuple[int, ...], inputs: int, units: int, kernels: GateConvention,
        reset: Literal["before", "after"], noise: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(name, seeds)
        self.noise = (noise,)
        self.reset = reset
        kernel, recurrent = gate_kernels(kernels, inputs, units, units, 3, seeds, name)
        self.kernel = self.weight("kernel", kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", recurrent)
        self.bias = self.constant("bias", (3 * units,), 0.0)
        if reset == "after":
            self.candidate_bias = self.constant("candidate_bias", (units,), 0.0)
        self.state_sizes = (units,)

    def step(self, fed: Tensor, state: State) -> State:
        (hidden,) = state
        units = self.state_sizes[0]
        fed = fed + ops.expand_dims(self.bias, 1)
        gates = ops.sigmoid(fed[..., : 2 * units] + ops.matmul(hidden, self.recurrent_kernel[..., : 2 * units]))
        update, reset = ops.split(gates, 2, axis=-1)
        own = self.recurrent_kernel[..., 2 * units :]
        if self.reset == "before":
            recurrent = ops.matmul(reset * hidden, own)
        else:
            recurrent = reset * (ops.matmul(hidden, own) + ops.expand_dims(self.candidate_bias, 1))
        candidate = ops.tanh(fed[..., 2 * units :] + recurrent)
        return (update * hidden + (1.0 - update) * candidate,)

    def image_of_box(self, fed: Tensor, box: tuple[Interval, ...]) -> tuple[Interval, ...]:
        (hidden,) = box
        units = self.state_sizes[0]
        fed = fed + ops.expand_dims(self.bias, 1)
        low, high = plus(linear(hidden, self.recurrent_kernel[..., : 2 * units]), fed[..., : 2 * units])
        update, reset = zip(ops.split(ops.sigmoid(low), 2, axis=-1), ops.split(ops.sigmoid(high), 2, axis=-1), strict=True)
        own = self.recurrent_kernel[..., 2 * units :]
        if self.reset == "before":
            recurrent = linear(product(reset, hidden), own)
        else:
            recurrent = product(reset, plus(linear(hidden, own), ops.expand_dims(self.candidate_bias, 1)))
        low, high = plus(recurrent, fed[..., 2 * units :])
        return (mixture(update, hidden, (ops.tanh(low), ops.tanh(high))),)
