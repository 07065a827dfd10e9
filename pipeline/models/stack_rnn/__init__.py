"""A tanh layer with a stack that it pushes on and pops from softly (Joulin and Mikolov 2015; Delétang et al. 2023), and a linear readout.

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
    cell_size: PositiveInt = Field(8, description="reals in a cell of the stack; 8 in Delétang et al. 2023")
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the hidden state in training")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.stack_rnn.layers import StackElman

    inputs = spec.inputs or spec.features
    recurrent = StackElman("recurrent", seeds, inputs, params.units, params.cell_size, params.kernels, params.noise)
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, params.readout)
    return CausalNetwork("stack_rnn", [(recurrent, readout)], Encoding(spec.inputs))
