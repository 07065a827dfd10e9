"""A task whose training and test inputs are drawn at random: a sampler for each input family, and no input twice."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from pipeline.core.examples import Array, TestSet, TrainingPool, TrainingSize
from pipeline.core.fields import Lengths
from pipeline.core.rows import distinct, row_keys
from pipeline.core.seeding import stream
from pipeline.core.task import Task, TaskParams

# ``(rng, n, length) -> [n, positions]``
Sampler = Callable[[np.random.Generator, int, int], Array]

# An input space this many times the training pool has room for test inputs that no training example touches.
ROOMY = 100


class SampledParams(TaskParams):
    """The keys of a task whose examples are drawn at random.

    ``alphabet`` is the number of input symbols, for ``space``; ``shortest`` is the least length that the task has inputs of.
    """

    alphabet: ClassVar[int]
    shortest: ClassVar[int] = 1

    length: PositiveInt = Field(description="symbols in a training input")
    from_length: PositiveInt | None = Field(None, description="train at every length from this one to length; default: at length")
    training_examples: PositiveInt
    validation_examples: NonNegativeInt
    test_lengths: Lengths
    test_examples: PositiveInt = Field(description="most inputs for each input family and length")

    @property
    def pool_size(self) -> int:
        return self.training_examples + self.validation_examples

    @property
    def training_lengths(self) -> range:
        """The lengths that one net is trained at."""
        return range(self.length if self.from_length is None else self.from_length, self.length + 1)

    @classmethod
    def space(cls, length: int) -> float:
        """Count the different inputs of ``length``: all strings over the alphabet, unless the task says otherwise."""
        return cls.alphabet**length

    @model_validator(mode="after")
    def _long_enough(self) -> "SampledParams":
        if not self.training_lengths:
            raise ValueError(f"expected from_length of at most {self.length} (length), got {self.from_length}")
        least = min(*self.training_lengths, *self.test_lengths)
        if least < self.shortest:
            raise ValueError(f"expected length and test_lengths of at least {self.shortest}, got {least}")
        return self

    @model_validator(mode="after")
    def _enough_inputs(self) -> "SampledParams":
        space = self.space(self.length)
        if self.pool_size > space:
            raise ValueError(
                f"expected training_examples + validation_examples of at most {space} "
                f"(the different inputs of length {self.length}), got {self.pool_size}"
            )
        return self


class SampledTask(Task):
    """A task whose training and test inputs are drawn at random."""

    params: SampledParams

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw ``n`` training inputs of ``length``; as ``sample``, unless the task says otherwise."""
        return self.sample(rng, n, length)

    def families(self) -> Mapping[str, Sampler]:
        """Samplers of inputs worth testing, by name; one that does not apply to a length returns no rows."""
        return {"random": self.sample}

    def shares_inputs(self, length: int) -> bool:
        return self.params.space(length) <= ROOMY * self.params.pool_size

    @property
    def training_size(self) -> TrainingSize:
        p = self.params
        return TrainingSize(tuple(p.training_lengths), p.training_examples, together=p.from_length is not None)

    def training_pools(self) -> dict[int, TrainingPool]:
        return {length: self._pool(length) for length in self.params.training_lengths}

    def _pool(self, length: int) -> TrainingPool:
        """Draw the examples of one training length: as many as asked for, or all that there are at a shorter one."""
        p = self.params
        rng = stream(p.seed, self.name, "train", length)
        wanted = p.pool_size if length == p.length else int(min(p.pool_size, p.space(length)))
        inputs = distinct(partial(self.sample_training, rng, wanted, length), wanted)
        if len(inputs) < wanted:
            raise ValueError(f"{self.name}: expected {wanted} different training inputs, the sampler gives {len(inputs)}")
        kept = p.validation_examples if wanted == p.pool_size else min(p.validation_examples, wanted // 2)
        return TrainingPool(inputs, self.oracle(inputs), validation=kept)

    def test_sets(self, pools: Mapping[int, TrainingPool]) -> Iterator[TestSet]:
        p = self.params
        for length in p.test_lengths:
            apart = length in pools and not self.shares_inputs(length)
            seen = frozenset(row_keys(pools[length].inputs)) if apart else frozenset()
            for family, sampler in self.families().items():
                rng = stream(p.seed, self.name, "test", family, length)
                inputs = distinct(partial(sampler, rng, p.test_examples, length), p.test_examples, seen)
                if len(inputs):
                    yield TestSet(family, length, inputs, self.oracle(inputs))
