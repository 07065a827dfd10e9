"""Count the ones in a string of bits.

The post takes all 1,024 strings of ten bits, trains on 500 of them and counts its mistakes on the other 524. It reads the string
whole and answers once, with one class for each possible count.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array, TaskSpec
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, SampledTask, Sampler


class CountOnesParams(SampledParams):
    alphabet: ClassVar[int] = 2


class CountOnes(SampledTask):
    """A string of bits to the number of its ones, a label of 0..length.

    A net has as many classes as its training length allows, so at greater lengths it cannot be right about greater counts.

    Example:
        >>> task.oracle(np.array([[1, 0, 0, 0, 0, 1, 1, 0, 1, 1]], dtype=np.uint8))
        array([[5]], dtype=uint16)
        >>> task.answer("1000011011")
        '5'
    """

    Params = CountOnesParams
    name = "count_ones"
    version = 2  # 2: an answer is [n, 1]

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=2, outputs=length + 1, answer="label")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings of independent fair bits: ``[n, length]`` uint8."""
        return rng.integers(2, size=(n, length), dtype=np.uint8)

    def families(self) -> Mapping[str, Sampler]:
        return {
            "random": self.sample,
            "all_ones": lambda rng, n, length: np.ones((1, length), dtype=np.uint8),
            "all_zeros": lambda rng, n, length: np.zeros((1, length), dtype=np.uint8),
            "single_one": _single_one,
        }

    def oracle(self, inputs: Array) -> Array:
        """Count: ``[n, length]`` bits to ``[n, 1]`` uint16, or uint32 where that many ones would not fit."""
        kind = np.uint16 if inputs.shape[1] <= np.iinfo(np.uint16).max else np.uint32
        counts: Array = np.add.reduce(inputs, axis=1, keepdims=True, dtype=kind)
        return counts

    def parse(self, text: str) -> Array:
        return read_characters(text, "01", "bits such as 1000011011")

    def show(self, inputs: Array) -> str:
        return "".join(map(str, inputs.tolist()))

    def render(self, inputs: Array, outputs: Array) -> str:
        return str(int(outputs[0]))


def _single_one(rng: np.random.Generator, n: int, length: int) -> Array:
    bits = np.zeros((min(n, length), length), dtype=np.uint8)
    bits[np.arange(len(bits)), rng.permutation(length)[: len(bits)]] = 1
    return bits


TASK = CountOnes
