"""Read a string over five symbols, then write them in ascending order.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "bucket sort", with an alphabet of five as there.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.strings.cells import CellTask

SYMBOLS = 5


class BucketSortParams(SampledParams):
    alphabet: ClassVar[int] = SYMBOLS


class BucketSort(CellTask):
    """A string of digits 0 to 4 to the same digits, least first.

    Example:
        >>> task.answer("421302214")
        '011222344'
    """

    Params = BucketSortParams
    name = "bucket_sort"
    version = 1
    characters = written = "01234"
    expected = "digits 0 to 4 such as 4213"

    def cells(self, length: int) -> int:
        return length

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw independent uniform digits."""
        return rng.integers(SYMBOLS, size=(n, length), dtype=np.uint8)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "all_equal": self._all_equal}

    def answers_to(self, strings: Array) -> Array:
        """Write each digit as often as it was counted."""
        ends = np.stack([(strings <= digit).sum(axis=1) for digit in range(SYMBOLS - 1)], axis=1)
        return (np.arange(strings.shape[1])[None, :, None] >= ends[:, None]).sum(axis=2).astype(np.uint8)

    def _all_equal(self, rng: np.random.Generator, n: int, length: int) -> Array:
        return self.with_cells(np.repeat(rng.permutation(SYMBOLS)[:n, None], length, axis=1))


TASK = BucketSort
