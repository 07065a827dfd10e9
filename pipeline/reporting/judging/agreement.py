"""Whether our nets need as many sequences until they are solved as the published ones, as far as a test can tell.

At each training length a two-sided rank-sum test: Mann and Whitney (1947), "On a Test of Whether one of Two Random Variables is
Stochastically Larger than the Other", Annals of Mathematical Statistics 18(1). It looks at ranks only, so a net that was not solved can
count as later than any that was. The lengths of one experiment are many tests; their p values are adjusted after Holm (1979), "A
Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6(2).

A p of 0.05 or more does not prove two samples alike: with ten trials each only clear differences show.
"""

from collections.abc import Mapping

from scipy.stats import mannwhitneyu, rankdata

from pipeline.reporting.inputs.published import Published
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging.times import Sample, limit, measured, sample

LEVEL = 0.05


def agreement(results: Results, published: Published) -> dict[int, float]:
    """Return the adjusted p value at each length that has both samples.

    Both sides are counted in the same way, and cut off at the smaller of their limits: a net that was solved later counts as unsolved.
    """
    limits = min(limit(results), published.limit)
    printed = published.experiments.get(results.experiment, {})
    ps = {}
    for length, times in sorted(printed.items()):
        if ours := measured(results, length, run_included=published.run_included):
            ps[length] = rank_sum(ours.within(limits), sample(times).within(limits))
    return holm(ps)


def rank_sum(ours: Sample, theirs: Sample) -> float:
    """Return the two-sided p value; exact where no two times are equal, else the normal approximation corrected for ties."""
    ranks = rankdata([*ours.times, *theirs.times])
    method = "exact" if len(set(ranks)) == len(ranks) else "asymptotic"
    return float(mannwhitneyu(ranks[: len(ours.times)], ranks[len(ours.times) :], alternative="two-sided", method=method).pvalue)


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
