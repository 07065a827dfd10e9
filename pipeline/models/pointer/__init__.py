"""Encoder-decoder of two tanh layers that writes by pointing at its input (Vinyals et al. 2015), each position once.

``[seeds, batch, time] -> [seeds, batch, time, symbols]``; see ``layers.py`` for the equations and the inductive bias.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",), forms=("sequence",), permutations_only=True)

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the encoder's state in training")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding
    from pipeline.layers.recurrent import Elman
    from pipeline.models.pointer.layers import PointerNetwork

    encoder = Elman("encoder", seeds, spec.inputs or 1, params.units, params.kernels, params.noise)
    decoder = Elman("decoder", seeds, params.units, params.units, params.kernels)
    return PointerNetwork("pointer", encoder, decoder, Encoding(spec.inputs))
