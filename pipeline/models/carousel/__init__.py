"""A layer of constant error carousels (Hochreiter and Schmidhuber 1997, section 3.2) and a readout that is a number.

``s' = s + tanh(x W)``, ``y = s V + c``; symbols are read as numbers, and the whole number nearest to ``y`` is the answer. Shapes
``[seeds, batch, time] -> [seeds, batch, 1]``. The inductive bias: the state is a sum, to which zeros add nothing; by how much a symbol
adds, and what the sum means, is learnt.
"""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",), forms=("label",))

    units: PositiveInt = Field(description="units in a layer")

    def puts_out_reals(self, spec: TaskSpec) -> bool:
        return True


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.carousel.layers import Carousel

    recurrent = Carousel("recurrent", seeds, 1, params.units)
    readout = Readout("readout", seeds, params.units, 1, "glorot_uniform")
    encoding = Encoding(spec.inputs, scalar=True)
    return CausalNetwork("carousel", [(recurrent, readout)], encoding, numeric=True)
