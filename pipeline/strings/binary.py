"""Numbers as bits, lowest bit first, of any length; and two of them with a sign between."""

from collections.abc import Callable

import numpy as np

from pipeline.core.examples import Array
from pipeline.strings.cells import until

SIGN, END = 2, 2


def number(bits: Array) -> int:
    """Read ``[length]`` bits."""
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def bits_of(value: int, length: int) -> Array:
    """Write ``length`` bits of a number: uint8."""
    written = np.frombuffer(value.to_bytes(length // 8 + 1, "little"), np.uint8)
    return np.unpackbits(written, bitorder="little")[:length]


def draw_pairs(rng: np.random.Generator, n: int, length: int) -> Array:
    """Draw two numbers above 0 with a sign between them: ``[n, length]``, the first of 1 to ``length - 2`` bits, which is uniform."""
    places, first = np.arange(length), rng.integers(1, length - 1, size=n)[:, None]
    bits = np.zeros((n, length), np.uint8)
    for part in (places < first, places > first):
        while (left := ~(bits & part).any(axis=1)).any():
            bits[left] |= rng.integers(2, size=(left.sum(), length), dtype=np.uint8) & part[left]
    bits[np.arange(n), first[:, 0]] = SIGN
    return bits


def pairs(length: int) -> int:
    """Count the pairs of ``length`` that ``draw_pairs`` can give."""
    return sum((2**first - 1) * (2 ** (length - 1 - first) - 1) for first in range(1, length - 1))


def combine(strings: Array, operation: Callable[[int, int], int], cells: int) -> Array:
    """Combine the two numbers of each of ``[n, length]`` strings: ``[n, cells]`` bits without zeros above the highest one, then the end."""
    answers, ends = np.zeros((len(strings), cells), np.uint8), np.zeros(len(strings), np.int64)
    for row, string in enumerate(strings):
        at = int((string == SIGN).argmax())
        value = operation(number(string[:at]), number(string[at + 1 :]))
        ends[row] = max(value.bit_length(), 1)
        answers[row, : ends[row]], answers[row, ends[row]] = bits_of(value, int(ends[row])), END
    return until(ends, answers)


def fault(string: Array) -> str | None:
    """Say what a string of bits and signs lacks to be a pair of numbers, or ``None``."""
    apart = (string == SIGN).nonzero()[0]
    return None if len(apart) == 1 and 0 < apart[0] < len(string) - 1 else "one sign, and a number on either side"
