"""Attention over an encoder's outputs, by content or by location, and the encoder-decoder around it."""

from abc import abstractmethod

from keras import ops

from pipeline.layers.basic import Encoding, Readout, SeedLayer
from pipeline.layers.initializers import draw
from pipeline.layers.networks import Network
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor, scan


class Attention(SeedLayer):
    """Where a decoder looks: weights over the positions of ``memory`` ``[S, B, T, H]``, and their mean of it."""

    def initial_state(self, batch: Tensor) -> State:
        """Return what is carried from one look to the next, before the first."""
        return ()

    def call(self, hidden: Tensor, memory: Tensor, state: State) -> tuple[Tensor, State]:
        """Look with the decoder's ``hidden`` ``[S, B, H]``; return the context ``[S, B, H]`` and the next state."""
        scores, state = self.scores(hidden, memory, state)
        return ops.einsum("sbt,sbth->sbh", ops.softmax(scores), memory), state

    @abstractmethod
    def scores(self, hidden: Tensor, memory: Tensor, state: State) -> tuple[Tensor, State]:
        """Score each position: ``[S, B, T]``."""


class ContentAttention(Attention):
    """``score_t = h W m_t``: by what stands at a position (Luong et al. 2015, section 3.1, "general")."""

    def __init__(self, name: str, seeds: tuple[int, ...], units: int) -> None:
        super().__init__(name, seeds)
        self.kernel = self.weight("kernel", draw("glorot_uniform", (units, units), seeds, name))

    def scores(self, hidden: Tensor, memory: Tensor, state: State) -> tuple[Tensor, State]:
        return ops.einsum("sbh,sbth->sbt", ops.matmul(hidden, self.kernel), memory), state


class LocationAttention(Attention):
    """``score_t = -β (κ - t)²``: by where a position stands alone (Graves 2013, eqs. 46-51, with one Gaussian, normalised).

    The place κ begins before the first position and moves on by ``exp`` of a readout of ``h``; so does the sharpness β come about.
    The inductive bias: the place only moves forward, and by about one position where the readout is zero.
    """

    def __init__(self, name: str, seeds: tuple[int, ...], units: int) -> None:
        super().__init__(name, seeds)
        self.window = Readout(f"{name}_window", seeds, units, 2, "glorot_uniform")

    def initial_state(self, batch: Tensor) -> State:
        return (ops.full((len(self.seeds), batch, 1), -1.0),)

    def scores(self, hidden: Tensor, memory: Tensor, state: State) -> tuple[Tensor, State]:
        pace, sharpness = ops.split(ops.exp(self.window(hidden)), 2, axis=-1)
        place = state[0] + pace
        positions = ops.cast(ops.arange(ops.shape(memory)[2]), "float32")
        return -sharpness * ops.square(place - positions), (place,)


class AttentiveDecoder(Network):
    """An encoder, and a decoder that at every position looks at the encoder's outputs and sees nothing else."""

    def __init__(
        self, name: str, encoder: Recurrent, attention: Attention, decoder: Recurrent, readout: Readout, encoding: Encoding
    ) -> None:
        super().__init__(name, encoder.seeds)
        self.encoder = encoder
        self.attention = attention
        self.decoder = decoder
        self.readout = readout
        self.encoding = encoding
        self.built = True

    def call(self, inputs: Tensor, keys: Tensor | None = None, targets: Tensor | None = None, answers: int | None = None) -> Tensor:
        memory, _ = self.encoder(self.encoding.features(inputs))
        batch, positions = ops.shape(inputs)[1], ops.shape(inputs)[2]

        def write(state: tuple[State, State], now: Tensor) -> tuple[tuple[State, State], Tensor]:
            decoding, looking = state
            context, looking = self.attention(self.decoder.output_of(decoding), memory, looking)
            decoding = self.decoder.step(self.decoder.feed(context), decoding)
            return (decoding, looking), self.decoder.output_of(decoding)

        start = (self.decoder.initial_state(batch), self.attention.initial_state(batch))
        _, hidden = scan(write, start, ops.arange(positions), positions)
        return self.readout(ops.transpose(hidden, (1, 2, 0, 3)))
