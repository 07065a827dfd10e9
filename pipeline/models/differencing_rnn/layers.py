"""A linear recurrence that reads changes."""

from keras import ops

from pipeline.layers.initializers import GateConvention, gate_kernels
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor


class Differencing(Recurrent):
    """``h' = (x - x_before) W + h U + b``: a linear recurrence that reads by how much its input has changed; at first, by nothing.

    The inductive bias: the level of the input does not count, only its changes (differencing: Box and Jenkins 1970, section 4.1), and twice
    the change has twice the effect.
    """

    def __init__(self, name: str, seeds: tuple[int, ...], inputs: int, units: int, kernels: GateConvention) -> None:
        super().__init__(name, seeds)
        kernel, recurrent = gate_kernels(kernels, inputs, units, units, 1, seeds, name)
        self.kernel = self.weight("kernel", kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", recurrent)
        self.bias = self.constant("bias", (units,), 0.0)
        self.state_sizes = (units, units, 1)

    def step(self, fed: Tensor, state: State) -> State:
        hidden, before, begun = state
        changed = begun * (fed - before)
        return changed + ops.matmul(hidden, self.recurrent_kernel) + ops.expand_dims(self.bias, 1), fed, ops.ones_like(begun)
