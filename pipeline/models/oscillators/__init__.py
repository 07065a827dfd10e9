"""A linear recurrent net of oscillators with learnt frequencies that predicts a series and corrects itself by what it then reads.

``[seeds, batch, time] -> [seeds, batch, time, 1]``; see ``layers.py`` for the equations and the inductive bias.
"""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from pipeline.core.examples import TaskSpec
from pipeline.experiment.model import Abilities, ModelParams

if TYPE_CHECKING:
    from pipeline.layers.networks import Network


class Params(ModelParams):
    abilities: ClassVar = Abilities(reads=("reals",), writes=("reals",), forms=("sequence",), features=1)

    oscillators: PositiveInt = Field(description="how many, each with a frequency of its own and an amplitude that may grow linearly")
    step: PositiveFloat = Field(description="time from one position to the next: the angle, in radians, by which a frequency of 1 turns")
    fastest: PositiveFloat = Field(description="frequencies are drawn between 0 and this, one from each of as many equal parts")
    shortest_run: PositiveInt = Field(description="in training it reads, and goes on from its own outputs, by turns of at least this")
    longest_run: NonNegativeInt = Field(
        description="at most so many positions each, drawn for each sequence and step; 0: it reads them all"
    )

    @model_validator(mode="after")
    def _runs(self) -> "Params":
        if 0 < self.longest_run < self.shortest_run:
            raise ValueError(f"expected longest_run of 0, or of at least {self.shortest_run} (shortest_run), got {self.longest_run}")
        return self


def build(spec: TaskSpec, params: Params, seeds: tuple[int, ...]) -> "Network":
    """Build one net for each seed, for sequences of any length."""
    from pipeline.layers.basic import Encoding
    from pipeline.layers.networks import CausalNetwork
    from pipeline.models.oscillators.layers import Oscillators

    runs = (params.shortest_run, params.longest_run)
    recurrent = Oscillators("recurrent", seeds, params.oscillators, params.step, params.fastest, runs)
    return CausalNetwork("oscillators", [(recurrent, None)], Encoding(None))
