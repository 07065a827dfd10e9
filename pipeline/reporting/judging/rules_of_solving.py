"""Rules about when nets are solved, in words and put to each net or training length."""

import math

from pipeline.core.words import number, numeral, span, spread, steps
from pipeline.files.outcomes import Outcome
from pipeline.reporting.inputs.claims import AgreesMeasure, SolvedMeasure, SoonerMeasure
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging.agreement import LEVEL, agreement
from pipeline.reporting.judging.rules import Evidence, Finding
from pipeline.reporting.judging.times import measured


def solved_rule(m: SolvedMeasure) -> str:
    return f"stopping rule {'met' if m.solved else 'not met'} within {numeral(m.steps)} steps; {span('training length', m.lengths)}"


def solved_finding(m: SolvedMeasure, evidence: Evidence) -> Finding:
    results = evidence.results[m.experiment]
    nets = [net for length in _chosen(results, m.lengths) for net in results.endings[length].values()]
    solved = [net.solved_after for net in nets if net.solved_after is not None]
    told = f"{len(solved)} of {len(nets)} nets solved" + (f"; {spread(solved, '', steps)}" if solved else "")
    return Finding(tuple(_solved(net, m) for net in nets), "seed", told)


def _solved(net: Outcome, m: SolvedMeasure) -> bool | None:
    if net.solved_after is not None:
        return (net.solved_after <= m.steps) == m.solved
    # A net that has diverged stays unsolved however long it is trained; one that was cut short might have been solved yet.
    known = net.diverged_at is not None or net.steps >= m.steps
    return not m.solved if known else None


def sooner_rule(m: SoonerMeasure) -> str:
    return f"median sequences until solved: {m.experiment} fewer than {m.than}; {span('training length', m.lengths)}"


def sooner_finding(m: SoonerMeasure, evidence: Evidence) -> Finding:
    ours, theirs = (evidence.results[name] for name in m.needs)
    lengths = [n for n in _chosen(ours, m.lengths) if n in theirs.endings]
    pairs = [(_middle(ours, length), _middle(theirs, length)) for length in lengths]
    # Two unsolved medians tell nothing about which net is the sooner one.
    met = tuple(None if a == b == math.inf else a < b for a, b in pairs)
    told = [f"{length}: {steps(a)} against {steps(b)}" for length, (a, b) in zip(lengths, pairs, strict=True)]
    return Finding(met, "length", "; ".join(told))


def agrees_rule(m: AgreesMeasure) -> str:
    lengths = span("training length", m.lengths)
    return f"rank-sum test against the published trials: p, adjusted for the number of lengths, at least {LEVEL:g}; {lengths}"


def agrees_finding(m: AgreesMeasure, evidence: Evidence) -> Finding:
    ps = agreement(evidence.results[m.experiment], evidence.published)
    chosen = {length: p for length, p in ps.items() if m.lengths[0] <= length <= m.lengths[1]}
    told = "; ".join(f"{length}: {number(p)}" for length, p in chosen.items())
    return Finding(tuple(p >= LEVEL for p in chosen.values()), "length", f"p by length {told}")


def _chosen(results: Results, lengths: tuple[int, int]) -> list[int]:
    return [length for length in results.training_lengths if lengths[0] <= length <= lengths[1]]


def _middle(results: Results, length: int) -> float:
    sample = measured(results, length)
    return sample.quantile(0.5) if sample else math.inf
