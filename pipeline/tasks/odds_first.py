"""Read a string of bits, then write those at odd places, then those at even places.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "odds first". The first bit stands at place 1, so
the answer is s1 s3 s5 … s2 s4 s6 …, as the paper and the example in the authors' code have it. What their code computes begins with s2.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings.cells import CellTask


class OddsFirstParams(SampledParams):
    alphabet: ClassVar[int] = 2


class OddsFirst(CellTask):
    """A string of bits to its bits at places 1, 3, 5 …, and behind them those at 2, 4, 6 ….

    Example:
        >>> task.answer("00110101")
        '01000111'
    """

    Params = OddsFirstParams
    name = "odds_first"
    version = 1
    characters = written = "01"
    expected = "bits such as 1100"

    def cells(self, length: int) -> int:
        return length

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw independent fair bits."""
        return rng.integers(2, size=(n, length), dtype=np.uint8)

    def answers_to(self, strings: Array) -> Array:
        return np.concatenate([strings[:, ::2], strings[:, 1::2]], axis=1)


TASK = OddsFirst
