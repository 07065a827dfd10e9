"""DeltaNet: a linear recurrence whose state is a matrix (Schlag et al. 2021; eigenvalues of [-1, 1]: Grazzi et al. 2025).

Grazzi et al., "Unlocking State-Tracking in Linear RNNs Through Negative Eigenvalues", section 4: each symbol multiplies the state by
``I - b k k'`` with ``|k| = 1``. With b in [0, 1] no eigenvalue is below 0, and parity cannot be computed at every length; with b in [0, 2]
reflections are there, and products of them track any permutation. Shapes ``[seeds, batch, time] -> [seeds, batch, time, symbols]``; see
``layers.py`` for the equations.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, PositiveInt, model_validator

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",))

    units: PositiveInt = Field(description="units in a layer")
    heads: PositiveInt = Field(description="matrices in a layer, which share the units among them")
    layers: PositiveInt = Field(description="layers")
    eigenvalues: Literal["0..1", "-1..1"] = Field("-1..1", description="the range of the eigenvalues by which the state is multiplied")

    @model_validator(mode="after")
    def _shared_out(self) -> "Params":
        if self.units % self.heads:
            raise ValueError(f"expected units that are a multiple of heads ({self.heads}), got {self.units}")
        return self


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.deltanet.layers import DeltaNet

    widths = [spec.inputs or 1, *[params.units] * (params.layers - 1)]
    span = 2.0 if params.eigenvalues == "-1..1" else 1.0
    layers = [DeltaNet(f"layer_{i}", seeds, width, params.units, params.heads, span) for i, width in enumerate(widths)]
    readout = Readout("readout", seeds, params.units, spec.outputs or 1, "glorot_uniform")
    return CausalNetwork("deltanet", [(layer, readout if layer is layers[-1] else None) for layer in layers], Encoding(spec.inputs))
