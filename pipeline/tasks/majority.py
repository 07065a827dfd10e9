"""Say after each bit whether there were more ones than zeros so far.

Majority as of Butoi et al. (2025), "Training Neural Networks as Recognizers of Formal Languages", section 5 (strings with more ones than
zeros), asked of every prefix.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.strings.text import StringTask


class MajorityParams(SampledParams):
    alphabet: ClassVar[int] = 2


class Majority(StringTask):
    """A string of bits to its running majority: output ``t`` says whether ones outnumber zeros among bits ``0..t``.

    Example:
        >>> task.answer("1001101")
        '1000101'
    """

    Params = MajorityParams
    name = "majority"
    version = 1
    characters = written = "01"
    expected = "bits such as 10110"

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings of independent fair bits: ``[n, length]`` uint8."""
        return rng.integers(2, size=(n, length), dtype=np.uint8)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "balanced": _balanced, "zeros_first": _zeros_first, "ones_first": _ones_first}

    def oracle(self, inputs: Array) -> Array:
        """Count: ``[n, length]`` bits to ``[n, length]`` bits."""
        return (np.cumsum(2 * inputs.astype(np.int32) - 1, axis=1) > 0).astype(np.uint8)


def _balanced(rng: np.random.Generator, n: int, length: int) -> Array:
    """As many ones as zeros, or one more, in random order."""
    return rng.permuted(np.tile((np.arange(length) % 2 == 0).astype(np.uint8), (n, 1)), axis=1)


def _zeros_first(rng: np.random.Generator, n: int, length: int) -> Array:
    """Nearly half of them zeros, then ones: the count falls as far as it can, and is above 0 at the last bit."""
    return (np.arange(length) >= (length - 1) // 2).astype(np.uint8)[None]


def _ones_first(rng: np.random.Generator, n: int, length: int) -> Array:
    return (np.arange(length) < (length + 1) // 2).astype(np.uint8)[None]


TASK = Majority
