"""Read a binary number, then write the whole part of its square root.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "compute sqrt". Both are written from their lowest
bit, as the paper says; the authors' code writes them from the highest one. The root has half as many bits, zeros above it included.
"""

import math
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings import binary
from pipeline.strings.cells import CellTask


class ComputeSqrtParams(SampledParams):
    alphabet: ClassVar[int] = 2

    @classmethod
    def space(cls, length: int) -> float:
        """Count the numbers above 0."""
        return 2**length - 1


class ComputeSqrt(CellTask):
    """A number, lowest bit first, to the whole part of its square root, likewise.

    Example:
        >>> task.answer("101001")  # of 37
        '011'
    """

    Params = ComputeSqrtParams
    name = "compute_sqrt"
    version = 1
    characters = written = "01"
    expected = "bits, lowest bit first, such as 101001"

    def cells(self, length: int) -> int:
        return (length + 1) // 2

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw uniform numbers above 0."""
        bits = rng.integers(2, size=(n, length), dtype=np.uint8)
        while (zero := ~bits.any(axis=1)).any():
            bits[zero] = rng.integers(2, size=(zero.sum(), length), dtype=np.uint8)
        return bits

    def answers_to(self, strings: Array) -> Array:
        cells = self.cells(strings.shape[1])
        return np.stack([binary.bits_of(math.isqrt(binary.number(string)), cells) for string in strings])


TASK = ComputeSqrt
