"""A tanh layer with a tape that it writes on and moves along softly (Delétang et al. 2023, "tape-RNN"), and a linear readout.

``[seeds, batch, time] -> [seeds, batch, answers, symbols]``; see ``layers.py`` for the equations.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    cell_size: PositiveInt = Field(8, description="reals in a cell of the tape; 8 in Delétang et al. 2023")
    jumps: bool = Field(False, description="whether the head can also jump, by as many cells as positions were read before")
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the hidden state in training")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.tape_rnn.layers import TapeElman

    inputs = spec.inputs or spec.features
    recurrent = TapeElman("recurrent", seeds, inputs, params.units, params.cell_size, params.kernels, params.jumps, params.noise)
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, params.readout)
    return CausalNetwork("tape_rnn", [(recurrent, readout)], Encoding(spec.inputs))
