"""From a claim's rule and the measurements to a verdict. Nothing here is decided by hand.

A rule is put to each seed (or net, or training length) by itself: it is met, not met, or open where training was cut short before
the claim could be decided. The verdict counts them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from pipeline.reporting.claims import CurveMeasure, Measure, ScoreMeasure, SolvedMeasure, SoonerMeasure
from pipeline.reporting.results import Ending, Results, Score
from pipeline.reporting.words import number, numeral, span, spell

Status = Literal["confirmed", "not-confirmed", "depends", "undecided", "not-measured"]


@dataclass(frozen=True)
class Trial:
    """The rule put to one seed or net: ``met`` is ``None`` where the training was too short to tell; ``value`` was compared."""

    met: bool | None
    value: float


@dataclass(frozen=True)
class Verdict:
    """A claim beside its measurement.

    Attributes:
        rule: The measurement and the comparison, in words.
        measured: Median and range of what was compared.
        words: The verdict as it is printed.
    """

    status: Status
    rule: str
    measured: str
    words: str


def judge(measure: Measure | None, results: Mapping[str, Results]) -> Verdict:
    """Answer a claim from the results, which are given by experiment."""
    if measure is None:
        return Verdict("not-measured", "–", "no experiment for it yet", "not measured")
    rule = _RULES[measure.kind][0](measure)
    needed = [measure.experiment, *([measure.than] if isinstance(measure, SoonerMeasure) else [])]
    absent = [name for name in needed if name not in results]
    if absent:
        return Verdict("not-measured", rule, f"{' and '.join(absent)} not among the experiments", "not measured")
    trials, noun, measured = _RULES[measure.kind][1](measure, results)
    if not trials:
        return Verdict("not-measured", rule, "not measured at these lengths", "not measured")
    status, words = verdict_of([trial.met for trial in trials], noun)
    return Verdict(status, rule, measured, words)


def verdict_of(met: Sequence[bool | None], noun: str) -> tuple[Status, str]:
    """Count the trials of a rule (at least one) into a verdict; ``noun`` says what a trial is."""
    n, yes, no, still_open = len(met), met.count(True), met.count(False), met.count(None)
    if still_open == n:
        return "not-measured", "not measured: every training was cut short"
    cut = f" ({still_open} cut short)" if still_open else ""
    if yes and no:
        return "depends", f"depends on the {noun}: {yes} of {n}{cut}"
    if still_open:
        return "undecided", f"undecided: {yes} of {n} hold, {no} do not{cut}"
    return ("confirmed", f"confirmed: {yes} of {n}") if yes else ("not-confirmed", f"not confirmed: 0 of {n}")


def _score_rule(m: ScoreMeasure) -> str:
    probes = ", ".join(spell(probe) for probe in m.probes)
    value = "the baseline" if m.value == "baseline" else f"{m.value:g}"
    comparison = "exactly 1" if (m.comparison, m.value) == ("at_least", 1) else f"{spell(m.comparison)} {value}"
    return f"{spell(m.metric)} {comparison} on {probes}; {span('length', m.lengths)}"


def _score_trials(m: ScoreMeasure, results: Mapping[str, Results]) -> tuple[list[Trial], str, str]:
    by_seed: dict[int, list[Score]] = {}
    for score in results[m.experiment].scores:
        if score.metric == m.metric and score.probe in m.probes and m.lengths[0] <= score.length <= m.lengths[1]:
            by_seed.setdefault(score.seed, []).append(score)
    # The score that is hardest on the claim speaks for a seed.
    hardest = min if m.comparison == "at_least" else max
    trials = [Trial(all(_holds(m, s) for s in rows), hardest(s.value for s in rows)) for rows in by_seed.values()]
    sets = len({(s.probe, s.length) for rows in by_seed.values() for s in rows})
    of = "" if sets == 1 else f" ({'lowest' if hardest is min else 'highest'} of {sets} test sets)"
    baselines = sorted({s.baseline for rows in by_seed.values() for s in rows if s.baseline is not None})
    beside = f"; baseline {', '.join(number(b) for b in baselines)}" if m.value == "baseline" else ""
    return trials, "seed", _range([t.value for t in trials], "seed", number) + of + beside


def _holds(m: ScoreMeasure, score: Score) -> bool:
    bound = score.baseline if m.value == "baseline" else m.value
    if bound is None:
        return False
    return {"at_least": score.value >= bound, "at_most": score.value <= bound, "below": score.value < bound}[m.comparison]


def _curve_rule(m: CurveMeasure) -> str:
    when = "at the end of training" if m.up_to_epoch is None else f"by epoch {m.up_to_epoch:g}"
    return f"{spell(m.metric)} {'exactly 1' if m.value == 1 else f'at least {m.value:g}'} {when}"


def _curve_trials(m: CurveMeasure, results: Mapping[str, Results]) -> tuple[list[Trial], str, str]:
    trials = []
    for (metric, _, _), points in results[m.experiment].curves.items():
        if metric != m.metric:
            continue
        seen = points[-1:] if m.up_to_epoch is None else [p for p in points if p.epoch is not None and p.epoch <= m.up_to_epoch]
        if seen:
            best = max(point.value for point in seen)
            trials.append(Trial(best >= m.value, best))
    return trials, "seed", _range([t.value for t in trials], "seed", number)


def _solved_rule(m: SolvedMeasure) -> str:
    return f"stopping rule {'met' if m.solved else 'not met'} within {numeral(m.steps)} steps; {span('training length', m.lengths)}"


def _solved_trials(m: SolvedMeasure, results: Mapping[str, Results]) -> tuple[list[Trial], str, str]:
    nets = _nets(results[m.experiment], m.lengths)
    trials = [_solved(net, m) for net in nets]
    solved = [net.solved_at for net in nets if net.solved_at is not None]
    return trials, "seed", f"{len(solved)} of {len(nets)} nets solved" + (f"; {_range(solved, '', _steps)}" if solved else "")


def _solved(net: Ending, m: SolvedMeasure) -> Trial:
    if net.solved_at is not None:
        return Trial((net.solved_at <= m.steps) == m.solved, net.solved_at)
    # A net that has diverged stays unsolved however long it is trained; one that was cut short might have been solved yet.
    known = net.diverged_at is not None or net.steps >= m.steps
    return Trial(not m.solved if known else None, math.inf)


def _sooner_rule(m: SoonerMeasure) -> str:
    return f"median steps until solved: {m.experiment} fewer than {m.than}; {span('training length', m.lengths)}"


def _sooner_trials(m: SoonerMeasure, results: Mapping[str, Results]) -> tuple[list[Trial], str, str]:
    ours, theirs = results[m.experiment], results[m.than]
    lengths = [n for n in ours.training_lengths if m.lengths[0] <= n <= m.lengths[1] and n in theirs.endings]
    pairs = [(_median_solved(ours, length), _median_solved(theirs, length)) for length in lengths]
    # Two unsolved medians tell nothing about which net is the sooner one.
    trials = [Trial(None if a == b == math.inf else a < b, a) for a, b in pairs]
    told = [f"{length}: {_steps(a)} against {_steps(b)}" for length, (a, b) in zip(lengths, pairs, strict=True)]
    return trials, "length", "; ".join(told)


def _median_solved(results: Results, length: int) -> float:
    return median(math.inf if net.solved_at is None else net.solved_at for net in results.endings[length].values())


def _steps(value: float) -> str:
    return "unsolved" if value == math.inf else numeral(round(value))


def _nets(results: Results, lengths: tuple[int, int]) -> list[Ending]:
    chosen = [length for length in results.training_lengths if lengths[0] <= length <= lengths[1]]
    return [net for length in chosen for net in results.endings[length].values()]


def _range(values: Sequence[float], noun: str, form: Callable[[float], str]) -> str:
    if not values:
        return ""
    low, middle, high = form(min(values)), form(median(values)), form(max(values))
    counted = f", {len(values)} {noun}{'s' if len(values) > 1 else ''}" if noun else ""
    return f"{middle} in every seed" if low == high and noun else f"median {middle}, from {low} to {high}{counted}"


# How each kind of measure is put into words, and into trials.
_RULES: dict[str, tuple[Callable[..., str], Callable[..., tuple[list[Trial], str, str]]]] = {
    "score": (_score_rule, _score_trials),
    "curve": (_curve_rule, _curve_trials),
    "solved": (_solved_rule, _solved_trials),
    "sooner": (_sooner_rule, _sooner_trials),
}
