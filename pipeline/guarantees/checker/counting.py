"""Check how many ones a net counts right that adds the same numbers to its state at every one, and nothing at a zero.

The net: ``s' = s + x d`` from zeros, ``y = s V + c``, and the whole number nearest to y is the answer. d is ``tanh(W)`` (``carousel``), or
W rounded to -1, 0, 1 (``counters``, where V is rounded too, to the nearest whole numbers). Programs differ in the last digit of a tanh,
and a string may be read by several of them: d lies between ``low`` and ``high`` at every one. A float32 sum does not fall if what is added
grows, so behind n ones each unit lies between n additions of ``low`` and n of ``high``, wherever zeros stand. Both are known exactly: a
few runs, each linear in n.

What y is then off n by is on each run a linear function of n between two bounds, and what float32 may err by, in any order, is convex:
``g`` times the sum of the terms' magnitudes, g = (U + 1) u / (1 - (U + 1) u) for U units. So where both together are below a half at
both ends of a run, the answer is n all along it. What ``counters`` add up are whole numbers, and c, which is rounded to a half of one: up
to 2^23 that is exact, and g is 0 where this is never left.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pipeline.guarantees.checker.files import Array, numbers, require, whole
from pipeline.guarantees.checker.rounding import LEAST, UNIT, Run, checked_runs, is_single

TANH = 2.0**-18
EPS = 2.0**-40  # what float64 may err by
NAMES = {"recurrent/kernel", "readout/kernel", "readout/bias"}
HALF = Fraction(1, 2)
ASSUMED = {
    "carousel": ({"float32_unit": 2.0**-24, "tanh_error": TANH, "tanh_of_0": 0}),
    "counters": {"float32_unit": 2.0**-24},
}
Ends = tuple[list[Run], list[Run]]  # a unit's runs from below and from above


def check(document: dict[str, Any], weights: dict[str, Array]) -> list[str]:
    """Return what is proved, in words. Raises ``Rejected``."""
    require(set(weights) == NAMES, "the weights are those of another kind of net")
    kernel, readout, bias = weights["recurrent/kernel"], weights["readout/kernel"], weights["readout/bias"]
    units = readout.shape[0]
    require(kernel.shape == (1, units) and readout.shape == (units, 1) and bias.shape == (1,), "the weights do not fit the net")
    added = _increments(document, kernel[0])
    reach, fails = whole(document["reach"], -1), whole(document["fails"], 0)
    require(reach < fails <= 2**24 + 1, "it fails where it is right, or far beyond what float32 can count")
    require(len(document["runs"]) == units, "there are no runs for each unit")
    runs: list[Ends] = []
    for rows, (low, high) in zip(document["runs"], added, strict=True):
        require(len(rows) == 2, "a unit has runs from below and from above")
        runs.append((checked_runs(rows[0], low, fails), checked_runs(rows[1], high, fails)))
    scores, offset = readout[:, 0].astype(np.float64), float(bias[0])
    if document["net"] == "counters":
        scores, offset = np.round(scores), float(np.round(2 * offset)) / 2
    answer = Answer(runs, [Fraction(float(score)) for score in scores], Fraction(offset))
    exact = document["net"] == "counters" and answer.size(max(reach, 0)) <= 2**23
    ends = {0, reach} | {first for unit in runs for side in unit for first, *_ in side if first < reach}
    for at in sorted(ends) if reach >= 0 else []:
        low, high = answer.off(at)
        error = Fraction(0) if exact else answer.error(at)
        require(max(-low, high) + error < HALF, f"behind {at} ones it may be wrong")
    low, high = answer.off(fails)
    beyond = fails == 2**24 + 1  # which is no number of float32
    require(beyond or max(low, -high) - answer.error(fails) > HALF, f"behind {fails} ones it may be right")
    if reach < 0:
        return ["proved: this net answers a string without ones wrongly"]
    return [
        f"proved: this net counts the ones of every string of up to {reach} symbols right, if the assumptions hold",
        f"  fails        it counts {fails} ones wrongly, in whichever order float32 sums are taken",
    ]


def _increments(document: dict[str, Any], kernel: Array) -> list[tuple[Fraction, Fraction]]:
    """Return the bounds of what a one adds to each unit."""
    kind = document["net"]
    require(kind in ASSUMED, "the net is unknown")
    require(document["assumptions"] == ASSUMED[kind], "the assumptions are not those of this checker")
    low, high = (numbers(document["increments"][end], kernel.shape) for end in ("low", "high"))
    if kind == "carousel":
        exact = np.tanh(kernel.astype(np.float64))
        require((low <= exact - TANH - EPS).all() and (high >= exact + TANH + EPS).all(), "a tanh may lie beyond what is said")
    else:
        rounded = np.clip(np.round(kernel.astype(np.float64)), -1, 1)
        require((low == rounded).all() and (high == rounded).all(), "what is added is not the rounded weights")
    found = [(Fraction(float(one)), Fraction(float(other))) for one, other in zip(low, high, strict=True)]
    require(all(is_single(value) for pair in found for value in pair), "what is added is no number of float32")
    return found


def _sum(runs: list[Run], n: int) -> Fraction:
    """Return the sum behind n additions."""
    if not n:
        return Fraction(0)
    first, value, step, _ = next(run for run in reversed(runs) if run[0] <= n)
    return value + (n - first) * step


class Answer:
    """What a net puts out behind n ones."""

    def __init__(self, runs: list[Ends], readout: list[Fraction], bias: Fraction) -> None:
        self.runs, self.readout, self.bias = runs, readout, bias

    def products(self, n: int) -> list[tuple[Fraction, Fraction]]:
        """Return the bounds of each unit's term."""
        found = []
        for (below, above), weight in zip(self.runs, self.readout, strict=True):
            one, other = sorted((_sum(below, n) * weight, _sum(above, n) * weight))
            found.append((one, other))
        return found

    def off(self, n: int) -> tuple[Fraction, Fraction]:
        """Return by how much the answer is off, at least and at most, in exact arithmetic."""
        low, high = (sum(ends, self.bias - n) for ends in zip(*self.products(n), strict=True))
        return low, high

    def size(self, n: int) -> Fraction:
        """Return the greatest magnitude that the terms can add up to; it does not fall with n."""
        return sum((max(abs(low), abs(high)) for low, high in self.products(n)), abs(self.bias))

    def error(self, n: int) -> Fraction:
        """Return what float32 may err by."""
        steps = (len(self.readout) + 1) * UNIT
        return steps / (1 - steps) * self.size(n) + 2 * (len(self.readout) + 1) * LEAST
