"""Recurrent layers with a seed axis."""

from abc import abstractmethod
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.layers.basic import SeedLayer, gaussian
from pipeline.layers.initializers import GateConvention, gate_kernels
from pipeline.layers.intervals import Interval, around, linear, plus
from pipeline.layers.xla import Tensor, scan

# What a layer carries from one position to the next: any nesting of tuples, lists and dicts of tensors ``[S, B, …]``.
State = Any

# A loop is unrolled where it is short and a step is small: XLA then fuses across steps, which trains up to 1.5 times faster on a CPU.
# Large steps gain nothing, and compile several times longer.
UNROLLED_STEPS = 16
UNROLLED_STEP_SIZE = 2**15

# Inputs of all positions are multiplied by the kernel before the loop only where the products stay in the processor's cache.
FED_AHEAD_SIZE = 2**17

# Tell noise from the other random draws of a net (``Dropout``): on the first, second … state tensor, and before gates.
NOISE_SALT = 2
GATE_NOISE_SALT = 5


class Recurrent(SeedLayer):
    """A recurrent layer that can run whole sequences, or go on from a state.

    Subclasses give ``kernel`` ``[S, D, gates * H]``, ``step``, and either ``state_sizes`` (the last axis of each state tensor, that of the
    output first) or ``initial_state`` and ``output_of`` for a state of another form. A state whose size depends on the length of the input,
    such as a stack, also has ``grown``.

    Attributes:
        place: Which layer of its net it is, counted from 0; layers of one net draw different noise.
        noise: For each state tensor, in the order of ``keras.tree.flatten``, the standard deviation of the Gaussian noise that training
            adds to it at every position (Jim, Giles and Horne 1996, "An analysis of noise in recurrent neural networks"); empty: none. A
            state that survives it is an attractor.
        contraction: The radius of a box around each state, and the share of it within which training wants the box's image
            (``ContractionParams``); what is beyond is a loss of the layer's (``add_loss``).
        gate_noise: The same before gates, ``[gates * H]``, drawn once for a whole sequence (the paper's noise "per string"). A gate that
            survives it is wide open or shut (Salakhutdinov and Hinton 2009, "Semantic hashing", section 2.3), and so nothing leaks into a
            state, or out of it, however long the sequence.
    """

    place = 0
    state_sizes: tuple[int, ...]
    kernel: Tensor
    noise: tuple[float, ...] = ()
    contraction: tuple[float, float] | None = None
    gate_noise: NDArray[np.float32] | None = None

    @abstractmethod
    def step(self, fed: Tensor, state: State) -> State:
        """Advance by one position: the inputs' products with the kernel, ``[S, B, gates * H]``, and a state to the next state."""

    def output_of(self, state: State) -> Tensor:
        """Return the output ``[S, B, H]`` that belongs to ``state``."""
        return state[0]

    def image_of_box(self, fed: Tensor, box: tuple[Interval, ...]) -> tuple[Interval, ...]:
        """Bound what ``step`` makes of a box of states: an interval for each state tensor. Only some layers can."""
        raise NotImplementedError

    def initial_state(self, batch: Tensor) -> State:
        """Return zeros ``[S, B, size]`` for each state tensor."""
        return tuple(ops.zeros((len(self.seeds), batch, size)) for size in self.state_sizes)

    def grown(self, state: State, positions: int) -> State:
        """Return ``state`` with room for ``positions`` more, doubled until it suffices; here: as it is."""
        return state

    def look_up(self, symbols: Tensor) -> Tensor:
        """Return what ``feed`` gives for the one-hot vectors of ``symbols`` ``[S, …]``: rows of the kernel, ``[S, …, gates * H]``."""
        seeds, inputs, size = self.kernel.shape
        first = ops.reshape(ops.arange(seeds) * inputs, (seeds, *[1] * (len(symbols.shape) - 1)))
        return ops.take(ops.reshape(self.kernel, (seeds * inputs, size)), ops.cast(symbols, "int32") + first, axis=0)

    def feed(self, inputs: Tensor) -> Tensor:
        """Multiply inputs ``[S, …, D]`` by the kernel: ``[S, …, gates * H]``."""
        shape = ops.shape(inputs)
        fed = ops.matmul(ops.reshape(inputs, (shape[0], -1, shape[-1])), self.kernel)
        return ops.reshape(fed, (*shape[:-1], self.kernel.shape[-1]))

    def call(self, inputs: Tensor, state: State | None = None, keys: Tensor | None = None) -> tuple[Tensor, State]:
        """Run from ``state`` (zeros if absent) over inputs; return outputs ``[S, B, T, H]`` and the last state.

        ``inputs`` are ``[S, B, T, D]``, or symbols ``[S, B, T]`` for their one-hot vectors, which pays where there are many symbols.
        ``keys`` ``[S, 2]`` are there in training.
        """
        seeds, batch, positions = inputs.shape[:3]
        step_size = None if batch is None else seeds * batch * self.kernel.shape[-1]
        state = self.initial_state(ops.shape(inputs)[1]) if state is None else state
        symbols = len(inputs.shape) == 3
        ahead = symbols or (step_size is not None and positions is not None and step_size * positions <= FED_AHEAD_SIZE)
        fed = self.look_up(inputs) if symbols else self.feed(inputs) if ahead else inputs
        steps = ops.transpose(fed, (2, 0, 1, 3))
        beside = {}
        if keys is not None:
            sizes = [tensor.shape[2:] for tensor in keras.tree.flatten(state)]
            for i in (i for i, deviation in enumerate(self.noise) if deviation):
                drawn = gaussian(keys, NOISE_SALT + i, (positions, batch, *sizes[i]), self.place)
                beside[f"noise_{i}"] = ops.moveaxis(self.noise[i] * drawn, 1, 0)
        shift = None
        if keys is not None and self.gate_noise is not None:
            shift = self.gate_noise * gaussian(keys, GATE_NOISE_SALT, (batch, self.kernel.shape[-1]), self.place)

        contraction = None if keys is None else self.contraction

        def advance(state: State, now: tuple[Tensor, dict[str, Tensor]]) -> tuple[State, tuple[Tensor, ...]]:
            fed, extra = now
            fed = fed if ahead else self.feed(fed)
            fed = fed if shift is None else fed + shift
            after = self.step(fed, state)
            beyond = () if contraction is None else (self._beyond(fed, state, *contraction),)
            if extra:
                noisy = [v + extra[f"noise_{i}"] if f"noise_{i}" in extra else v for i, v in enumerate(keras.tree.flatten(after))]
                after = keras.tree.pack_sequence_as(after, noisy)
            return after, (self.output_of(after), *beyond)

        if step_size is not None and positions is not None and positions <= UNROLLED_STEPS and step_size <= UNROLLED_STEP_SIZE:
            outputs = []
            for t in range(positions):
                state, output = advance(state, (steps[t], {name: values[t] for name, values in beside.items()}))
                outputs.append(output)
            together = tuple(ops.stack(parts) for parts in zip(*outputs, strict=True))
        else:
            state, together = scan(advance, state, (steps, beside), ops.shape(steps)[0])
        if contraction is not None:
            self.add_loss(ops.sum(ops.mean(together[1], axis=(0, 2))))
        return ops.transpose(together[0], (1, 2, 0, 3)), state

    def _beyond(self, fed: Tensor, state: State, radius: float, share: float) -> Tensor:
        """Sum over the state by how much the image of a box is wider than it shall be: ``[S, B]``."""
        image = self.image_of_box(fed, tuple(around(values, radius) for values in state))
        return sum(ops.sum(ops.relu((high - low) / 2 - share * radius), axis=-1) for low, high in image)

    def repeated(self, inputs: Tensor, positions: Tensor) -> Tensor:
        """Run over the same inputs ``[S, B, D]`` again and again: outputs ``[S, B, positions, H]``."""
        fed = self.feed(inputs)

        def advance(state: State, now: Tensor) -> tuple[State, Tensor]:
            after = self.step(fed, state)
            return after, self.output_of(after)

        outputs = scan(advance, self.initial_state(ops.shape(inputs)[1]), ops.arange(positions), positions)[1]
        return ops.transpose(outputs, (1, 2, 0, 3))


class Elman(Recurrent):
    """``h' = tanh(x W + h U + b)`` (Elman 1990, "Finding Structure in Time"); ``W`` and ``U`` begin as they are drawn, times ``gain``."""

    def __init__(
        self, name: str, seeds: tuple[int, ...], inputs: int, units: int, kernels: GateConvention, noise: float = 0.0, gain: float = 1.0
    ) -> None:
        super().__init__(name, seeds)
        self.noise = (noise,)
        kernel, recurrent = gate_kernels(kernels, inputs, units, units, 1, seeds, name)
        self.kernel = self.weight("kernel", gain * kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", gain * recurrent)
        self.bias = self.constant("bias", (units,), 0.0)
        self.state_sizes = (units,)

    def step(self, fed: Tensor, state: State) -> State:
        return (ops.tanh(fed + ops.matmul(state[0], self.recurrent_kernel) + ops.expand_dims(self.bias, 1)),)

    def image_of_box(self, fed: Tensor, box: tuple[Interval, ...]) -> tuple[Interval, ...]:
        low, high = plus(linear(box[0], self.recurrent_kernel), fed + ops.expand_dims(self.bias, 1))
        return ((ops.tanh(low), ops.tanh(high)),)
