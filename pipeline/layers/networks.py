"""What a net offers to training and evaluation, whatever its architecture."""

from abc import abstractmethod

import keras
import numpy as np
from keras import ops

from pipeline.layers.basic import Dropout, Readout, encode
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor, value_of


class Network(keras.Model):
    """``seeds`` nets of one shape: ``[S, B, T]`` symbols or reals in, ``[S, B, T, C]`` or ``[S, B, C]`` logits or reals out.

    Attributes:
        seeds: The seeds, in the order of the first axis.
        streams: Whether the net reads and writes position by position, so that ``segment`` can carry on from a state.
    """

    streams = False

    def __init__(self, name: str, seeds: tuple[int, ...]) -> None:
        super().__init__(name=name)
        self.seeds = seeds

    @abstractmethod
    def call(self, inputs: Tensor, keys: Tensor | None = None) -> Tensor:
        """Answer whole sequences; with ``keys`` ``[S, 2]`` in training mode, which draws its noise from them."""

    def weights_of(self, seed: int) -> dict[str, np.ndarray]:
        """Return one seed's weights by path, without the seed axis."""
        at = self.seeds.index(seed)
        return {v.path: ops.convert_to_numpy(value_of(v))[at] for v in self.trainable_variables}

    def assign(self, weights: list[dict[str, np.ndarray]]) -> None:
        """Set all weights from one ``weights_of`` for each seed."""
        for v in self.trainable_variables:
            v.assign(np.stack([one[v.path] for one in weights]))


class CausalNetwork(Network):
    """One recurrent layer and a readout at every position, or at the last one where the answer is a label."""

    streams = True

    def __init__(
        self, name: str, recurrent: Recurrent, readout: Readout | None, symbols: int | None, *, scalar: bool, last_only: bool
    ) -> None:
        super().__init__(name, recurrent.seeds)
        self.recurrent = recurrent
        self.readout = readout
        self.symbols = symbols
        self.scalar = scalar
        self.last_only = last_only
        self.built = True

    def call(self, inputs: Tensor, keys: Tensor | None = None) -> Tensor:
        return self.segment(inputs, None)[0]

    def segment(self, inputs: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Answer the next ``[S, B, T]`` positions from ``state``; return the outputs and the state to go on from."""
        hidden, state = self.recurrent(encode(inputs, self.symbols, self.scalar), state)
        if self.last_only:
            hidden = hidden[:, :, -1]
        return (hidden if self.readout is None else self.readout(hidden)), state


class EncoderDecoder(Network):
    """An encoder whose last output is the decoder's input at every position, and a readout of the decoder."""

    def __init__(
        self, name: str, encoder: Recurrent, summary: Dropout, decoder: Recurrent, readout: Readout, logits: Dropout, symbols: int | None
    ) -> None:
        super().__init__(name, encoder.seeds)
        self.encoder = encoder
        self.summary_dropout = summary
        self.decoder = decoder
        self.readout = readout
        self.logits_dropout = logits
        self.symbols = symbols
        self.built = True

    def call(self, inputs: Tensor, keys: Tensor | None = None) -> Tensor:
        summary = self.encoder(encode(inputs, self.symbols, scalar=False))[0][:, :, -1]
        if keys is not None:
            summary = self.summary_dropout(summary, keys)
        logits = self.readout(self.decoder(ops.repeat(ops.expand_dims(summary, 2), ops.shape(inputs)[2], axis=2))[0])
        return logits if keys is None else self.logits_dropout(logits, keys)
