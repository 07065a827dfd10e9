"""Rules about sequences until solved, in words and checked for each net or training length."""

from statistics import fmean

from pipeline.core.words import number, numeral, span, spread, steps
from pipeline.files.outcomes import Outcome
from pipeline.reporting.inputs.measures import AgreesMeasure, SolvedMeasure, SoonerMeasure
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging.agreement import agreement, in_words
from pipeline.reporting.judging.rules import NOT_REFUTED, Evidence, Finding
from pipeline.reporting.judging.survival import LEVEL, ratio
from pipeline.reporting.judging.times import batch, limit, measured


def solved_rule(m: SolvedMeasure) -> str:
    met = "met" if m.solved else "not met"
    lengths = span("training length", m.lengths)
    return f"stopping criterion {met} within {numeral(m.steps)} steps, its run of successes included; {lengths}"


def solved_finding(m: SolvedMeasure, evidence: Evidence) -> Finding:
    results = evidence.results[m.experiment]
    nets = [net for length in _chosen(results, m.lengths) for net in results.endings[length].values()]
    times = [net.solved_after * batch(results) for net in nets if net.solved_after is not None]
    counts = f"; sequences: mean {steps(fmean(times))}, {spread(times, '', steps)}" if times else ""
    # A seed's nets of several lengths are not independent, and not of one kind.
    alone = len(_chosen(results, m.lengths)) == 1
    return Finding(tuple(_solved(net, m) for net in nets), "seed", f"{len(times)} of {len(nets)} nets met it{counts}", independent=alone)


def _solved(net: Outcome, m: SolvedMeasure) -> bool | None:
    if net.solved_after is not None:
        return (net.solved_after <= m.steps) == m.solved
    # A net that has diverged never meets it; one whose training ended before the limit might have met it later.
    known = net.diverged_at is not None or net.steps >= m.steps
    return not m.solved if known else None


def sooner_rule(m: SoonerMeasure) -> str:
    lengths = span("training length", m.lengths)
    return f"sequences until solved: {m.experiment} fewer than {m.than}, the 95 % interval of the ratio below 1; {lengths}"


def sooner_finding(m: SoonerMeasure, evidence: Evidence) -> Finding:
    ours, theirs = (evidence.results[name] for name in m.needs)
    cut = min(limit(ours), limit(theirs))
    ratios = {}
    for length in _chosen(ours, m.lengths):
        a, b = measured(ours, length), measured(theirs, length)
        if a and b:
            ratios[length] = ratio(a.times, b.times, cut)
    met = tuple(True if r.high < 1 else False if r.low > 1 else None for r in ratios.values())
    listed = "; ".join(f"{length}: {in_words(r)}" for length, r in ratios.items())
    return Finding(met, "length", f"ratio by length {listed}" if listed else "", "not decided", independent=False)


def agrees_rule(m: AgreesMeasure) -> str:
    lengths = span("training length", m.lengths)
    return (
        f"sequences until solved as in the published trials to within a factor of {m.factor:g} (90 % interval of the ratio inside it; "
        f"refuted where the log-rank test's p, adjusted for the number of lengths, is below {LEVEL:g}); {lengths}"
    )


def agrees_finding(m: AgreesMeasure, evidence: Evidence) -> Finding:
    found = agreement(evidence.results[m.experiment], evidence.published)
    chosen = {length: c for length, c in found.items() if m.lengths[0] <= length <= m.lengths[1]}
    listed = "; ".join(f"{length}: {c.text}, p {number(c.p)}" for length, c in chosen.items())
    met = tuple(c.alike(m.factor) for c in chosen.values())
    return Finding(met, "length", f"ratio to the published by length {listed}", NOT_REFUTED, independent=False)


def _chosen(results: Results, lengths: tuple[int, int]) -> list[int]:
    return [length for length in results.training_lengths if lengths[0] <= length <= lengths[1]]
