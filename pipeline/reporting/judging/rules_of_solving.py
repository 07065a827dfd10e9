"""Rules about sequences until solved, in words and checked for each net or training length."""

import math
from statistics import fmean

from pipeline.core.words import number, numeral, span, spread, steps
from pipeline.files.outcomes import Outcome
from pipeline.reporting.inputs.measures import AgreesMeasure, SolvedMeasure, SoonerMeasure
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging.agreement import LEVEL, agreement
from pipeline.reporting.judging.rules import Evidence, Finding
from pipeline.reporting.judging.times import batch, measured


def solved_rule(m: SolvedMeasure) -> str:
    met = "met" if m.solved else "not met"
    lengths = span("training length", m.lengths)
    return f"stopping criterion {met} within {numeral(m.steps)} steps, its run of successes included; {lengths}"


def solved_finding(m: SolvedMeasure, evidence: Evidence) -> Finding:
    results = evidence.results[m.experiment]
    nets = [net for length in _chosen(results, m.lengths) for net in results.endings[length].values()]
    times = [net.solved_after * batch(results) for net in nets if net.solved_after is not None]
    counts = f"; sequences: mean {steps(fmean(times))}, {spread(times, '', steps)}" if times else ""
    return Finding(tuple(_solved(net, m) for net in nets), "seed", f"{len(times)} of {len(nets)} nets met it{counts}")


def _solved(net: Outcome, m: SolvedMeasure) -> bool | None:
    if net.solved_after is not None:
        return (net.solved_after <= m.steps) == m.solved
    # A net that has diverged never meets it; one whose training ended before the limit might have met it later.
    known = net.diverged_at is not None or net.steps >= m.steps
    return not m.solved if known else None


def sooner_rule(m: SoonerMeasure) -> str:
    return f"median number of sequences until solved: {m.experiment} fewer than {m.than}; {span('training length', m.lengths)}"


def sooner_finding(m: SoonerMeasure, evidence: Evidence) -> Finding:
    ours, theirs = (evidence.results[name] for name in m.needs)
    lengths = [n for n in _chosen(ours, m.lengths) if n in theirs.endings]
    pairs = [(_middle(ours, length), _middle(theirs, length)) for length in lengths]
    # Where both median nets are unsolved, neither is known to be sooner.
    met = tuple(None if a == b == math.inf else a < b for a, b in pairs)
    medians = [f"{length}: {steps(a)} against {steps(b)}" for length, (a, b) in zip(lengths, pairs, strict=True)]
    return Finding(met, "length", "; ".join(medians))


def agrees_rule(m: AgreesMeasure) -> str:
    lengths = span("training length", m.lengths)
    return f"rank-sum test against the published trials: p, adjusted for the number of lengths, at least {LEVEL:g}; {lengths}"


def agrees_finding(m: AgreesMeasure, evidence: Evidence) -> Finding:
    ps = agreement(evidence.results[m.experiment], evidence.published)
    chosen = {length: p for length, p in ps.items() if m.lengths[0] <= length <= m.lengths[1]}
    listed = "; ".join(f"{length}: {number(p)}" for length, p in chosen.items())
    return Finding(tuple(p >= LEVEL for p in chosen.values()), "length", f"p by length {listed}")


def _chosen(results: Results, lengths: tuple[int, int]) -> list[int]:
    return [length for length in results.training_lengths if lengths[0] <= length <= lengths[1]]


def _middle(results: Results, length: int) -> float:
    sample = measured(results, length)
    return sample.quantile(0.5) if sample else math.inf
