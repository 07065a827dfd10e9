"""A linear recurrent layer on the changes of its input, whose readout is the next change.

``h' = (x - x_before) W + h U + b``, ``y = x + h V + c``; shapes ``[seeds, batch, time] -> [seeds, batch, time, 1]``. The inductive bias:
what comes next depends on the latest changes, in proportion to them, and not on the level (Box and Jenkins 1970, section 4.1).
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("reals",), writes=("reals",), forms=("sequence",), features=1)

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.differencing_rnn.layers import Differencing

    recurrent = Differencing("recurrent", seeds, 1, params.units, params.kernels)
    readout = Readout("readout", seeds, params.units, 1, "glorot_uniform")
    return CausalNetwork("differencing_rnn", [(recurrent, readout)], Encoding(None), residual=True)
