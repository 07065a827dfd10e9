"""A tanh layer that works on a stack."""

import numpy as np
from keras import ops

from pipeline.layers.basic import Readout
from pipeline.layers.initializers import GateConvention, draw, gate_kernels
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor

# Cells before anything is read; there are twice as many whenever they might not suffice.
CELLS = 32


class StackElman(Recurrent):
    """``h' = tanh(x W + h U + s_0 V + b)``; then the stack ``s`` is pushed on, popped from and left alone, a bit of each.

    ``s'_i = a_push s_(i-1) + a_pop s_(i+1) + a_stay s_i`` with ``s_(-1) = h' D + d`` and ``a = softmax(h' A + c)`` (Joulin, Mikolov 2015,
    "Inferring Algorithmic Patterns with Stack-Augmented Recurrent Nets", eqs. 4-6; what is pushed is not squashed, as in the code of
    Delétang et al. 2023). ``s_0`` is the top. An empty cell is zero.

    The state: h ``[S, B, H]``, the stack ``[S, B, cells, M]``, and how many positions were read ``[S, B, 1]``. A stack grows by at most
    one cell a position, so as many cells as positions are all that there ever is.
    """

    def __init__(
        self, name: str, seeds: tuple[int, ...], inputs: int, units: int, size: int, kernels: GateConvention, noise: float = 0.0
    ) -> None:
        super().__init__(name, seeds)
        self.noise = (noise,)
        kernel, recurrent = gate_kernels(kernels, inputs, units, units, 1, seeds, name)
        self.kernel = self.weight("kernel", kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", recurrent)
        self.top_kernel = self.weight("top_kernel", draw("glorot_uniform", (size, units), seeds, name, "top"))
        self.bias = self.constant("bias", (units,), 0.0)
        self.pushed = Readout(f"{name}_pushed", seeds, units, size, "glorot_uniform")
        self.actions = Readout(f"{name}_actions", seeds, units, 3, "glorot_uniform")
        self.units, self.size = units, size

    def initial_state(self, batch: Tensor) -> State:
        return self._empty(batch, CELLS)

    def grown(self, state: State, positions: int) -> State:
        hidden, stack, read = state
        cells = needed = stack.shape[2]
        while cells < int(np.asarray(ops.convert_to_numpy(read))[0, 0, 0]) + positions:
            cells *= 2
        return hidden, ops.pad(stack, [(0, 0), (0, 0), (0, cells - needed), (0, 0)]), read

    def step(self, fed: Tensor, state: State) -> State:
        hidden, stack, read = state
        seen = ops.matmul(hidden, self.recurrent_kernel) + ops.matmul(stack[:, :, 0], self.top_kernel)
        hidden = ops.tanh(fed + seen + ops.expand_dims(self.bias, 1))
        push, pop, stay = (ops.expand_dims(action, -1) for action in ops.split(ops.softmax(self.actions(hidden)), 3, axis=-1))
        pushed = ops.concatenate([ops.expand_dims(self.pushed(hidden), 2), stack[:, :, :-1]], axis=2)
        popped = ops.concatenate([stack[:, :, 1:], ops.zeros_like(stack[:, :, :1])], axis=2)
        return hidden, push * pushed + pop * popped + stay * stack, read + 1.0

    def call(self, inputs: Tensor, state: State | None = None, keys: Tensor | None = None) -> tuple[Tensor, State]:
        """As of any recurrent layer; a state that is given must have room for the inputs (``grown``)."""
        return super().call(inputs, self._empty(ops.shape(inputs)[1], inputs.shape[2]) if state is None else state, keys)

    def _empty(self, batch: Tensor, cells: int) -> State:
        seeds = len(self.seeds)
        return ops.zeros((seeds, batch, self.units)), ops.zeros((seeds, batch, cells, self.size)), ops.zeros((seeds, batch, 1))
