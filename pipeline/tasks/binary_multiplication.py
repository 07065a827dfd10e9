"""Read two binary numbers, then write their product.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "binary multiplication": numbers are written from
their lowest bit, and a symbol for the end follows the answer. As in the authors' code both numbers are above 0, of lengths that are drawn,
and the answer has no zeros above its highest bit. What stands there for lengths 1 and 2, a single number, is left out.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings import binary
from pipeline.strings.cells import CellTask


class BinaryMultiplicationParams(SampledParams):
    alphabet: ClassVar[int] = 3
    shortest: ClassVar[int] = 3

    @classmethod
    def space(cls, length: int) -> float:
        return binary.pairs(min(length, 100))


class BinaryMultiplication(CellTask):
    """Two numbers, lowest bit first, to their product, likewise, and ``.``.

    Example:
        >>> task.answer("001*01101")  # 4 * 22
        '0001101.'
    """

    Params = BinaryMultiplicationParams
    name = "binary_multiplication"
    version = 1
    characters, written = "01*", "01."
    expected = "two numbers in bits, lowest bit first, such as 001*01101"

    def cells(self, length: int) -> int:
        return length

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        return binary.draw_pairs(rng, n, length)

    def answers_to(self, strings: Array) -> Array:
        return binary.combine(strings, int.__mul__, self.cells(strings.shape[1]))

    def fault(self, string: Array) -> str | None:
        return binary.fault(string)


TASK = BinaryMultiplication
