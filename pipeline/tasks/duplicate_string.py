"""Read a string of bits, then write it twice.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "duplicate string".
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings.cells import CellTask


class DuplicateStringParams(SampledParams):
    alphabet: ClassVar[int] = 2


class DuplicateString(CellTask):
    """A string of bits ``w`` to ``w w``.

    Example:
        >>> task.parse("101")
        array([1, 0, 1, 2, 2, 2, 2, 2, 2], dtype=uint8)
        >>> task.answer("101")
        '101101'
    """

    Params = DuplicateStringParams
    name = "duplicate_string"
    version = 1
    characters = written = "01"
    expected = "bits such as 1100"

    def cells(self, length: int) -> int:
        return 2 * length

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw independent fair bits."""
        return rng.integers(2, size=(n, length), dtype=np.uint8)

    def answers_to(self, strings: Array) -> Array:
        return np.tile(strings, 2)


TASK = DuplicateString
