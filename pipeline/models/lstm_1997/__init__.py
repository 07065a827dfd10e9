"""The LSTM of 1997: memory blocks without forget gates, the truncated gradient, outputs that see the cells alone.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), section 4 and the architectures of section 5.
Shapes ``[seeds, batch, time] -> [seeds, batch, symbols]`` for a label, else with ``time``; logistic outputs lie in (0, 1).

The defaults are what the text of experiments 4 to 6 says. The other values are readings of it that were tried where the text alone does not
give the paper's figures.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    blocks: PositiveInt
    size: PositiveInt
    weights: Literal["uniform_pm_0_1"]
    input_gate_biases: list[float]
    output: Literal["logistic", "linear"] = Field("logistic", description="the output units' activation function")
    recurrent: Literal["all", "cells", "gates", "none"] = Field(
        "all", description="what cells and gates see of the step before: the cells' outputs and the gates, one of the two, or neither"
    )
    g_range: PositiveFloat = Field(2.0, description="a cell's input lies within plus and minus this, before its gate")
    h_range: PositiveFloat = Field(1.0, description="a cell's output lies within plus and minus this, before its gate")

    @field_validator("input_gate_biases", mode="before")
    @classmethod
    def _spelt_out(cls, value: object) -> object:
        # As text, since `dvc exp run -S` rewrites lists in brackets.
        if not isinstance(value, str):
            return value
        try:
            return [float(part) for part in value.split(",")]
        except ValueError:
            raise ValueError(f"expected numbers such as '-3, -6', got '{value}'") from None

    @model_validator(mode="after")
    def _a_bias_for_each_block(self) -> "Params":
        if len(self.input_gate_biases) != self.blocks:
            raise ValueError(f"expected an input gate bias for each of {self.blocks} blocks, got {len(self.input_gate_biases)}")
        return self


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.lstm_1997.layers import MemoryBlocks

    recurrent = MemoryBlocks("recurrent", seeds, spec.inputs or spec.features, params)
    readout = Readout("readout", seeds, params.blocks * params.size, spec.outputs or 1, params.weights)
    encoding = Encoding(spec.inputs)
    return CausalNetwork("lstm_1997", [(recurrent, readout)], encoding, logistic=params.output == "logistic")
