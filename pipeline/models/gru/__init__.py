"""One layer of gated recurrent units (Cho et al. 2014) and a linear readout.

``[seeds, batch, time] -> [seeds, batch, answers, symbols]``; see ``layers.py`` for the equations.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    bounds_images: ClassVar[bool] = True

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    reset: Literal["before", "after"] = Field(
        "after", description="the reset gate acts before the recurrent product (Cho et al. 2014) or after it (Keras)"
    )
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the hidden state in training")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.gru.layers import GRU

    recurrent = GRU("recurrent", seeds, spec.inputs or spec.features, params.units, params.kernels, params.reset, params.noise)
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, params.readout)
    return CausalNetwork("gru", [(recurrent, readout)], Encoding(spec.inputs))
