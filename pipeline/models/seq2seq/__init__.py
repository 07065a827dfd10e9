"""Encoder-decoder of two LSTMs (Sutskever et al. 2014): the encoder's last output is the decoder's input at every position.

``[seeds, batch, time] -> [seeds, batch, time, symbols]``; the decoder writes as many symbols as were read and sees none of its own.
Dropout as the sorting post has it: on the summary vector, and on the logits.
"""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network

Rate = Annotated[float, Field(ge=0, lt=1)]


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",), forms=("sequence",))

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    forget_bias: float = Field(description="added to the forget gate")
    gates: Literal["sigmoid", "hard_sigmoid"]
    dropout_summary: Rate
    dropout_logits: Rate


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Dropout, Encoding, Readout
    from pipeline.layers.lstm import LSTM
    from pipeline.models.seq2seq.layers import EncoderDecoder

    encoder = LSTM("encoder", seeds, spec.inputs or 1, params.units, params.kernels, params.forget_bias, params.gates)
    decoder = LSTM("decoder", seeds, params.units, params.units, params.kernels, params.forget_bias, params.gates)
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, "glorot_uniform")
    summary = Dropout("summary_dropout", seeds, params.dropout_summary, salt=0)
    logits = Dropout("logits_dropout", seeds, params.dropout_logits, salt=1)
    return EncoderDecoder("seq2seq", encoder, summary, decoder, readout, logits, Encoding(spec.inputs))
