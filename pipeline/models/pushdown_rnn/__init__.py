"""A tanh layer with a stack of symbols: soft while it is trained, and hard, a pushdown automaton, when it is asked.

``[seeds, batch, time] -> [seeds, batch, answers, symbols]``; see ``layers.py`` for the equations, and for where it departs from
``stack_rnn``, the stack of Joulin and Mikolov (2015). The inductive bias: what is remembered are symbols of a small alphabet, the last one
first, and they are exact at every depth.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",))

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    stack_symbols: PositiveInt = Field(2, le=255, description="symbols that can be pushed")
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the hidden state in training")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.pushdown_rnn.layers import PushdownElman

    recurrent = PushdownElman("recurrent", seeds, spec.inputs or 1, params.units, params.stack_symbols, params.kernels, params.noise)
    readout = Readout("readout", seeds, params.units + params.stack_symbols, spec.outputs or 1, params.readout)
    return CausalNetwork("pushdown_rnn", [(recurrent, readout)], Encoding(spec.inputs))
