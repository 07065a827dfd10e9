"""Count on: the number after a decimal number, learnt from the first numbers alone.

The post's first idea: "teach RNN the counting from 1 to 100 and then later it learns to produce the subsequent numbers 101, 102, 103". It
goes on that a hundred examples are too few. What is asked is what ``increment`` asks; what is seen of it is the difference.
"""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from pipeline.core.examples import Array, TaskSpec, TestSet
from pipeline.core.fields import Ascending
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, SampledTask, Sampler
from pipeline.core.transducer import Transducer

DIGITS = 10


class CountingParams(SampledParams):
    alphabet: ClassVar[int] = DIGITS

    trailing_nines: Ascending = Field(description="lengths of the run of nines to test")

    @property
    def last(self) -> int:
        """The greatest number of the pool: it holds all from 1 on."""
        return self.pool_size

    @model_validator(mode="after")
    def _all_of_them(self) -> "CountingParams":
        if self.last >= DIGITS**self.length or self.from_length is not None:
            raise ValueError(
                f"expected a length in which {self.last} can be written (training_examples + validation_examples), and no from_length, "
                f"got {self.length}"
            )
        return self


class Counting(SampledTask):
    """The digits of a number to the digits of the number plus one, least significant digit first; training has the numbers from 1 on.

    A number of up to ``length`` digits takes ``length + 1`` positions; there are as many training numbers as examples are asked for.

    Example:
        >>> task.oracle(task.parse("99")[None])
        array([[0, 0, 1]], dtype=uint8)
        >>> task.answer("100")
        '101'
    """

    Params = CountingParams
    name = "counting"
    version = 1
    transducer = Transducer(
        states=("carry", "no carry"),
        symbols=DIGITS,
        transitions={("carry", d): ("no carry", d + 1) for d in range(DIGITS - 1)}
        | {("carry", DIGITS - 1): ("carry", 0)}
        | {("no carry", d): ("no carry", d) for d in range(DIGITS)},
    )
    params: CountingParams

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=DIGITS, outputs=DIGITS, answer="sequence")

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw numbers uniformly from 1 to the last one, filled up with zeros: ``[n, length + 1]`` uint8."""
        numbers = rng.integers(1, self.params.last + 1, size=(n, 1))
        digits: Array = (numbers // DIGITS ** np.arange(length + 1) % DIGITS).astype(np.uint8)
        return digits

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw numbers of exactly ``length`` digits (0 counts as one of one digit): ``[n, length + 1]`` uint8."""
        numbers = np.zeros((n, length + 1), dtype=np.uint8)
        numbers[:, :length] = rng.integers(DIGITS, size=(n, length), dtype=np.uint8)
        if length > 1:
            numbers[:, length - 1] = rng.integers(1, DIGITS, size=n, dtype=np.uint8)
        return numbers

    def families(self) -> Mapping[str, Sampler]:
        trailing = {f"trailing_nines_{k}": partial(self._trailing_nines, k) for k in self.params.trailing_nines}
        return {"random": self.sample, "all_nines": _all_nines, **trailing}

    def oracle(self, inputs: Array) -> Array:
        """Add one: ``[n, positions]`` digits to ``[n, positions]`` digits; a carry out of the last position is dropped."""
        carry = np.ones(inputs.shape, dtype=inputs.dtype)
        carry[:, 1:] = np.logical_and.accumulate(inputs[:, :-1] == DIGITS - 1, axis=1)
        answers: Array = (inputs + carry) % inputs.dtype.type(DIGITS)
        return answers

    def in_range(self, test: TestSet, trained_on: int) -> bool:
        """Only numbers with fewer digits than the last one are all in training."""
        return test.length < len(str(self.params.last))

    def length_of(self, inputs: Array) -> int:
        return len(inputs) - 1

    def parse(self, text: str) -> Array:
        digits = read_characters(text, "0123456789", "a number in decimal digits such as 100")
        return np.append(digits[::-1], np.uint8(0))

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(map(str, outputs[::-1].tolist())).lstrip("0") or "0"

    def _trailing_nines(self, k: int, rng: np.random.Generator, n: int, length: int) -> Array:
        # The digit above the run is no nine, so that the carry is exactly k long; at the top of the number it is no zero either.
        if length <= k:
            return np.empty((0, length + 1), dtype=np.uint8)
        numbers = self.sample(rng, n, length)
        numbers[:, :k] = DIGITS - 1
        numbers[:, k] = rng.integers(1 if k == length - 1 else 0, DIGITS - 1, size=n, dtype=np.uint8)
        return numbers


def _all_nines(rng: np.random.Generator, n: int, length: int) -> Array:
    number = np.full((1, length + 1), DIGITS - 1, dtype=np.uint8)
    number[:, length] = 0
    return number


TASK = Counting
