"""Arithmetic digit by digit: numbers side by side, lowest digit first with a carry, or highest first with a remainder.

A column of digits is one symbol: of numbers ``a, b`` it is ``10 a + b``. Lowest digit first, a column of zeros at the end makes room for
the last carry, as in increment.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import InputError, quoted, read_characters
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.core.transducer import Transducer
from pipeline.finite_state.machines import minimal
from pipeline.finite_state.running import Running

BASE = 10
DIGITS = "0123456789"


class Digits(SampledParams):
    alphabet: ClassVar[int] = BASE


class Pairs(SampledParams):
    alphabet: ClassVar[int] = BASE**2


class Triples(SampledParams):
    alphabet: ClassVar[int] = BASE**3


def columns(symbols: Array, numbers: int) -> Array:
    """Take symbols apart into the digits of each number: ``[…]`` to ``[numbers, …]`` int64."""
    return np.stack([symbols.astype(np.int64) // BASE ** (numbers - 1 - at) % BASE for at in range(numbers)])


def symbols_of(digits: Array) -> Array:
    """Put the digits of numbers together, ``[numbers, …]`` to ``[…]``, of the least unsigned type that holds all columns."""
    numbers = len(digits)
    joined = sum(digits[at].astype(np.int64) * BASE ** (numbers - 1 - at) for at in range(numbers))
    return np.asarray(joined).astype(np.min_scalar_type(BASE**numbers - 1))


class LowFirst(Running):
    """A weighted sum of numbers, lowest digit first, whose state is the carry: ``weights`` times the numbers.

    Attributes:
        weights: What each number is multiplied by.
        sign: What stands between numbers where a person writes them.
        room: Columns of zeros at the end.
    """

    weights: ClassVar[tuple[int, ...]]
    sign: ClassVar[str] = ""
    room: ClassVar[int] = 1
    outputs = BASE

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw numbers of ``length`` digits, the first of which does not begin with 0 (but for length 1): ``[n, length + room]``."""
        digits = rng.integers(BASE, size=(len(self.weights), n, length))
        if length > 1:
            digits[0, :, -1] = rng.integers(1, BASE, size=n)
        return symbols_of(np.pad(digits, ((0, 0), (0, 0), (0, self.room))))

    def oracle(self, inputs: Array) -> Array:
        """Add up with a carry: ``[n, positions]`` columns to ``[n, positions]`` digits; a carry out of the last one is dropped."""
        totals = np.einsum("k,knt->nt", np.array(self.weights), columns(inputs, len(self.weights)))
        answers, carry = np.empty(inputs.shape, np.uint8), np.zeros(len(inputs), np.int64)
        for t in range(inputs.shape[1]):
            carry, answers[:, t] = np.divmod(totals[:, t] + carry, BASE)
        return answers

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw as ``sample``, but let a share of the columns, another one in each input, hand every carry on: ``[n, length + room]``."""
        return self._with_handing(rng, self.sample(rng, n, length), rng.random((n, length)) < rng.random((n, 1)))

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "long_carries": self._long_carries}

    def _long_carries(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw numbers in which all columns after up to three hand every carry on: ``[n, length + room]``."""
        later = np.arange(length) >= rng.integers(1, 4, size=n)[:, None]
        return self._with_handing(rng, self.sample(rng, n, length), later)

    def _with_handing(self, rng: np.random.Generator, inputs: Array, where: Array) -> Array:
        """Put columns that hand every carry on where ``[n, length]`` says so; in half of the inputs it is the same column everywhere."""
        every = np.arange(BASE ** len(self.weights))
        totals = np.einsum("k,kc->c", np.array(self.weights), columns(every, len(self.weights)))
        carry = min(1, *self.weights, 1)  # or a borrow
        handing = every[(totals + carry) // BASE != totals // BASE]
        chosen = handing[rng.integers(len(handing), size=where.shape)]
        same = rng.random(len(inputs)) < 0.5
        chosen[same] = chosen[same, :1]
        changed: Array = inputs.copy()
        changed[:, : where.shape[1]] = np.where(where, chosen, inputs[:, : where.shape[1]])
        return changed

    def length_of(self, inputs: Array) -> int:
        return len(inputs) - self.room

    def parse(self, text: str) -> Array:
        expected = f"{_COUNTED[len(self.weights)]} in decimal digits such as {self.sign.join(_SHOWN[: len(self.weights)])}"
        parts = text.split(self.sign) if self.sign else [text]
        if len(parts) != len(self.weights):
            raise InputError(f"expected {expected}, got {quoted(text)}")
        rows = [read_characters(part, DIGITS, expected)[::-1] for part in parts]
        longest = max(map(len, rows)) + self.room
        return symbols_of(np.stack([np.pad(row, (0, longest - len(row))) for row in rows]))

    def show(self, inputs: Array) -> str:
        return self.sign.join(_written(row[::-1]) for row in columns(inputs, len(self.weights)))

    def render(self, inputs: Array, outputs: Array) -> str:
        return _written(outputs[::-1])


_COUNTED = {1: "a number", 2: "two numbers", 3: "three numbers"}
_SHOWN = ("1476", "999", "8")


def low_first(*weights: int) -> Transducer:
    """Return the machine of a weighted sum of numbers, lowest digit first."""

    def rule(carry: int, column: int) -> tuple[int, int]:
        digits = columns(np.array(column), len(weights))
        return divmod(int(np.dot(weights, digits)) + carry, BASE)

    return minimal(0, BASE ** len(weights), rule, lambda carry: f"carry {carry}")


class Division(Running):
    """A number divided by ``divisor``, highest digit first, whose state is the remainder; what remains in the end is dropped."""

    Params = Digits
    divisor: ClassVar[int]
    outputs = BASE

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw numbers of ``length`` digits that do not begin with 0 (but for length 1): ``[n, length]`` uint8."""
        digits = rng.integers(BASE, size=(n, length), dtype=np.uint8)
        if length > 1:
            digits[:, 0] = rng.integers(1, BASE, size=n, dtype=np.uint8)
        return digits

    def oracle(self, inputs: Array) -> Array:
        """Divide: ``[n, length]`` digits to ``[n, length]`` digits."""
        answers, rest = np.empty(inputs.shape, np.uint8), np.zeros(len(inputs), np.int64)
        for t in range(inputs.shape[1]):
            answers[:, t], rest = np.divmod(BASE * rest + inputs[:, t], self.divisor)
        return answers

    def parse(self, text: str) -> Array:
        return read_characters(text, DIGITS, "a number in decimal digits such as 1476233999")

    def show(self, inputs: Array) -> str:
        return "".join(map(str, inputs.tolist()))

    def render(self, inputs: Array, outputs: Array) -> str:
        return _written(outputs)


def division(divisor: int) -> Transducer:
    """Return the machine of a division by ``divisor``, highest digit first."""

    def rule(rest: int, digit: int) -> tuple[int, int]:
        quotient, after = divmod(BASE * rest + digit, divisor)
        return after, quotient

    return minimal(0, BASE, rule, lambda rest: f"remainder {rest}")


def _written(digits: Array) -> str:
    return "".join(map(str, digits.tolist())).lstrip("0") or "0"
