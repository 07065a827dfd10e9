"""The LSTM of 1997: memory blocks without forget gates, the truncated gradient, outputs that see the cells alone.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), section 4 and the architectures of section 5.
Shapes ``[seeds, batch, time] -> [seeds, batch, symbols]`` for a label, else with ``time``; logistic outputs lie in (0, 1).

The defaults are what the text of experiments 4 to 6 says. Of the other values ``biased``, ``answers`` and the biases of output gates are
those of experiment 1; the rest are readings that were tried where the text alone does not give the paper's figures.
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
    weights: Literal["uniform_pm_0_1", "uniform_pm_0_2"]
    input_gate_biases: list[float] = Field([], description="of each block, at the start; default: drawn as the weights are")
    output_gate_biases: list[float] = Field([], description="of each block, at the start; default: drawn as the weights are")
    biased: Literal["all", "gates"] = Field("all", description="which units have a bias: all but the inputs, or the gates alone")
    answers: Literal["symbol", "set"] = Field(
        "symbol", description="the symbol whose output is the most active; or the set of as many of the most active as a position asks for"
    )
    output: Literal["logistic", "linear"] = Field("logistic", description="the output units' activation function")
    recurrent: Literal["all", "cells", "gates", "none"] = Field(
        "all", description="what cells and gates see of the step before: the cells' outputs and the gates, one of the two, or neither"
    )
    g_range: PositiveFloat = Field(2.0, description="a cell's input lies within plus and minus this, before its gate")
    h_range: PositiveFloat = Field(1.0, description="a cell's output lies within plus and minus this, before its gate")

    @field_validator("input_gate_biases", "output_gate_biases", mode="before")
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
        for gate, biases in (("input", self.input_gate_biases), ("output", self.output_gate_biases)):
            if biases and len(biases) != self.blocks:
                raise ValueError(f"expected an {gate} gate bias for each of {self.blocks} blocks, got {len(biases)}")
        return self


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.lstm_1997.layers import MemoryBlocks, OutputUnits, SetNetwork, members

    logistic = params.output == "logistic"
    if params.answers == "set":
        symbols = members(spec)
        recurrent = MemoryBlocks("recurrent", seeds, symbols, params)
        return SetNetwork("lstm_1997", [(recurrent, OutputUnits("readout", seeds, symbols, params))], Encoding(symbols), logistic=logistic)
    recurrent = MemoryBlocks("recurrent", seeds, spec.inputs or spec.features, params)
    readout = OutputUnits("readout", seeds, spec.outputs or 1, params)
    return CausalNetwork("lstm_1997", [(recurrent, readout)], Encoding(spec.inputs), logistic=logistic)
