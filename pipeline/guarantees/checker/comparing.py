"""Check how far a net of integer counters answers right that gives the class with the largest linear score.

The net: ``s' = s + d[x]`` from zeros, d = W rounded to -1, 0, 1; the answer is the class with the largest ``s r(V) + r(2 c) / 2``,
r to the nearest whole number. The state depends on nothing but how often each symbol was read, and is exact up to 2^24 symbols.

A task says for each answer which counts it belongs to, as cones: ``base + whole multiples of generators`` (``REGIONS``). In a cone the lead
of the right class over another is at least ``L(base) - g A(base) + sum of t_i (L(g_i) - g A(g_i))``, where L is linear, A is the sum of the
magnitudes of what is added up, which is no more for a sum of vectors than the sum of theirs, and g bounds what float32 may err by, in any
order. So if that is above 0 at the base and not below 0 for any generator, all counts are answered right; and else those up to a
length that is computed here. As long as what is added up comes to no more than 2^23, sums of halves are exact, and g is 0.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pipeline.guarantees.checker.files import Array, require, whole
from pipeline.guarantees.checker.rounding import LEAST, UNIT

EXACT = 2**24
HALVES = 2**23
NAMES = {"recurrent/kernel", "readout/kernel", "readout/bias"}
Counts = tuple[int, ...]
Cone = tuple[int, Counts, tuple[Counts, ...]]  # the answer, the base, the generators


def _unit(*ones: int, size: int) -> Counts:
    return tuple(int(place in ones) for place in range(size))


def _sorting(symbols: int) -> tuple[Cone, ...]:
    """Counts of each symbol and, last, of the empty cells so far: answered is the symbol whose share of the sorted string they reach."""
    size, cell = symbols + 1, symbols
    return tuple(
        (
            answer,
            _unit(answer, cell, size=size),
            (
                *(_unit(less, cell, size=size) for less in range(answer)), _unit(answer, cell, size=size), _unit(answer, size=size),
                *(_unit(more, size=size) for more in range(answer + 1, symbols)),
            ),
        )
        for answer in range(symbols)
    )  # fmt: skip


# What the tasks ask, by their names: which counts of symbols 0, 1 … have which answer.
REGIONS: dict[str, tuple[Cone, ...]] = {
    "majority": ((1, (0, 1), ((0, 1), (1, 1))), (0, (1, 0), ((1, 0), (1, 1))), (0, (1, 1), ((1, 0), (1, 1)))),
    "an_bn": ((0, (1, 0), ((1, 0),)), (1, (2, 1), ((1, 0), (1, 1))), (2, (1, 1), ((1, 1),))),
    "an_bn_cn": (
        (0, (1, 0, 0), ((1, 0, 0),)), (1, (2, 1, 0), ((1, 0, 0), (1, 1, 0))), (2, (1, 1, 0), ((1, 1, 0), (1, 1, 1))),
        (3, (1, 1, 1), ((1, 1, 1),)),
    ),
    "bucket_sort": _sorting(5),
}  # fmt: skip


def check(document: dict[str, Any], weights: dict[str, Array]) -> list[str]:
    """Return what is proved, in words. Raises ``Rejected``."""
    require(document["assumptions"] == {"float32_unit": 2.0**-24}, "the assumptions are not those of this checker")
    require(document["net"] == "counters" and set(weights) == NAMES, "the weights are those of another kind of net")
    require(document["task"] in REGIONS, "the task is unknown")
    regions = REGIONS[document["task"]]
    scores, reach = Scores(weights, regions), whole(document["reach"], 0)
    found = scores.reach(regions)
    require(reach <= found, f"it is proved up to length {found}, and {reach} is claimed")
    said = [f"proved: this net answers every input of {document['task']} right up to length {reach}, if the assumptions hold"]
    if document["fails"] is not None:
        counts = _counts(document["fails"], regions, len(regions[0][1]))
        answer = regions[document["fails"]["cone"]][0]
        surely = any(scores.lead(counts, answer, other, -1) < 0 for other in range(scores.classes) if other != answer)
        require(surely and sum(counts) <= EXACT, "an input that is said to be answered wrongly may be answered right")
        said.append(f"  fails        it answers inputs of {sum(counts)} symbols wrongly that have the counts {list(counts)}")
    return said


class Scores:
    """The leads of one class over another, as functions of the counts, in exact arithmetic."""

    def __init__(self, weights: dict[str, Array], regions: tuple[Cone, ...]) -> None:
        kernel, readout, bias = weights["recurrent/kernel"], weights["readout/kernel"], weights["readout/bias"]
        units, self.classes = readout.shape
        require(kernel.shape[1:] == (units,) and bias.shape == (self.classes,), "the weights do not fit the net")
        require(len(kernel) == len(regions[0][1]), "the net reads other symbols than the task has")
        require(max(answer for answer, *_ in regions) < self.classes, "there are answers that the net has no score for")
        require(max(float(np.abs(array).max()) for array in (readout, bias)) < 2.0**60, "the scores may leave the range of float32")
        self.added = [[int(value) for value in row] for row in np.clip(np.round(kernel.astype(np.float64)), -1, 1)]
        self.scores = [[int(value) for value in column] for column in np.round(readout.astype(np.float64)).T]
        self.offsets = [Fraction(int(value), 2) for value in np.round(2 * bias.astype(np.float64))]
        self.rounds = (units + 1) * UNIT / (1 - (units + 1) * UNIT)
        self.lost = 4 * (units + 1) * LEAST

    def growing(self, counts: Counts, right: int, other: int, sign: int = 1) -> Fraction:
        """Bound the part of a lead that grows with the counts, from below (``sign`` 1), from above (-1), or as it is (0)."""
        state = [sum(n * step for n, step in zip(counts, steps, strict=True)) for steps in zip(*self.added, strict=True)]
        ones, others = ([value * score for value, score in zip(state, self.scores[c], strict=True)] for c in (right, other))
        size = sum(map(abs, ones), Fraction(0)) + sum(map(abs, others), Fraction(0))
        return sum(ones, Fraction(0)) - sum(others, Fraction(0)) - sign * self.rounds * size

    def lead(self, counts: Counts, right: int, other: int, sign: int = 1) -> Fraction:
        """Bound a lead from below or from above, or give it as it is."""
        one, two = self.offsets[right], self.offsets[other]
        return self.growing(counts, right, other, sign) + one - two - sign * (self.rounds * (abs(one) + abs(two)) + self.lost)

    def reach(self, regions: tuple[Cone, ...]) -> int:
        """Return the greatest length up to which every answer is proved right; below the shortest input 0."""
        counting = [max(abs(steps[unit]) for steps in self.added) for unit in range(len(self.added[0]))]
        largest = [sum(n * abs(score) for n, score in zip(counting, scores, strict=True)) for scores in self.scores]
        exact = min(int((HALVES - abs(offset)) // max(step, 1)) for step, offset in zip(largest, self.offsets, strict=True))
        return min(EXACT, max(self._reach(regions, 1), min(exact, self._reach(regions, 0))))

    def _reach(self, regions: tuple[Cone, ...], sign: int) -> int:
        least = EXACT
        for right, base, generators in regions:
            for other in (c for c in range(self.classes) if c != right):
                at_base = self.lead(base, right, other, sign)
                if at_base <= 0:
                    least = min(least, sum(base) - 1)
                    continue
                slope = min(self.growing(generator, right, other, sign) / sum(generator) for generator in generators)
                if slope < 0:
                    # Lengths n with at_base + slope (n - length of the base) > 0.
                    beyond = at_base / -slope
                    least = min(least, sum(base) + (beyond.numerator - 1) // beyond.denominator)
        return least


def _counts(fails: Any, regions: tuple[Cone, ...], size: int) -> Counts:
    """Return the counts that are said to be answered wrongly: a base and multiples of its generators."""
    _, base, generators = regions[whole(fails["cone"], 0)]
    times = [whole(n, 0) for n in fails["times"]]
    require(len(times) == len(generators), "there is no number for each generator")
    return tuple(base[i] + sum(n * generator[i] for n, generator in zip(times, generators, strict=True)) for i in range(size))
