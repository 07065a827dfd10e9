"""The running exclusive or of a string of bits.

The post trains on all 4,096 strings of twelve bits and shows one longer string.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field

from pipeline.core.examples import Array, TaskSpec
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, SampledTask, Sampler
from pipeline.core.transducer import Transducer


def _bits(value: Any) -> str:
    # Without quotes, YAML reads bits as a number, in some dialects an octal one.
    if not isinstance(value, str) or not value or set(value) - set("01"):
        raise ValueError(f'expected bits in quotes such as "10110", got {value!r}')
    return value


class ParityParams(SampledParams):
    alphabet: ClassVar[int] = 2

    example: Annotated[str, BeforeValidator(_bits)] = Field(description="the longer string that the post shows")


class Parity(SampledTask):
    """A string of bits to its running parity: output ``t`` is the exclusive or of bits ``0..t``.

    Example:
        >>> task.oracle(np.array([[1, 0, 1, 1, 0]], dtype=np.uint8))
        array([[1, 1, 0, 1, 1]], dtype=uint8)
        >>> task.answer("10110")
        '11011'
    """

    Params = ParityParams
    name = "parity"
    version = 2  # 2: the family the_posts
    params: ParityParams
    transducer = Transducer(
        states=("even", "odd"),
        symbols=2,
        transitions={("even", 0): ("even", 0), ("even", 1): ("odd", 1), ("odd", 0): ("odd", 1), ("odd", 1): ("even", 0)},
    )

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=2, outputs=2, answer="sequence")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings of independent fair bits: ``[n, length]`` uint8."""
        return rng.integers(2, size=(n, length), dtype=np.uint8)

    def families(self) -> Mapping[str, Sampler]:
        return {
            "random": self.sample,
            "all_ones": lambda rng, n, length: np.ones((1, length), dtype=np.uint8),
            "all_zeros": lambda rng, n, length: np.zeros((1, length), dtype=np.uint8),
            "single_one_first": _single_one_first,
            "the_posts": self._the_posts,
        }

    def oracle(self, inputs: Array) -> Array:
        """Accumulate: ``[n, length]`` bits to ``[n, length]`` bits."""
        return np.bitwise_xor.accumulate(inputs, axis=1)

    def parse(self, text: str) -> Array:
        return read_characters(text, "01", "bits such as 10110")

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(map(str, outputs.tolist()))

    def _the_posts(self, rng: np.random.Generator, n: int, length: int) -> Array:
        example = self.parse(self.params.example)
        return example[None] if len(example) == length else np.empty((0, length), dtype=np.uint8)


def _single_one_first(rng: np.random.Generator, n: int, length: int) -> Array:
    bits = np.zeros((1, length), dtype=np.uint8)
    bits[0, 0] = 1
    return bits


TASK = Parity
