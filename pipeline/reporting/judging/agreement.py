"""Whether our nets need as many sequences until they are solved as the published ones: at each training length, what can be said of it.

Both sides are counted in the same way, the run of successes included where the published counts include it, and are cut off at the smaller
of their limits.
"""

import math
from dataclasses import dataclass

from pipeline.core.words import number
from pipeline.reporting.inputs.published import Published
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging import intervals, survival
from pipeline.reporting.judging.intervals import Shift
from pipeline.reporting.judging.times import limit, measured, sample


@dataclass(frozen=True)
class Comparison:
    """Our times against the published ones at one training length.

    Attributes:
        p: Of the log-rank test, adjusted for the number of lengths.
        ratio: Ours to theirs, with its 95 % interval.
        narrow: The same with the 90 % interval that decides about equivalence.
    """

    p: float
    ratio: Shift
    narrow: Shift

    def alike(self, factor: float) -> bool | None:
        """Tell whether both need equally many sequences to within ``factor``; ``None``: neither that nor a difference is shown."""
        if self.narrow.low >= 1 / factor and self.narrow.high <= factor:
            return True
        return False if self.p < survival.LEVEL else None

    @property
    def text(self) -> str:
        """The ratio with its interval."""
        return in_words(self.ratio)


def agreement(results: Results, published: Published) -> dict[int, Comparison]:
    """Compare at each training length that has both samples."""
    ps: dict[int, float] = {}
    ratios: dict[int, tuple[Shift, Shift]] = {}
    cut = min(limit(results), published.limit)
    for length, times in sorted(published.experiments.get(results.experiment, {}).items()):
        if ours := measured(results, length, run_included=published.run_included):
            both = ours.times, sample(times).times
            ps[length] = survival.log_rank(*both, cut)
            ratios[length] = survival.ratio(*both, cut), survival.ratio(*both, cut, intervals.EQUIVALENCE)
    return {length: Comparison(p, *ratios[length]) for length, p in survival.holm(ps).items()}


def in_words(found: Shift) -> str:
    """Write a ratio with its interval.

    Example:
        >>> in_words(Shift(1.5, 0.5, math.inf)), in_words(Shift(math.nan, 0.0, math.inf))
        ('× 1.500 (0.500 to no bound)', 'not known')
    """
    if math.isnan(found.estimate) and found.low == 0 and math.isinf(found.high):
        return "not known"
    high = "no bound" if math.isinf(found.high) else number(found.high)
    return f"× {number(found.estimate)} ({number(found.low)} to {high})"
