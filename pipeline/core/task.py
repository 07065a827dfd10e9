"""What a task is: how inputs are drawn, the exact answer, and how a person writes and reads them. Pure NumPy.

Shapes are written ``[n, positions]``; where a position has several reals (``TaskSpec.features``), read ``[n, positions, features]``.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import NonNegativeInt

from pipeline.core.examples import Array, TaskSpec, TestSet, TrainingPool, TrainingSize
from pipeline.core.fields import Strict
from pipeline.core.transducer import Transducer

# The input family in which a model of reals reads its inputs and goes on from its own outputs; targets have a length of their own.
FREE_RUN = "free_run"


class TaskParams(Strict):
    """The key every task has in ``params.yaml`` under ``tasks.<name>``; a task adds its own."""

    seed: NonNegativeInt


class Task(ABC):
    """A function on sequences, made from its entry in ``params.yaml``."""

    Params: ClassVar[type[TaskParams]]
    name: ClassVar[str]
    version: ClassVar[int]
    transducer: ClassVar[Transducer | None] = None

    def __init__(self, params: TaskParams) -> None:
        self.params = params

    @property
    def summary(self) -> str:
        """What the task asks, in one line: the first of its file."""
        return (sys.modules[type(self).__module__].__doc__ or "").partition("\n")[0]

    @property
    @abstractmethod
    def training_size(self) -> TrainingSize:
        """Say how much there is to train on, from the params alone."""

    @abstractmethod
    def spec(self, length: int) -> TaskSpec:
        """Say what examples of ``length`` look like."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw ``n`` random inputs of ``length``: ``[n, positions]``."""

    @abstractmethod
    def oracle(self, inputs: Array) -> Array:
        """The oracle: the exact answers ``[n, answers]`` to ``[n, positions]`` inputs, which it leaves as they are.

        They stand for the last positions; where nothing is scored they hold ``pipeline.core.examples.IGNORE`` (reals: NaN).
        """

    @abstractmethod
    def parse(self, text: str) -> Array:
        """Read what a person types as one input ``[positions]``. Raises ``InputError``."""

    @abstractmethod
    def render(self, inputs: Array, outputs: Array) -> str:
        """Write one input's ``outputs`` ``[answers]`` as a person reads them, in the notation that ``parse`` reads."""

    def show(self, inputs: Array) -> str:
        """Write one input ``[positions]`` in the notation that ``parse`` reads; here: as ``render`` writes answers."""
        return self.render(inputs, inputs)

    def answer_length(self, positions: int) -> int:
        """Say how many of the last positions of one input of ``positions`` are answered; a task of the form "tail" says it itself."""
        return positions if self.spec(self.training_size.nets[0]).answer == "sequence" else 1

    @abstractmethod
    def training_pools(self) -> dict[int, TrainingPool]:
        """Draw the training examples, by training length."""

    @abstractmethod
    def test_sets(self, pools: Mapping[int, TrainingPool]) -> Iterator[TestSet]:
        """Draw the test sets: no input twice in one, and none from ``pools`` unless ``shares_inputs`` says so."""

    def length_of(self, inputs: Array) -> int:
        """Tell the length, in the task's own terms, of one input ``[positions]``."""
        return len(inputs)

    def in_range(self, test: TestSet, trained_on: int) -> bool:
        """Say whether a test set asks nothing beyond what nets trained at a length have met; here: nothing longer."""
        return test.length <= trained_on

    def shares_inputs(self, length: int) -> bool:
        """Say whether test sets of ``length`` may hold training examples (the input space is too small to keep them apart)."""
        return False

    def answer(self, text: str) -> str:
        """Answer what a person types with the oracle: parse, solve, render. Raises ``InputError``."""
        inputs = self.parse(text)
        return self.render(inputs, self.oracle(inputs[None])[0])
