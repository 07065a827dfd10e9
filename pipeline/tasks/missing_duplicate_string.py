"""Read a string of bits twice, once with a bit hidden, then say which bit it was.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "missing duplicate". As in the authors' code the
hidden bit may be in either copy, and a string of odd length ends in a filler. Theirs of length 1, which has no copies, is left out.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings.cells import CellTask

HIDDEN, FILLER = 2, 3


class MissingDuplicateStringParams(SampledParams):
    alphabet: ClassVar[int] = 4
    shortest: ClassVar[int] = 2

    @classmethod
    def space(cls, length: int) -> float:
        """Count the strings, and the places where a bit may be hidden, which then may be either bit."""
        half = length // 2
        return half * 2**half * 2


class MissingDuplicateString(CellTask):
    """``w w`` with one bit of it hidden to that bit.

    Example:
        >>> task.answer("01100?10")
        '1'
        >>> task.answer("1011?1.")
        '0'
    """

    Params = MissingDuplicateStringParams
    name = "missing_duplicate_string"
    version = 1
    characters, written = "01?.", "01"
    expected = "bits twice, one of them hidden, such as 1011?1, and a point behind an odd number of them"

    def cells(self, length: int) -> int:
        return 1

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw fair bits, and uniformly the place that is hidden."""
        half = length // 2
        strings = np.tile(rng.integers(2, size=(n, half), dtype=np.uint8), 2)
        strings[np.arange(n), rng.integers(2 * half, size=n)] = HIDDEN
        return np.pad(strings, [(0, 0), (0, length % 2)], constant_values=FILLER)

    def answers_to(self, strings: Array) -> Array:
        """Look up what stands at the hidden bit's place in the other copy."""
        half = strings.shape[1] // 2
        place = (strings == HIDDEN).argmax(axis=1)
        return strings[np.arange(len(strings)), (place + half) % (2 * half)][:, None].copy()

    def fault(self, string: Array) -> str | None:
        half = len(string) // 2
        left, right, rest = string[:half], string[half : 2 * half], string[2 * half :]
        if FILLER in string[: 2 * half] or (rest != FILLER).any():
            return "a point at the end if their number is odd, and nowhere else"
        if (string == HIDDEN).sum() != 1:
            return "one question mark"
        return None if ((left != right) <= ((left == HIDDEN) | (right == HIDDEN))).all() else "the same bits twice"


TASK = MissingDuplicateString
