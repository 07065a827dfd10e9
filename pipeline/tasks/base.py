"""What a task is: how inputs are drawn, the exact answer, and how a person writes and reads them. Pure NumPy."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from pipeline.core.notation import InputError
from pipeline.core.params import Ascending, Lengths, Strict
from pipeline.core.rows import distinct, row_keys
from pipeline.core.seeding import stream
from pipeline.core.transducer import Transducer

Array = NDArray[Any]
Sampler = Callable[[np.random.Generator, int, int], Array]

__all__ = [
    "FREE_RUN",
    "Array",
    "Ascending",
    "InputError",
    "Lengths",
    "SampledParams",
    "SampledTask",
    "Sampler",
    "Task",
    "TaskParams",
    "TaskSpec",
    "TestSet",
    "TrainingPool",
    "TrainingSize",
]

# The probe in which a model of reals reads its inputs and goes on from its own outputs; targets have a length of their own.
FREE_RUN = "free_run"

# An input space this many times the training pool has room for test inputs that no training example touches.
ROOMY = 100


class TaskParams(Strict):
    """The key every task has in ``params.yaml`` under ``tasks.<name>``; a task adds its own."""

    seed: NonNegativeInt


class SampledParams(TaskParams):
    """The keys of a task whose examples are drawn at random.

    ``alphabet`` is the number of input symbols: there are ``alphabet ** length`` inputs of a length.
    """

    alphabet: ClassVar[int]

    length: PositiveInt = Field(description="symbols in a training input")
    training_examples: PositiveInt
    validation_examples: NonNegativeInt
    test_lengths: Lengths
    test_examples: PositiveInt = Field(description="most inputs for each probe and length")

    @property
    def pool_size(self) -> int:
        return self.training_examples + self.validation_examples

    @model_validator(mode="after")
    def _enough_inputs(self) -> "SampledParams":
        space = self.alphabet**self.length
        if self.pool_size > space:
            raise ValueError(
                f"expected training_examples + validation_examples of at most {space} "
                f"(the different inputs of length {self.length}), got {self.pool_size}"
            )
        return self


@dataclass(frozen=True)
class TaskSpec:
    """What one example looks like, for models and metrics.

    Attributes:
        inputs: Number of input symbols, or ``None`` for real inputs.
        outputs: Number of output symbols, or ``None`` for real outputs.
        answer: ``"sequence"``: one output for every input position; ``"label"``: one for the whole sequence.
    """

    inputs: int | None
    outputs: int | None
    answer: Literal["sequence", "label"]

    @property
    def chance(self) -> float | None:
        """Token accuracy of a uniform guess; ``None`` for real outputs."""
        return None if self.outputs is None else 1 / self.outputs


@dataclass(frozen=True)
class TrainingPool:
    """All examples of one training length; each seed takes its own split and order from it.

    Attributes:
        inputs: ``[n, positions]`` symbols or reals.
        targets: ``[n, positions]``, or ``[n]`` for labels.
        order: ``[trials, steps]`` indices into the pool where the order of the stream is itself part of the data, else ``None``.
        validation: How many of the ``n`` examples a seed keeps out of training.
    """

    inputs: Array
    targets: Array
    order: Array | None = None
    validation: int = 0


@dataclass(frozen=True)
class TrainingSize:
    """How much there is to train on.

    Attributes:
        lengths: The training lengths; where there are several, each has nets of its own.
        examples: Training examples that a seed meets in one pass.
        trials: Most seeds, where each has its own frozen order; ``None``: any number.
    """

    lengths: tuple[int, ...]
    examples: int
    trials: int | None = None


@dataclass(frozen=True)
class TestSet:
    """Inputs of one kind and length with their exact answers.

    Attributes:
        probe: The kind of inputs, such as ``random`` or ``all_nines``.
        length: The length in the task's own terms (digits, bits, time steps …).
        inputs: ``[n, positions]`` symbols or reals.
        targets: ``[n, positions]``, or ``[n]`` for labels.
    """

    __test__ = False  # the name makes pytest take it for a test

    probe: str
    length: int
    inputs: Array
    targets: Array


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
    def solve(self, inputs: Array) -> Array:
        """The oracle: the exact answers to ``[n, positions]`` inputs, which it leaves as they are."""

    @abstractmethod
    def parse(self, text: str) -> Array:
        """Read what a person types as one input ``[positions]``. Raises ``InputError``."""

    @abstractmethod
    def render(self, inputs: Array, outputs: Array) -> str:
        """Write one input's ``outputs`` as a person reads them, in the notation that ``parse`` reads."""

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
        return self.render(inputs, self.solve(inputs[None])[0])


class SampledTask(Task):
    """A task over a finite alphabet whose training and test inputs are drawn at random."""

    params: SampledParams

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw ``n`` training inputs of ``length``; as ``sample``, unless the task says otherwise."""
        return self.sample(rng, n, length)

    def probes(self) -> Mapping[str, Sampler]:
        """Samplers of inputs worth testing, by name; one that does not apply to a length returns no rows."""
        return {"random": self.sample}

    def shares_inputs(self, length: int) -> bool:
        return bool(self.params.alphabet**length <= ROOMY * self.params.pool_size)

    @property
    def training_size(self) -> TrainingSize:
        return TrainingSize((self.params.length,), self.params.training_examples)

    def training_pools(self) -> dict[int, TrainingPool]:
        p = self.params
        rng = stream(p.seed, self.name, "train", p.length)
        inputs = distinct(partial(self.sample_training, rng, p.pool_size, p.length), p.pool_size)
        if len(inputs) < p.pool_size:
            raise ValueError(f"{self.name}: expected {p.pool_size} different training inputs, the sampler gives {len(inputs)}")
        return {p.length: TrainingPool(inputs, self.solve(inputs), validation=p.validation_examples)}

    def test_sets(self, pools: Mapping[int, TrainingPool]) -> Iterator[TestSet]:
        p = self.params
        for length in p.test_lengths:
            apart = length in pools and not self.shares_inputs(length)
            seen = frozenset(row_keys(pools[length].inputs)) if apart else frozenset()
            for probe, sampler in self.probes().items():
                rng = stream(p.seed, self.name, "test", probe, length)
                inputs = distinct(partial(sampler, rng, p.test_examples, length), p.test_examples, seen)
                if len(inputs):
                    yield TestSet(probe, length, inputs, self.solve(inputs))
