"""An encoder-decoder that writes by pointing at what it has read."""

from keras import ops

from pipeline.layers.basic import Encoding, SeedLayer
from pipeline.layers.initializers import draw
from pipeline.layers.networks import Network
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor, scan

# What a position that was pointed at before scores, and what stands for the logarithm of nothing.
NEVER = -1e9
NOTHING = 1e-20


class PointerNetwork(Network):
    """At every step the decoder points at one position, and its symbol is written (Vinyals et al. 2015, "Pointer Networks").

    ``score_i = (h Q) m_i`` with the decoder's state ``h`` and the encoder's output ``m_i`` at position i; the decoder begins in the
    encoder's last state and reads ``m`` of the position that it pointed at last. In training it is led along the right answer, and the
    probability of a symbol is that of all the positions that hold it.

    The inductive bias: what is written has been read, and each position is written once (Bello et al. 2017, section 3: earlier picks
    cannot be pointed at again). Which one comes next is learnt.
    """

    def __init__(self, name: str, encoder: Recurrent, decoder: Recurrent, encoding: Encoding) -> None:
        super().__init__(name, encoder.seeds)
        self.encoder = encoder
        self.decoder = decoder
        self.pointing = Pointing("pointing", encoder.seeds, encoder.state_sizes[0])
        self.encoding = encoding
        self.built = True

    def call(self, inputs: Tensor, keys: Tensor | None = None, targets: Tensor | None = None, answers: int | None = None) -> Tensor:
        """Answer ``[S, B, T]`` symbols with ``[S, B, T, C]``: log probabilities in training, else one-hot what is written."""
        symbols, positions = self.encoding.symbols or 1, ops.shape(inputs)[2]
        features = self.encoding.features(inputs)
        memory, state = self.encoder(features, keys=keys)

        def write(now: tuple[State, Tensor], target: Tensor) -> tuple[tuple[State, Tensor], Tensor]:
            state, unread = now
            scores = ops.where(unread, self.pointing(self.decoder.output_of(state), memory), NEVER)
            if targets is None:
                pick = ops.argmax(scores, axis=-1)
                written = ops.one_hot(_at(inputs, pick), symbols)
            else:
                right = ops.logical_and(unread, inputs == ops.expand_dims(target, -1))
                pick = ops.argmax(ops.where(right, scores, NEVER), axis=-1)
                written = ops.log(ops.einsum("sbt,sbtc->sbc", ops.softmax(scores), features) + NOTHING)
            unread = ops.logical_and(unread, ops.logical_not(ops.cast(ops.one_hot(pick, positions), "bool")))
            state = self.decoder.step(self.decoder.feed(_at(memory, pick)), state)
            return (state, unread), written

        led = ops.transpose(inputs if targets is None else targets, (2, 0, 1))
        start = (state, ops.ones_like(inputs, dtype="bool"))
        return ops.transpose(scan(write, start, led, positions)[1], (1, 2, 0, 3))


class Pointing(SeedLayer):
    """``score_i = (h Q) m_i``: the decoder's ``[S, B, H]`` against the memory ``[S, B, T, H]``, to ``[S, B, T]``."""

    def __init__(self, name: str, seeds: tuple[int, ...], units: int) -> None:
        super().__init__(name, seeds)
        self.kernel = self.weight("kernel", draw("glorot_uniform", (units, units), seeds, name))

    def call(self, hidden: Tensor, memory: Tensor) -> Tensor:
        return ops.einsum("sbh,sbth->sbt", ops.matmul(hidden, self.kernel), memory)


def _at(values: Tensor, places: Tensor) -> Tensor:
    """Take from ``[S, B, T, …]`` what stands at ``places`` ``[S, B]``."""
    index = ops.reshape(places, (*ops.shape(places), *[1] * (len(values.shape) - 2)))
    return ops.squeeze(ops.take_along_axis(values, ops.broadcast_to(index, (*ops.shape(places), 1, *values.shape[3:])), axis=2), 2)
