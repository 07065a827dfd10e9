"""Say after each letter of a^n b^n c^n what may follow.

Gers and Schmidhuber (2001), "LSTM Recurrent Networks Learn Simple Context Free and Context Sensitive Languages", section V: at each
place of what begins a string of the language, the set of symbols that may come next.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.strings.text import StringTask

A_OR_B, B, C, END = range(4)


class AnBnCnParams(SampledParams):
    alphabet: ClassVar[int] = 3

    @classmethod
    def space(cls, length: int) -> float:
        """Count what begins a string of the language: how many are ``a`` says it all."""
        return length - (length + 2) // 3 + 1


class AnBnCn(StringTask):
    """``a``s, as many ``b``s, as many ``c``s, or what begins so, to what may follow each: ``*`` a or b, ``b``, ``c``, ``.`` nothing.

    Example:
        >>> task.answer("aabbcc")
        '**bcc.'
    """

    Params = AnBnCnParams
    name = "an_bn_cn"
    version = 1
    characters, written = "abc", "*bc."
    expected = "letters such as aabbc"

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw how many are ``a``, uniformly from a third of them to all: ``[n, length]`` uint8."""
        return _strings(rng.integers((length + 2) // 3, length + 1, size=n), length)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "whole": lambda rng, n, length: _strings(np.array([(length + 2) // 3]), length)}

    def oracle(self, inputs: Array) -> Array:
        """Compare the counts of the letters: ``[n, length]`` to ``[n, length]``."""
        a, b, c = (np.cumsum(inputs == letter, axis=1) for letter in range(3))
        after_b, after_c = np.where(b < a, B, C), np.where(c < b, C, END)
        return np.where(inputs == 0, A_OR_B, np.where(inputs == 1, after_b, after_c)).astype(np.uint8)

    def fault(self, string: Array) -> str | None:
        first = (string == 0).sum(keepdims=True)
        as_drawn = np.array_equal(string, _strings(first, len(string))[0]) and 3 * first[0] >= len(string)
        return None if as_drawn else "as many b behind the a, unless it ends before, then no more c"


def _strings(leading: Array, length: int) -> Array:
    places = np.arange(length)
    return ((places >= leading[:, None]).astype(np.uint8) + (places >= 2 * leading[:, None])).astype(np.uint8)


TASK = AnBnCn
