"""Encoder-decoder of two tanh layers with attention by content (Luong et al. 2015) or by location (Graves 2013).

``[seeds, batch, time] -> [seeds, batch, time, symbols]``; the decoder writes as many symbols as were read and sees none of its own.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",), forms=("sequence",))

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    mechanism: Literal["content", "location"]
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.recurrent import Elman
    from pipeline.models.attention.layers import AttentiveDecoder, ContentAttention, LocationAttention

    encoder = Elman("encoder", seeds, spec.inputs or 1, params.units, params.kernels)
    attention = {"content": ContentAttention, "location": LocationAttention}[params.mechanism]("attention", seeds, params.units)
    decoder = Elman("decoder", seeds, params.units, params.units, params.kernels)
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, params.readout)
    return AttentiveDecoder("attention", encoder, attention, decoder, readout, Encoding(spec.inputs))
