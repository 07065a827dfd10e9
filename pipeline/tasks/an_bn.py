"""Say after each letter of a^n b^n what may follow.

Gers and Schmidhuber (2001), "LSTM Recurrent Networks Learn Simple Context Free and Context Sensitive Languages", section IV: at each
place of what begins a string of the language, the set of symbols that may come next.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.strings.text import StringTask

EITHER, B, END = range(3)


class AnBnParams(SampledParams):
    alphabet: ClassVar[int] = 2

    @classmethod
    def space(cls, length: int) -> float:
        """Count what begins a string of the language: at least half of the letters are a."""
        return length // 2 + 1


class AnBn(StringTask):
    """``a``s, then no more ``b``s than these, to what may follow each: ``*`` a or b, ``b`` b alone, ``.`` nothing.

    Example:
        >>> task.answer("aabb")
        '**b.'
    """

    Params = AnBnParams
    name = "an_bn"
    version = 1
    characters, written = "ab", "*b."
    expected = "letters such as aaabb"

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw how many are ``a``, uniformly from half of them to all: ``[n, length]`` uint8."""
        return _strings(rng.integers((length + 1) // 2, length + 1, size=n), length)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "whole": lambda rng, n, length: _strings(np.array([(length + 1) // 2]), length)}

    def oracle(self, inputs: Array) -> Array:
        """Compare the counts of both letters: ``[n, length]`` to ``[n, length]``."""
        more = np.cumsum(1 - 2 * inputs.astype(np.int32), axis=1)
        return np.where(inputs == 0, EITHER, np.where(more > 0, B, END)).astype(np.uint8)

    def fault(self, string: Array) -> str | None:
        first = (string == 0).sum(keepdims=True)
        as_drawn = np.array_equal(string, _strings(first, len(string))[0]) and 2 * first[0] >= len(string)
        return None if as_drawn else "all a before all b, and no more b than a"


def _strings(leading: Array, length: int) -> Array:
    return (np.arange(length) >= leading[:, None]).astype(np.uint8)


TASK = AnBn
