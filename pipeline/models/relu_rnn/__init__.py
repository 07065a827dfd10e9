"""A recurrent net of rectified linear units and a linear readout, the kind that van Rossem and Saxe (2025) train on parity.

``h' = max(0, x W + h U + b)``, ``logits = h V + c``; shapes ``[seeds, batch, time] -> [seeds, batch, time, symbols]``. Its states are not
bounded, as those of ``simple_rnn`` are, and the prover does not speak of it.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the hidden state in training")
    gain: PositiveFloat = Field(1.0, description="scale of the initial weights: each is what is drawn, times this; biases begin at 0")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.relu_rnn.layers import Rectified

    recurrent = Rectified("recurrent", seeds, spec.inputs or spec.features, params.units, params.kernels, params.noise, params.gain)
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, params.readout, gain=params.gain)
    return CausalNetwork("relu_rnn", [(recurrent, readout)], Encoding(spec.inputs))
