"""Transformer encoder (Vaswani et al. 2017, section 3.1), as Delétang et al. (2023, appendix A.3) use it.

Answers are read at the empty cells behind the input.
``[seeds, batch, time] -> [seeds, batch, time, symbols]``; see ``layers.py`` for the equations and where positions enter. Work and memory
grow with the square of the length.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, PositiveInt, model_validator

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",))

    units: PositiveInt = Field(description="numbers at a position")
    heads: PositiveInt = Field(description="attention heads, which share the units among them")
    layers: PositiveInt = Field(description="blocks of attention and two dense layers")
    positions: Literal["none", "sinusoidal", "relative", "randomised"] = Field(description="how a net knows where a symbol stands")
    longest: PositiveInt = Field(2048, description="randomised: positions are drawn from so many")

    @model_validator(mode="after")
    def _shared_out(self) -> "Params":
        if self.units % self.heads or self.units % 2:
            raise ValueError(f"expected units that are even and a multiple of heads ({self.heads}), got {self.units}")
        return self


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.models.transformer.layers import Block, Embedding, Encoder

    embedding = Embedding("embedding", seeds, spec.inputs or 1, params.units)
    relative = params.positions == "relative"
    blocks = [Block(f"block_{i}", seeds, params.units, params.heads, relative) for i in range(params.layers)]
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, "glorot_uniform")
    return Encoder("transformer", embedding, blocks, readout, Encoding(spec.inputs), params.positions, params.longest)
