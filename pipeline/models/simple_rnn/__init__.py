"""The vanilla recurrent net: one tanh layer and a linear readout (Elman 1990, "Finding Structure in Time").

``h' = tanh(x W + h U + b)``, ``logits = h V + c``; shapes ``[seeds, batch, time] -> [seeds, batch, time, symbols]``.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    bounds_images: ClassVar[bool] = True

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the hidden state in training")
    gain: PositiveFloat = Field(1.0, description="scale of the initial weights: each is what is drawn, times this; biases begin at 0")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.layers.recurrent import Elman

    recurrent = Elman("recurrent", seeds, spec.inputs or spec.features, params.units, params.kernels, params.noise, params.gain)
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, params.readout, gain=params.gain)
    encoding = Encoding(spec.inputs)
    return CausalNetwork("simple_rnn", [(recurrent, readout)], encoding)
