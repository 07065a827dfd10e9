"""Sort small integers.

The post draws a fresh batch of lists for every training step, without end. Here that stream is frozen: a pool long enough for the
recipe, whose order each seed draws anew.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array, TaskSpec
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.sampled_task import SampledParams, SampledTask, Sampler

NUMBERS = 100
FEW = 3


class SortParams(SampledParams):
    alphabet: ClassVar[int] = NUMBERS


class Sort(SampledTask):
    """A list of integers 0..99 to the same integers in ascending order.

    Example:
        >>> task.oracle(np.array([[31, 4, 15, 9]], dtype=np.uint8))
        array([[ 4,  9, 15, 31]], dtype=uint8)
        >>> task.answer("31, 4, 15, 9")
        '4 9 15 31'
    """

    Params = SortParams
    name = "sort"
    version = 1

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=NUMBERS, outputs=NUMBERS, answer="sequence", permutation=True)

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw lists of independent uniform integers: ``[n, length]`` uint8."""
        return rng.integers(NUMBERS, size=(n, length), dtype=np.uint8)

    def families(self) -> Mapping[str, Sampler]:
        return {
            "random": self.sample,
            "all_equal": _all_equal,
            "sorted": lambda rng, n, length: np.sort(self.sample(rng, n, length), axis=1),
            "reversed": lambda rng, n, length: np.sort(self.sample(rng, n, length), axis=1)[:, ::-1],
            "few_distinct": self._few_distinct,
        }

    def oracle(self, inputs: Array) -> Array:
        """Sort each row of ``[n, length]``."""
        return np.sort(inputs, axis=1)

    def parse(self, text: str) -> Array:
        words = read_words(text)
        if not words:
            raise InputError(f"expected integers of 0..{NUMBERS - 1} such as '31 4 15 9', got {quoted('')}")
        for word in words:
            if not (word.isascii() and word.isdigit()) or len(word) > len(str(NUMBERS)) or int(word) >= NUMBERS:
                raise InputError(f"expected integers of 0..{NUMBERS - 1} such as '31 4 15 9', got {quoted(word)}")
        return np.array([int(word) for word in words], dtype=np.uint8)

    def render(self, inputs: Array, outputs: Array) -> str:
        return " ".join(map(str, outputs.tolist()))

    def _few_distinct(self, rng: np.random.Generator, n: int, length: int) -> Array:
        values = self.sample(rng, n, FEW)
        return np.take_along_axis(values, rng.integers(FEW, size=(n, length)), axis=1)


def _all_equal(rng: np.random.Generator, n: int, length: int) -> Array:
    values = rng.permutation(NUMBERS)[:n].astype(np.uint8)
    return np.repeat(values[:, None], length, axis=1)


TASK = Sort
