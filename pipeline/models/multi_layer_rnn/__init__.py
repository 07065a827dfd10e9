"""Tanh layers on top of each other, each with a linear readout as wide as the alphabet: what it reads out, the next layer reads.

``[seeds, batch, time] -> [seeds, batch, time, symbols]``; the ``multi_layer_RNN`` of the post on long time lags.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    layers: PositiveInt
    units: PositiveInt = Field(description="units in a layer")
    kernels: Literal["fused", "separate", "stacked"] = Field(description="how gate kernels are drawn; see layers/initializers.py")
    readout: Literal["glorot_uniform", "uniform_0_1", "truncated_normal"] = Field(description="how the readout's kernel is drawn")


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.layers.recurrent import Elman

    outputs = spec.outputs or 1
    widths = [spec.inputs or spec.features, *[outputs] * (params.layers - 1)]
    layers = [
        (
            Elman(f"recurrent_{place}", seeds, width, params.units, params.kernels),
            Readout(f"readout_{place}", seeds, params.units, outputs, params.readout),
        )
        for place, width in enumerate(widths, start=1)
    ]
    encoding = Encoding(spec.inputs)
    return CausalNetwork("multi_layer_rnn", list(layers), encoding)
