"""Read two binary numbers, then write their sum.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "binary addition": numbers are written from
their lowest bit, and a symbol for the end follows the answer. As in the authors' code both numbers are above 0, of lengths that are drawn,
and the answer has no zeros above its highest bit. What stands there for lengths 1 and 2, a single number, is left out.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.strings import binary
from pipeline.strings.cells import CellTask


class BinaryAdditionParams(SampledParams):
    alphabet: ClassVar[int] = 3
    shortest: ClassVar[int] = 3

    @classmethod
    def space(cls, length: int) -> float:
        return binary.pairs(min(length, 100))


class BinaryAddition(CellTask):
    """Two numbers, lowest bit first, to their sum, likewise, and ``.``.

    Example:
        >>> task.answer("001+01101")  # 4 + 22
        '01011.'
    """

    Params = BinaryAdditionParams
    name = "binary_addition"
    version = 1
    characters, written = "01+", "01."
    expected = "two numbers in bits, lowest bit first, such as 001+01101"

    def cells(self, length: int) -> int:
        return length + 1

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        return binary.draw_pairs(rng, n, length)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "carry": self._carry}

    def answers_to(self, strings: Array) -> Array:
        return binary.combine(strings, int.__add__, self.cells(strings.shape[1]))

    def fault(self, string: Array) -> str | None:
        return binary.fault(string)

    def _carry(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Add 1 to nothing but ones, so that every bit carries."""
        strings, first = np.zeros((n, length), np.uint8), rng.integers(1, length - 1, size=n)[:, None]
        strings[np.arange(length) < first] = 1
        strings[np.arange(n), first[:, 0]], strings[np.arange(n), first[:, 0] + 1] = binary.SIGN, 1
        return self.with_cells(strings)


TASK = BinaryAddition
