"""Whole numbers as the state: each symbol adds -1, 0 or 1 to each of them, and a readout compares their weighted sums.

``s' = s + r(W[x])``, ``y = s r(V) + r(2 c) / 2``, where r rounds to whole numbers, and W to -1, 0 and 1: a real-time counter machine
without zero tests (Merrill 2020, "On the Linguistic Capacity of Real-Time Counter Automata", section 2). Both are learnt through the
rounding as if it were none (Bengio et al. 2013, "Estimating or Propagating Gradients Through Stochastic Neurons"). Shapes
``[seeds, batch, time] -> [seeds, batch, time, symbols]``. The inductive bias: counts are exact up to 2^24. See ``layers.py``.
"""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, PositiveInt

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("symbols",), writes=("symbols",))

    units: PositiveInt = Field(description="units in a layer")
    numbers: bool = Field(False, description="whether symbols are read as numbers, and the number that is put out is the answer")

    def puts_out_reals(self, spec: TaskSpec) -> bool:
        return self.numbers


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.counters.layers import Counters, WholeReadout

    symbols = spec.inputs or 1
    recurrent = Counters("recurrent", seeds, 1 if params.numbers else symbols, params.units)
    readout = WholeReadout("readout", seeds, params.units, 1 if params.numbers else spec.outputs or 1, "glorot_uniform")
    encoding = Encoding(spec.inputs, scalar=params.numbers)
    return CausalNetwork("counters", [(recurrent, readout)], encoding, numeric=params.numbers)
