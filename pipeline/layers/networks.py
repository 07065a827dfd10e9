"""What a net offers to training and evaluation, whatever its architecture."""

from abc import abstractmethod
from typing import Any

import keras
import numpy as np
from keras import ops

from pipeline.layers.basic import Encoding, Readout
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor, value_of


class Network(keras.Model):
    """``seeds`` nets of one shape: ``[S, B, T]`` symbols or reals in, logits or reals for the last ``A`` positions out: ``[S, B, A, C]``.

    Attributes:
        seeds: The seeds, in the order of the first axis.
        streams: Whether the net reads and writes position by position, so that ``segment`` can carry on from a state.
    """

    streams = False

    def __init__(self, name: str, seeds: tuple[int, ...]) -> None:
        super().__init__(name=name)
        self.seeds = seeds

    def contract(self, radius: float, share: float) -> None:
        """Let training add to the loss by how much boxes around states shrink too little (``ContractionParams``)."""
        raise NotImplementedError

    @abstractmethod
    def call(self, inputs: Tensor, keys: Tensor | None = None, targets: Tensor | None = None, answers: int | None = None) -> Tensor:
        """Answer whole sequences; with ``keys`` ``[S, 2]`` in training mode, which draws its noise from them.

        Args:
            inputs: ``[S, B, T]`` symbols or reals, or ``[S, B, T, D]`` reals.
            keys: ``[S, 2]`` int32 words for each seed's random draws.
            targets: ``[S, B, A]``, in training alone, for nets that write by what they have written (teacher forcing; Williams and Zipser
                1989).
            answers: How many of the last positions to answer; ``None``: all.

        Returns:
            ``[S, B, A, C]`` logits or reals.
        """

    def answers(self, outputs: Tensor, symbols: bool) -> Tensor:
        """Read symbols, ``[…, C]`` to ``[…]`` by argmax, or the one real ``[…, 1]``."""
        if not symbols:
            return ops.squeeze(outputs, -1)
        return ops.cast(ops.argmax(outputs, axis=-1), "uint8" if outputs.shape[-1] <= 256 else "int32")

    def weights_of(self, seed: int) -> dict[str, np.ndarray]:
        """Return one seed's weights by path, without the seed axis."""
        at = self.seeds.index(seed)
        return {v.path: ops.convert_to_numpy(value_of(v))[at] for v in self.trainable_variables}

    def assign(self, weights: list[dict[str, np.ndarray]]) -> None:
        """Set all weights from one ``weights_of`` for each seed."""
        for v in self.trainable_variables:
            v.assign(np.stack([one[v.path] for one in weights]))


class CausalNetwork(Network):
    """Recurrent layers, each with a readout or without; of the last one only the positions that are asked for are read.

    A layer's readout, where it has one, is what the next layer sees. A ``numeric`` net puts out one real, and the nearest whole number is
    the symbol that it answers. A ``residual`` one puts out what is to be added to its input.
    """

    streams = True

    def __init__(
        self, name: str, layers: list[tuple[Recurrent, Readout | None]], encoding: Encoding, *, logistic: bool = False,
        numeric: bool = False, residual: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(name, layers[0][0].seeds)
        self.recurrents = [recurrent for recurrent, _ in layers]
        self.readouts = [readout for _, readout in layers]
        for place, recurrent in enumerate(self.recurrents):
            recurrent.place = place
        self.encoding = encoding
        self.logistic = logistic
        self.numeric = numeric
        self.residual = residual
        self.built = True

    def call(self, inputs: Tensor, keys: Tensor | None = None, targets: Tensor | None = None, answers: int | None = None) -> Tensor:
        return self.segment(inputs, None, keys, answers)[0]

    def answers(self, outputs: Tensor, symbols: bool) -> Tensor:
        if self.numeric:
            return ops.cast(ops.round(ops.squeeze(outputs, -1)), "int32")
        return super().answers(outputs, symbols)

    def contract(self, radius: float, share: float) -> None:
        for recurrent in self.recurrents:
            recurrent.contraction = radius, share

    def initial_state(self, batch: Any) -> tuple[State, ...]:
        """Return each layer's state before the first position."""
        return tuple(recurrent.initial_state(batch) for recurrent in self.recurrents)

    def grown(self, states: tuple[State, ...], positions: int) -> tuple[State, ...]:
        """Return states with room for ``positions`` more, between two segments; most layers' states need none."""
        return tuple(recurrent.grown(state, positions) for recurrent, state in zip(self.recurrents, states, strict=True))

    def segment(
        self, inputs: Tensor, states: tuple[State, ...] | None, keys: Tensor | None = None, answers: int | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Read the next ``[S, B, T]`` positions from ``states``.

        Returns:
            The outputs at the last ``answers`` positions (``None``: at all; 0: an empty tuple), and the states to go on from.
        """
        values = inputs if self.encoding.looked_up else self.encoding.features(inputs)
        after = []
        for place, (recurrent, readout) in enumerate(zip(self.recurrents, self.readouts, strict=True)):
            values, state = recurrent(values, None if states is None else states[place], keys)
            after.append(state)
            if place == len(self.recurrents) - 1:
                if answers == 0:
                    return (), tuple(after)
                values = _last(values, answers)
            values = values if readout is None else readout(values)
        if self.residual:
            values = values + _last(self.encoding.features(inputs), answers)
        return ops.sigmoid(values) if self.logistic else values, tuple(after)


def _last(values: Tensor, answers: int | None) -> Tensor:
    """Take the last ``answers`` positions of ``[S, B, T, …]``; all of them for ``None``."""
    return values if answers is None or answers == values.shape[2] else values[:, :, -answers:]
