"""Sequences until solved as censored times: a net that has not solved its task by the limit may do so later.

- Medians after Kaplan and Meier (1958), "Nonparametric Estimation from Incomplete Observations", Journal of the American Statistical
  Association 53; their 95 % intervals after Brookmeyer and Crowley (1982), on the log-log scale, Biometrics 38(1).
- Two samples: the log-rank test, Mantel (1966), Cancer Chemotherapy Reports 50(3), and the ratio of their times (``intervals``).

A net that diverged counts as one that the limit cut off. The lengths of one experiment are many tests; their p values are adjusted after
Holm (1979), "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6(2).

Where a rule asks whether one net needs fewer sequences than another, the 95 % interval of the ratio answers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.words import steps
from pipeline.reporting.judging import intervals

LEVEL = 0.05


@dataclass(frozen=True)
class Median:
    """A Kaplan-Meier median and the bounds of its interval; infinity: beyond the limit."""

    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        return steps(self.value)

    @property
    def interval(self) -> str:
        """The interval in words; bounds beyond the limit are ``no bound``."""
        return f"{steps(self.low)} – {'no bound' if math.isinf(self.high) else steps(self.high)}"


def median(times: Sequence[float], limit: float) -> Median:
    """Return the Kaplan-Meier median of ``times``, infinite (or beyond the limit) for a net that was cut off at ``limit``."""
    # It takes most of a second to import, and only the report needs it.
    from lifelines import KaplanMeierFitter
    from lifelines.utils import median_survival_times

    fitted = KaplanMeierFitter(alpha=1 - intervals.SURE).fit(*_observed(times, limit))
    low, high = (float(bound) for bound in median_survival_times(fitted.confidence_interval_).iloc[0])
    return Median(float(fitted.median_survival_time_), low, high)


def log_rank(ours: Sequence[float], theirs: Sequence[float], limit: float) -> float:
    """Return the two-sided p value of both samples coming from one distribution; 1 where no net of either was solved."""
    from lifelines.statistics import logrank_test

    (a, a_seen), (b, b_seen) = _observed(ours, limit), _observed(theirs, limit)
    if not a_seen.any() and not b_seen.any():
        return 1.0
    return float(logrank_test(a, b, a_seen, b_seen).p_value)


def ratio(ours: Sequence[float], theirs: Sequence[float], limit: float, sure: float = intervals.SURE) -> intervals.Shift:
    """Return how many times as many sequences ``ours`` need, with the interval: the shift of the logarithms, written as a factor.

    What was cut off at ``limit`` may be any number above it: a bound that hangs on it may be 0 or infinity, and the estimate ``nan``.
    """
    found = intervals.shift(np.log(ours).tolist(), np.log(theirs).tolist(), sure, math.log(limit))
    with np.errstate(over="ignore"):
        return intervals.Shift(*(float(np.exp(value)) for value in (found.estimate, found.low, found.high)))


def holm(ps: Mapping[int, float]) -> dict[int, float]:
    """Adjust p values, given by any key: the smallest times their number, the next times one less, never falling, at most 1.

    Example:
        >>> holm({4: 0.01, 5: 0.04, 6: 0.03})
        {4: 0.03, 5: 0.06, 6: 0.06}
    """
    adjusted: dict[int, float] = {}
    largest = 0.0
    for place, key in enumerate(sorted(ps, key=lambda key: ps[key])):
        largest = max(largest, min(1.0, (len(ps) - place) * ps[key]))
        adjusted[key] = largest
    return {key: adjusted[key] for key in ps}


def _observed(times: Sequence[float], limit: float) -> tuple[np.ndarray, np.ndarray]:
    found = np.asarray(times, np.float64)
    return np.minimum(found, limit), found <= limit
