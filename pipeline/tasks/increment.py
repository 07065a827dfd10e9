"""Add one to a decimal number, digit by digit, with a carry.

The post trains on numbers of up to ten digits and finds that its net loses the carry beyond some 25 trailing nines; the families
``trailing_nines_<k>`` and ``all_nines`` ask exactly that; ``idle_nines`` asks whether it also keeps in mind that there is none.
"""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from pydantic import Field

from pipeline.core.examples import Array, TaskSpec
from pipeline.core.fields import Ascending
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, SampledTask, Sampler
from pipeline.core.transducer import Transducer

DIGITS = 10


class IncrementParams(SampledParams):
    alphabet: ClassVar[int] = DIGITS

    trailing_nines: Ascending = Field(description="lengths of the run of nines to test")


class Increment(SampledTask):
    """The digits of a number to the digits of the number plus one, least significant digit first.

    A number of ``length`` digits takes ``length + 1`` positions: the last is a leading zero, room for the final carry.

    Example:
        >>> task.parse("1476233999")
        array([9, 9, 9, 3, 3, 2, 6, 7, 4, 1, 0], dtype=uint8)
        >>> task.oracle(task.parse("1476233999")[None])
        array([[0, 0, 0, 4, 3, 2, 6, 7, 4, 1, 0]], dtype=uint8)
        >>> task.answer("1476233999")
        '1476234000'
    """

    Params = IncrementParams
    name = "increment"
    version = 2  # 2: the family idle_nines
    transducer = Transducer(
        states=("carry", "no carry"),
        symbols=DIGITS,
        transitions={("carry", d): ("no carry", d + 1) for d in range(DIGITS - 1)}
        | {("carry", DIGITS - 1): ("carry", 0)}
        | {("no carry", d): ("no carry", d) for d in range(DIGITS)},
    )
    params: IncrementParams

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=DIGITS, outputs=DIGITS, answer="sequence")

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw numbers uniformly from ``[0, 10 ** length)``, filled up with zeros: ``[n, length + 1]`` uint8."""
        numbers = np.zeros((n, length + 1), dtype=np.uint8)
        numbers[:, :length] = rng.integers(DIGITS, size=(n, length), dtype=np.uint8)
        return numbers

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw numbers of exactly ``length`` digits (0 counts as one of one digit): ``[n, length + 1]`` uint8."""
        numbers = self.sample_training(rng, n, length)
        if length > 1:
            numbers[:, length - 1] = rng.integers(1, DIGITS, size=n, dtype=np.uint8)
        return numbers

    def families(self) -> Mapping[str, Sampler]:
        trailing = {f"trailing_nines_{k}": partial(self._trailing_nines, k) for k in self.params.trailing_nines}
        return {"random": self.sample, "all_nines": _all_nines, "idle_nines": _idle_nines, **trailing}

    def oracle(self, inputs: Array) -> Array:
        """Add one: ``[n, positions]`` digits to ``[n, positions]`` digits; a carry out of the last position is dropped."""
        carry = np.ones(inputs.shape, dtype=inputs.dtype)
        carry[:, 1:] = np.logical_and.accumulate(inputs[:, :-1] == DIGITS - 1, axis=1)
        answers: Array = (inputs + carry) % inputs.dtype.type(DIGITS)
        return answers

    def length_of(self, inputs: Array) -> int:
        return len(inputs) - 1

    def parse(self, text: str) -> Array:
        digits = read_characters(text, "0123456789", "a number in decimal digits such as 1476233999")
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


def _idle_nines(rng: np.random.Generator, n: int, length: int) -> Array:
    """Nines that no carry reaches, since the last digit takes it up: a net must know at each of them that there is none."""
    numbers = _all_nines(rng, n, length).repeat(DIGITS - 1, axis=0)
    numbers[:, 0] = np.arange(DIGITS - 1)
    return numbers


TASK = Increment
