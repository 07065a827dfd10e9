"""Read a string of bits, then write it backwards.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", section 4 and appendix A.2, task "reverse string": the input is read
whole, and the answer is read off at the empty cells behind it, one for each of its symbols.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings.cells import CellTask


class ReverseStringParams(SampledParams):
    alphabet: ClassVar[int] = 2


class ReverseString(CellTask):
    """A string of bits to the same bits in the opposite order, written in the empty cells behind it.

    Example:
        >>> task.parse("1100")
        array([1, 1, 0, 0, 2, 2, 2, 2], dtype=uint8)
        >>> task.oracle(task.parse("1100")[None])
        array([[0, 0, 1, 1]], dtype=uint8)
        >>> task.answer("1100")
        '0011'
    """

    Params = ReverseStringParams
    name = "reverse_string"
    version = 1
    characters = written = "01"
    expected = "bits such as 1100"

    def cells(self, length: int) -> int:
        return length

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw independent fair bits."""
        return rng.integers(2, size=(n, length), dtype=np.uint8)

    def answers_to(self, strings: Array) -> Array:
        return strings[:, ::-1].copy()


TASK = ReverseString
