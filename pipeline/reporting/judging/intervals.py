"""Intervals: of a share of seeds, and of the shift between two samples.

- A share: Clopper and Pearson (1934), "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial", Biometrika 26(4):
  at least 95 % sure whatever the share is. Ten of ten seeds say that at least 69 % of all seeds are so.
- A shift: Hodges and Lehmann (1963), "Estimates of Location Based on Rank Tests", Annals of Mathematical Statistics 34(2): the median of
  all differences between a value of the one sample and a value of the other. Its interval are the differences that a rank-sum test does
  not refute (exact distribution; with ties it is wider than it need be, never narrower).

Two samples are called equivalent if the 90 % interval of their shift lies within a stated margin: two one-sided tests at 5 %, Schuirmann
(1987), Journal of Pharmacokinetics and Biopharmaceutics 15(6).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

SURE = 0.95
# Of an interval that lies within a margin if two one-sided tests at 5 % do.
EQUIVALENCE = 0.90


@dataclass(frozen=True)
class Shift:
    """By how much one sample lies above another, and between which bounds that is."""

    estimate: float
    low: float
    high: float

    def within(self, margin: float) -> bool:
        """Tell whether no shift of more than ``margin`` either way is left possible."""
        # Scores have nine decimals: a difference equal to the margin must not count as larger through rounding of floats.
        return round(self.low, 9) >= -margin and round(self.high, 9) <= margin

    def beyond(self, margin: float) -> bool:
        """Tell whether only shifts of more than ``margin`` are left, all the one way."""
        return round(self.low, 9) > margin or round(self.high, 9) < -margin


def of_share(count: int, n: int, sure: float = SURE) -> tuple[float, float]:
    """Return the bounds of Clopper and Pearson of a share of which ``count`` of ``n`` were seen.

    Example:
        >>> [round(bound, 3) for bound in of_share(10, 10)]
        [0.692, 1.0]
    """
    found = binomtest(count, n).proportion_ci(confidence_level=sure, method="exact")
    return float(found.low), float(found.high)


def share_in_words(count: int, n: int) -> str:
    """Write that interval.

    Example:
        >>> share_in_words(10, 10)
        '69 to 100 % of all seeds'
    """
    low, high = of_share(count, n)
    return f"{math.floor(100 * low)} to {math.ceil(100 * high)} % of all seeds"


def shift(ours: Sequence[float], theirs: Sequence[float], sure: float = SURE, limit: float = math.inf) -> Shift:
    """Return by how much ``ours`` lies above ``theirs``.

    A value above ``limit`` is one that was cut off there, and may be any number from it on: the lower bound takes the least difference that
    it allows, the upper one the greatest. The estimate is ``nan`` where it hangs on that.
    """
    a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    (a_least, a_most), (b_least, b_most) = ((np.minimum(x, limit), np.where(x > limit, np.inf, x)) for x in (a, b))
    least, most = np.sort(np.subtract.outer(a_least, b_most), axis=None), np.sort(np.subtract.outer(a_most, b_least), axis=None)
    middle = _median(least), _median(most)
    estimate = middle[0] if middle[0] == middle[1] else math.nan
    left_out = _left_out(len(a), len(b), sure)
    if left_out is None:  # so few values refute no shift
        return Shift(estimate, -math.inf, math.inf)
    return Shift(estimate, float(least[left_out]), float(most[-1 - left_out]))


def _median(ordered: NDArray[np.float64]) -> float:
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(low / 2 + high / 2)  # infinities of two signs do not meet: only least differences are -inf, only greatest ones inf


def _left_out(n: int, m: int, sure: float) -> int | None:
    """Count the differences at either end that the interval leaves out; ``None``: even the least and the greatest are not sure enough."""
    below = np.cumsum(_rank_sums(n, m)) <= (1 - sure) / 2
    return int(below.sum()) - 1 if below.any() else None


@cache
def _rank_sums(n: int, m: int) -> NDArray[np.float64]:
    """Return the probabilities of the rank-sum statistic 0 … nm if two samples of ``n`` and ``m`` come from one distribution.

    They are the coefficients of the Gaussian binomial: the product of (1 - q^(m+i)) / (1 - q^i) over i = 1 … n.
    """
    ways = np.zeros(n * m + 1)
    ways[0] = 1
    for i in range(1, n + 1):
        if m + i <= n * m:
            ways[m + i :] -= ways[: -(m + i)].copy()
        for at in range(i, len(ways)):
            ways[at] += ways[at - i]
    return np.asarray(ways / ways.sum())
