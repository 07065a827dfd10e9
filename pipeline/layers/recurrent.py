"""Recurrent layers with a seed axis."""

from abc import abstractmethod
from typing import Literal

from keras import ops

from pipeline.layers.basic import SeedLayer
from pipeline.layers.initializers import GateConvention, draw, gate_kernels
from pipeline.layers.xla import Tensor, scan

State = tuple[Tensor, ...]

# A loop is unrolled where it is short and a step is small: XLA then fuses across steps, which trains up to 1.5 times faster on a CPU.
# Large steps gain nothing, and compile several times longer.
UNROLLED_STEPS = 16
UNROLLED_STEP_SIZE = 2**15


class Recurrent(SeedLayer):
    """A recurrent layer that can run whole sequences, or go on from a state.

    Subclasses give ``state_sizes`` (the last axis of each state tensor), ``kernel`` ``[S, D, gates * H]``, and ``step``. Inputs are
    multiplied by the kernel step by step: for all steps at once it is one large product, but its result has to go through memory.
    """

    state_sizes: tuple[int, ...]
    kernel: Tensor

    @abstractmethod
    def step(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Advance by one position: inputs ``[S, B, D]`` and state to output ``[S, B, H]`` and next state."""

    def initial_state(self, batch: Tensor) -> State:
        """Return zeros ``[S, B, size]`` for each state tensor."""
        return tuple(ops.zeros((len(self.seeds), batch, size)) for size in self.state_sizes)

    def call(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over ``[S, B, T, D]`` from ``state`` (zeros if absent); return outputs ``[S, B, T, H]`` and the last state."""
        steps = ops.transpose(inputs, (2, 0, 1, 3))
        if state is None:
            state = self.initial_state(ops.shape(inputs)[1])
        outputs, state = self._unrolled(steps, state) if self._is_small(inputs) else self._scanned(steps, state)
        return ops.transpose(outputs, (1, 2, 0, 3)), state

    def _is_small(self, inputs: Tensor) -> bool:
        seeds, batch, positions, _ = inputs.shape
        if batch is None or positions is None:
            return False
        return bool(positions <= UNROLLED_STEPS and seeds * batch * self.kernel.shape[-1] <= UNROLLED_STEP_SIZE)

    def _unrolled(self, steps: Tensor, state: State) -> tuple[Tensor, State]:
        outputs = []
        for t in range(steps.shape[0]):
            output, state = self.step(steps[t], state)
            outputs.append(output)
        return ops.stack(outputs), state

    def _scanned(self, steps: Tensor, state: State) -> tuple[Tensor, State]:
        def advance(state: State, now: Tensor) -> tuple[State, Tensor]:
            output, after = self.step(now, state)
            return after, output

        state, outputs = scan(advance, state, steps, ops.shape(steps)[0])
        return outputs, state


class Elman(Recurrent):
    """``h' = tanh(x W + h U + b)`` (Elman 1990, "Finding Structure in Time")."""

    def __init__(self, name: str, seeds: tuple[int, ...], inputs: int, units: int, kernels: GateConvention) -> None:
        super().__init__(name, seeds)
        kernel, recurrent = gate_kernels(kernels, inputs, units, units, 1, seeds, name)
        self.kernel = self.weight("kernel", kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", recurrent)
        self.bias = self.constant("bias", (units,), 0.0)
        self.state_sizes = (units,)

    def step(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        fed = ops.matmul(inputs, self.kernel) + ops.matmul(state[0], self.recurrent_kernel)
        hidden = ops.tanh(fed + ops.expand_dims(self.bias, 1))
        return hidden, (hidden,)


class LSTM(Recurrent):
    """Long short-term memory with a forget gate (Gers et al. 2000, eqs. 2-9), and a projection of the output where asked for.

    The projection (Sak et al. 2014, section 2) stands inside the recurrence: what is fed back is what is put out.
    ``gates="hard_sigmoid"`` is ``clip(0.2 x + 0.5, 0, 1)``, the gates' default in Keras 1; Keras 3's has another slope.
    """

    def __init__(
        self, name: str, seeds: tuple[int, ...], inputs: int, units: int, kernels: GateConvention,
        forget_bias: float, gates: Literal["sigmoid", "hard_sigmoid"] = "sigmoid", projection: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, seeds)
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
        self.gate = ops.sigmoid if gates == "sigmoid" else _hard_sigmoid
        self.state_sizes = (fed_back, units)

    def step(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        hidden, cell = state
        fed = ops.matmul(inputs, self.kernel) + ops.matmul(hidden, self.recurrent_kernel) + ops.expand_dims(self.bias, 1)
        into, forget, candidate, out = ops.split(fed, 4, axis=-1)
        cell = self.gate(forget + self.forget_bias) * cell + self.gate(into) * ops.tanh(candidate)
        hidden = self.gate(out) * ops.tanh(cell)
        if self.projection is not None:
            hidden = ops.matmul(hidden, self.projection)
        return hidden, (hidden, cell)


def _hard_sigmoid(x: Tensor) -> Tensor:
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)
