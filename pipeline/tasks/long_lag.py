"""Remember the first symbol until the last step: the noise-free sequences with long time lags.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 2a. The two sequences are
``y a1 … a(p-1) y`` and ``x a1 … a(p-1) x``; all but the last symbol follow from the one before.

The post speaks of *time steps* where the paper speaks of p, and its code builds sequences of ``t = time_steps`` symbols over an
alphabet of ``t``, hence ``p = t - 1``. Symbols are numbered as there: ``a1`` is 0, ``y`` is ``t - 2``, ``x`` is ``t - 1``.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, PositiveInt

from pipeline.core.examples import Array, TaskSpec, TestSet, TrainingPool, TrainingSize
from pipeline.core.fields import Lengths
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.seeding import stream
from pipeline.core.task import Task, TaskParams

SHORTEST = 3


def _long_enough(lengths: list[int]) -> list[int]:
    if lengths[0] < SHORTEST:
        raise ValueError(f"expected at least {SHORTEST} time steps (the shortest sequence is y a1 y), got {lengths[0]}")
    return lengths


class LongLagParams(TaskParams):
    time_steps: Annotated[Lengths, AfterValidator(_long_enough)] = Field(description="symbols in a sequence")
    trials: PositiveInt = Field(description="streams for each number of time steps")
    sequences: PositiveInt = Field(description="sequences in a stream")


class LongLag(Task):
    """One of two sequences but its last symbol, to the next symbol at every step; the last one repeats the first.

    ``length`` is the number of time steps ``t``: symbols in the whole sequence. Inputs and targets have ``t - 1`` positions.

    Example:
        >>> task.parse("y a1 a2 a3")
        array([3, 0, 1, 2], dtype=uint8)
        >>> task.oracle(task.parse("y a1 a2 a3")[None])
        array([[0, 1, 2, 3]], dtype=uint8)
        >>> task.answer("x a1 a2 a3")
        'a1 a2 a3 x'
    """

    Params = LongLagParams
    name = "long_lag"
    version = 1
    params: LongLagParams

    @property
    def training_size(self) -> TrainingSize:
        return TrainingSize(tuple(self.params.time_steps), self.params.sequences, self.params.trials)

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=length, outputs=length, answer="sequence")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw either sequence with probability one half: ``[n, length - 1]``, the smallest fitting unsigned."""
        return _both(length)[rng.integers(2, size=n)]

    def oracle(self, inputs: Array) -> Array:
        """Shift by one and end on the first symbol: ``[n, t - 1]`` to ``[n, t - 1]``."""
        return np.roll(inputs, -1, axis=1)

    def training_pools(self) -> dict[int, TrainingPool]:
        """Both sequences for each number of time steps (row 0 begins with y, row 1 with x), and the order in which they come."""
        return {t: TrainingPool(_both(t), self.oracle(_both(t)), order=self._order(t)) for t in self.params.time_steps}

    def test_sets(self, pools: Mapping[int, TrainingPool]) -> Iterator[TestSet]:
        for t in self.params.time_steps:
            yield TestSet("both", t, _both(t), self.oracle(_both(t)))

    def length_of(self, inputs: Array) -> int:
        return len(inputs) + 1

    def shares_inputs(self, length: int) -> bool:
        return True  # there are no other sequences

    def parse(self, text: str) -> Array:
        words = read_words(text)
        t = len(words) + 1
        names = _symbol_names(t)
        if t < SHORTEST or words[0] not in ("x", "y") or words[1:] != names[: t - 2]:
            raise InputError(f"expected y or x, then a1, a2 … in order, such as 'y a1 a2 a3', got {quoted(text.strip())}")
        return np.array([names.index(word) for word in words], dtype=np.min_scalar_type(t - 1))

    def render(self, inputs: Array, outputs: Array) -> str:
        names = _symbol_names(len(inputs) + 1)
        return " ".join(names[symbol] for symbol in outputs.tolist())

    def _order(self, t: int) -> Array:
        p = self.params
        streams = [stream(p.seed, self.name, "order", t, trial) for trial in range(p.trials)]
        return np.stack([rng.integers(2, size=p.sequences, dtype=np.uint8) for rng in streams])


def _both(t: int) -> Array:
    inputs = np.empty((2, t - 1), dtype=np.min_scalar_type(t - 1))
    inputs[:, 0] = t - 2, t - 1
    inputs[:, 1:] = np.arange(t - 2)
    return inputs


def _symbol_names(t: int) -> list[str]:
    return [*(f"a{i}" for i in range(1, t - 1)), "y", "x"]


TASK = LongLag
