"""Remember the first symbol until the end, through noise: the sequences without local regularities.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 2b. The sequences are those of
experiment 2a (``long_lag``), ``y a1 … a(p-1) y`` and ``x a1 … a(p-1) x``, but what is between their ends is drawn anew for each: p - 1
symbols of a1 … a(p-1), uniform and independent. The post names these sequences in a title and leaves them out.

The paper asks for the next symbol at every step, as in experiment 2a. All but the last are beyond prediction, and so the last alone is
the answer here, a label. Steps and symbols are counted as in ``long_lag``: sequences have ``t = time_steps = p + 1`` symbols of an
alphabet of ``t``; ``a1`` is 0, ``y`` is ``t - 2``, ``x`` is ``t - 1``.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, PositiveInt

from pipeline.core.examples import Array, TaskSpec, TestSet, TrainingPool, TrainingSize
from pipeline.core.fields import Lengths
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.rows import distinct, row_keys
from pipeline.core.sampled_task import ROOMY
from pipeline.core.seeding import stream
from pipeline.core.task import Task, TaskParams

SHORTEST = 3


def _long_enough(lengths: list[int]) -> list[int]:
    if lengths[0] < SHORTEST:
        raise ValueError(f"expected at least {SHORTEST} time steps (the shortest sequence is y a1 y), got {lengths[0]}")
    return lengths


class NoisyLagParams(TaskParams):
    time_steps: Annotated[Lengths, AfterValidator(_long_enough)] = Field(description="symbols in a sequence")
    sequences: PositiveInt = Field(description="training sequences for each number of time steps")
    test_examples: PositiveInt = Field(description="most test sequences for each number of time steps")


class NoisyLag(Task):
    """A sequence but its last symbol to that symbol, which is the same as the first: a label of 0..t-1.

    ``length`` is the number of time steps ``t``: symbols in the whole sequence. Inputs have ``t - 1`` positions.

    Example:
        >>> task.parse("y a3 a1 a1")
        array([3, 2, 0, 0], dtype=uint8)
        >>> task.oracle(task.parse("y a3 a1 a1")[None])
        array([[3]], dtype=uint8)
        >>> task.answer("x a2 a2 a3")
        'x'
    """

    Params = NoisyLagParams
    name = "noisy_lag"
    version = 2  # 2: an answer is [n, 1]
    params: NoisyLagParams

    @property
    def training_size(self) -> TrainingSize:
        return TrainingSize(tuple(self.params.time_steps), self.params.sequences)

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=length, outputs=length, answer="label")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw y or x with probability one half, then the noise: ``[n, length - 1]``, the smallest fitting unsigned."""
        inputs = np.empty((n, length - 1), dtype=np.min_scalar_type(length - 1))
        inputs[:, 0] = rng.integers(length - 2, length, size=n)
        inputs[:, 1:] = rng.integers(length - 2, size=(n, length - 2), dtype=inputs.dtype)
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Repeat the first symbol: ``[n, t - 1]`` to ``[n, 1]``."""
        return inputs[:, :1].copy()

    def training_pools(self) -> dict[int, TrainingPool]:
        """Sequences drawn freely for each number of time steps: where there are few, the same comes again."""
        return {t: self._pool(t) for t in self.params.time_steps}

    def test_sets(self, pools: Mapping[int, TrainingPool]) -> Iterator[TestSet]:
        n = self.params.test_examples
        for t in self.params.time_steps:
            seen = frozenset() if self.shares_inputs(t) else frozenset(row_keys(pools[t].inputs))
            rng = stream(self.params.seed, self.name, "test", "random", t)
            inputs = distinct(partial(self.sample, rng, n, t), n, seen)
            yield TestSet("random", t, inputs, self.oracle(inputs))

    def length_of(self, inputs: Array) -> int:
        return len(inputs) + 1

    def shares_inputs(self, length: int) -> bool:
        return 2 * (length - 2) ** (length - 2) <= ROOMY * self.params.sequences

    def parse(self, text: str) -> Array:
        words = read_words(text)
        t = len(words) + 1
        noise = {name: i for i, name in enumerate(_symbol_names(t)[:-2])}
        if t < SHORTEST or words[0] not in ("x", "y") or not noise.keys() >= set(words[1:]):
            known = "a1" if len(noise) < 2 else f"a1 … a{len(noise)}"
            raise InputError(f"expected y or x, then symbols of {known}, such as 'y a3 a1 a1', got {quoted(text.strip())}")
        return np.array([t - 2 if words[0] == "y" else t - 1, *(noise[word] for word in words[1:])], dtype=np.min_scalar_type(t - 1))

    def show(self, inputs: Array) -> str:
        names = _symbol_names(len(inputs) + 1)
        return " ".join(names[symbol] for symbol in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return _symbol_names(len(inputs) + 1)[int(outputs[0])]

    def _pool(self, t: int) -> TrainingPool:
        inputs = self.sample(stream(self.params.seed, self.name, "train", t), self.params.sequences, t)
        return TrainingPool(inputs, self.oracle(inputs))


def _symbol_names(t: int) -> list[str]:
    return [*(f"a{i}" for i in range(1, t - 1)), "y", "x"]


TASK = NoisyLag
