"""Add the two marked numbers of a sequence of five hundred or a thousand, learnt at that length.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 4 with T = 500 and T = 1,000: the sequences
of ``adding``, which has T = 100. Each training length has nets of its own.
"""

from pydantic import Field

from pipeline.core.examples import TrainingPool, TrainingSize
from pipeline.core.fields import Lengths
from pipeline.tasks.adding import Adding, AddingParams

# The version of adding whose sequences these are: DVC names one file for each task, so a new one there must be an edit here.
BUILT_ON = (Adding, 2)


class AddingLongParams(AddingParams):
    further_lengths: Lengths = Field(description="training lengths beside length, with nets of their own")


class AddingLong(Adding):
    """Pairs of a real and a marker to 0.5 plus a quarter of the sum of the reals that are marked with 1.

    Inputs are those of ``adding``, and are written alike.

    Example:
        >>> task.answer("0.5 -0.2* 0.1 0.3* 0.9")
        '0.525'
    """

    Params = AddingLongParams  # type: ignore[assignment]  # its keys are one more
    name = "adding_long"
    version = 1
    params: AddingLongParams

    @property
    def training_size(self) -> TrainingSize:
        return TrainingSize((self.params.length, *self.params.further_lengths), self.params.training_examples)

    def training_pools(self) -> dict[int, TrainingPool]:
        return {length: self._pool(length) for length in self.training_size.lengths}


TASK = AddingLong
