"""One LSTM layer (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000) and a linear readout.

With ``projection`` the layer's output is projected to the answer's width inside the recurrence (Sak et al. 2014) and is itself the
answer: there is no readout then. Shapes ``[seeds, batch, time] -> [seeds, batch, time, symbols]``, for a label without ``time``.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    bounds_images: ClassVar[bool] = True

    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    forget_bias: float = Field(description="added to the forget gate")
    input_bias: float = Field(0.0, description="added to the input gate, as forget_bias is to the forget gate")
    gates: Literal["sigmoid", "hard_sigmoid"] = "sigmoid"
    noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the hidden state in training")
    cell_noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise on the cells in training")
    gate_noise: NonNegativeFloat = Field(0.0, description="standard deviation of the Gaussian noise before gates, one for a sequence")
    scalar_input: bool = False
    projection: bool = False
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] | None = None
    readout_bias: float = 0.0

    @model_validator(mode="after")
    def _one_way_out(self) -> "Params":
        if self.projection == (self.readout is not None):
            raise ValueError("expected either projection: true or a readout initializer, and not both")
        return self


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.lstm import LSTM
    from pipeline.layers.networks import CausalNetwork

    inputs = 1 if params.scalar_input else spec.inputs or spec.features
    outputs = spec.outputs or 1
    recurrent = LSTM(
        "recurrent", seeds, inputs, params.units, params.kernels, params.forget_bias, params.gates,
        projection=outputs if params.projection else None, input_bias=params.input_bias, noise=(params.noise, params.cell_noise),
        gate_noise=params.gate_noise,
    )  # fmt: skip
    readout = Readout("readout", seeds, params.units, outputs, params.readout, params.readout_bias) if params.readout else None
    encoding = Encoding(spec.inputs, scalar=params.scalar_input)
    return CausalNetwork("lstm", [(recurrent, readout)], encoding)
