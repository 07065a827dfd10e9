"""Which of two decimal numbers is the greater one, highest digit first, at every digit."""

from collections.abc import Mapping

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import InputError, quoted, read_characters, read_words
from pipeline.core.sampled_task import Sampler
from pipeline.finite_state.digits import BASE, DIGITS, Pairs, columns, symbols_of
from pipeline.finite_state.machines import minimal, showing
from pipeline.finite_state.running import Running

SIGNS = "=<>"
EXPECTED = "two decimal numbers such as '1476 999'"


def _sign(first: int, second: int) -> int:
    return 0 if first == second else 1 if first < second else 2


class Comparison(Running):
    """Two numbers, a column of digits after the other, to how they compare so far: ``=``, ``<`` or ``>``.

    Example:
        >>> task.oracle(np.array([[11, 47, 70]], dtype=np.uint8))
        array([[0, 1, 1]], dtype=uint8)
        >>> task.answer("147 170")
        '<'
    """

    Params = Pairs
    name = "comparison"
    version = 1
    outputs = len(SIGNS)
    transducer = minimal(0, BASE**2, showing(lambda found, column: found or _sign(*divmod(column, BASE))), lambda found: SIGNS[found])

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw pairs of numbers that are alike for a stretch, of any length as likely, and random after it: ``[n, length]`` uint8."""
        first, second = rng.integers(BASE, size=(2, n, length))
        alike = np.arange(length) < rng.integers(length + 1, size=n)[:, None]
        return symbols_of(np.stack([first, np.where(alike, first, second)]))

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "last_differs": _last_differs, "runs": self._runs}

    def oracle(self, inputs: Array) -> Array:
        """Look up the first difference: ``[n, length]`` columns to ``[n, length]`` signs."""
        first, second = columns(inputs, 2)
        signs = np.where(first < second, 1, np.where(first > second, 2, 0)).astype(np.uint8)
        where = np.where(signs > 0, np.arange(inputs.shape[1]), inputs.shape[1])
        earliest = np.minimum.accumulate(where, axis=1)
        found = np.take_along_axis(signs, np.minimum(earliest, inputs.shape[1] - 1), axis=1)
        return np.where(earliest < inputs.shape[1], found, 0).astype(np.uint8)

    def parse(self, text: str) -> Array:
        words = read_words(text)
        if len(words) != 2:
            raise InputError(f"expected {EXPECTED}, got {quoted(text)}")
        rows = [read_characters(word, DIGITS, EXPECTED) for word in words]
        longest = max(map(len, rows))
        return symbols_of(np.stack([np.pad(row, (longest - len(row), 0)) for row in rows]))

    def show(self, inputs: Array) -> str:
        return " ".join("".join(map(str, row.tolist())) for row in columns(inputs, 2))

    def render(self, inputs: Array, outputs: Array) -> str:
        return SIGNS[int(outputs[-1])]


def _last_differs(rng: np.random.Generator, n: int, length: int) -> Array:
    """Draw numbers that are alike up to their last digit: ``[n, length]`` uint8."""
    first = rng.integers(BASE, size=(n, length))
    second = first.copy()
    second[:, -1] = (first[:, -1] + rng.integers(1, BASE, size=n)) % BASE
    return symbols_of(np.stack([first, second]))


TASK = Comparison
