"""How many ones a net counts right whose state is a sum: the reach, from a closed form of float32 sums.

Within a binade a float32 sum to which the same number is added grows by the same step, that number rounded to the binade's unit. So n
additions are a few runs, each linear in n (``runs``), and the first n with a wrong answer lies on one of them.
"""

from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline.guarantees.checker.counting import ASSUMED
from pipeline.guarantees.checker.rounding import LEAST, UNIT, Run, binade, nearest
from pipeline.guarantees.document import sealed

HALF = Fraction(1, 2)
# Odd numbers from here on are no numbers of float32.
BEYOND = 2**24 + 1


def reach(weights: Mapping[str, Any], net: str, task: str = "count_ones") -> dict[str, Any]:
    """Return a guarantee of how many ones are counted right (-1: not even none), and how many surely not.

    Args:
        weights: ``recurrent/kernel`` ``[1, units]``, ``readout/kernel`` ``[units, 1]``, ``readout/bias`` ``[1]``: float32.
        net: ``carousel`` or ``counters``.
        task: Its name.
    """
    low, high = _increments(np.asarray(weights["recurrent/kernel"][0], np.float64), net)
    units = [(runs(Fraction(float(one)), BEYOND), runs(Fraction(float(other)), BEYOND)) for one, other in zip(low, high, strict=True)]
    scores, bias = np.asarray(weights["readout/kernel"][:, 0], np.float64), float(weights["readout/bias"][0])
    if net == "counters":
        scores, bias = np.round(scores), float(np.round(2 * bias)) / 2
    counting = _Counting(units, [Fraction(float(score)) for score in scores], Fraction(bias))
    wrong, fails = counting.first("perhaps"), counting.first("surely")
    if net == "counters":
        wrong = max(wrong, min(counting.first("exactly"), counting.exact() + 1))
    return sealed("count", task, weights, ASSUMED[net], {
        "net": net,
        "increments": {"low": low.tolist(), "high": high.tolist()},
        "reach": wrong - 1,
        "fails": fails,
        "runs": [[_written(side, fails) for side in unit] for unit in units],
    })  # fmt: skip


def runs(added: Fraction, length: int) -> list[Run]:
    """Return what ``length`` float32 additions of a number to 0 give, as runs of the same step."""
    found: list[Run] = []
    at, value = 0, Fraction(0)
    while at < length:
        step = nearest(value + added) - value
        count = min(_count(value, added, step, length - at), length - at)
        found.append((at, value, step, count))
        at, value = at + count, value + count * step
    return found


def _increments(kernel: Any, net: str) -> tuple[Any, Any]:
    """Return the least and the greatest float32 numbers that a one may add to each unit."""
    if net == "counters":
        rounded = np.clip(np.round(kernel), -1, 1)
        return rounded, rounded
    error = ASSUMED["carousel"]["tanh_error"] + 2.0**-38
    low, high = ((np.tanh(kernel) + side * error).astype(np.float32) for side in (-1, 1))
    return tuple(np.nextafter(end, np.float32(side)).astype(np.float64) for end, side in ((low, -2), (high, 2)))


def _count(value: Fraction, added: Fraction, step: Fraction, most: int) -> int:
    """Return for how many additions the step surely stays the same; at least one."""
    if not step:
        return most
    if step == added:  # exact as long as the sum has no more than 24 bits
        grid = min(Fraction(number.numerator & -number.numerator, number.denominator) for number in (value, step) if number)
        exact = int((2**24 * grid - abs(value)) // abs(step))
        if exact >= 1:
            return exact
    if not value:
        return 1
    after = value + step
    e = binade(after)
    unit = Fraction(2) ** (e - 23)
    even = not after % (2 * unit) and not step % (2 * unit)
    if abs(after) == Fraction(2) ** e or step % unit or (abs(step - added) == unit / 2 and not even) or abs(step - added) > unit / 2:
        return 1
    return max(int((Fraction(2) ** (e + 1) - abs(value)) // abs(step)), 1)


def _written(side: list[Run], length: int) -> list[list[float]]:
    return [[first, float(value), float(step), min(count, length - first)] for first, value, step, count in side if first < length]


class _Counting:
    """What n ones come to, for each unit from below and from above, and with the readout."""

    def __init__(self, units: list[tuple[list[Run], list[Run]]], readout: list[Fraction], bias: Fraction) -> None:
        self.sides = [side for unit in units for side in unit]
        self.starts = [[first for first, *_ in side] for side in self.sides]
        self.readout = readout
        self.bias = bias

    def exact(self) -> int:
        """Return up to which n float32 adds up terms of whole numbers, and a half of one, without an error."""
        return max(bisect_left(range(BEYOND), True, key=lambda n: self._size(n) > 2**23) - 1, 0)

    def first(self, how: str) -> int:
        """Return the least n that is answered wrongly perhaps, in exact arithmetic, or (one of the least) surely."""
        cuts = sorted({first for starts in self.starts for first in starts} | {BEYOND})
        for first, last in pairwise(cuts):
            for n in (first, last):
                if n < BEYOND and self._fails(n, how):
                    return first + bisect_left(range(first, n), True, key=lambda n: self._fails(n, how))
            # The last run goes on beyond what float32 can count.
            if last == BEYOND and self._fails(BEYOND - 1, how):
                return first + bisect_left(range(first, BEYOND - 1), True, key=lambda n: self._fails(n, how))
        return BEYOND

    def _fails(self, n: int, how: str) -> bool:
        low = high = self.bias - n
        for one, other in self._products(n):
            low, high = low + min(one, other), high + max(one, other)
        terms = len(self.readout) + 1
        error = terms * UNIT / (1 - terms * UNIT) * self._size(n) + 2 * terms * LEAST
        if how == "surely":
            return max(low, -high) - error > HALF
        return max(-low, high) + (error if how == "perhaps" else 0) >= HALF

    def _size(self, n: int) -> Fraction:
        return sum((max(abs(one), abs(other)) for one, other in self._products(n)), abs(self.bias))

    def _products(self, n: int) -> list[tuple[Fraction, Fraction]]:
        sums = [self._sum(which, n) for which in range(len(self.sides))]
        return [(sums[2 * unit] * weight, sums[2 * unit + 1] * weight) for unit, weight in enumerate(self.readout)]

    def _sum(self, which: int, n: int) -> Fraction:
        first, value, step, _ = self.sides[which][max(bisect_left(self.starts[which], n + 1) - 1, 0)]
        return value + (n - first) * step
