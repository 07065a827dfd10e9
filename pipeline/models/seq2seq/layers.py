"""The encoder-decoder of the sorting post."""

from keras import ops

from pipeline.layers.basic import Dropout, Encoding, Readout
from pipeline.layers.networks import Network
from pipeline.layers.recurrent import Recurrent
from pipeline.layers.xla import Tensor


class EncoderDecoder(Network):
    """An encoder whose last output is the decoder's input at every position, and a readout of the decoder."""

    def __init__(
        self, name: str, encoder: Recurrent, summary: Dropout, decoder: Recurrent, readout: Readout, logits: Dropout, encoding: Encoding
    ) -> None:
        super().__init__(name, encoder.seeds)
        self.encoder = encoder
        self.summary_dropout = summary
        self.decoder = decoder
        self.readout = readout
        self.logits_dropout = logits
        self.encoding = encoding
        self.built = True

    def call(self, inputs: Tensor, keys: Tensor | None = None, targets: Tensor | None = None, answers: int | None = None) -> Tensor:
        summary = self.encoder(self.encoding.features(inputs))[0][:, :, -1]
        if keys is not None:
            summary = self.summary_dropout(summary, keys)
        logits = self.readout(self.decoder.repeated(summary, ops.shape(inputs)[2]))
        return logits if keys is None else self.logits_dropout(logits, keys)
