"""Rules about scores and training curves, in words and checked for each seed or test set."""

import math
from collections import defaultdict

from pipeline.core.words import number, numeral, span, spell, spread
from pipeline.files.scores import Score
from pipeline.reporting.inputs.measures import CurveMeasure, FirstFailingMeasure, ScoreMeasure, SimilarMeasure
from pipeline.reporting.judging.first_failures import METRIC, first_failing, length_or_none
from pipeline.reporting.judging.intervals import EQUIVALENCE, shift
from pipeline.reporting.judging.rules import NOT_REFUTED, Evidence, Finding


def score_rule(m: ScoreMeasure) -> str:
    value = "the baseline" if m.value == "baseline" else f"{m.value:g}"
    comparison = "exactly 1" if (m.comparison, m.value) == ("at_least", 1) else f"{spell(m.comparison)} {value}"
    return f"{spell(m.metric)} {comparison} on {_families(m.families)}; {span('length', m.lengths)}"


def score_finding(m: ScoreMeasure, evidence: Evidence) -> Finding:
    by_seed: dict[int, list[Score]] = defaultdict(list)
    for score in evidence.results[m.experiment].scores:
        if score.metric == m.metric and score.family in m.families and m.lengths[0] <= score.length <= m.lengths[1]:
            by_seed[score.seed].append(score)
    # A seed counts by its score that is worst for the claim.
    hardest = min if m.comparison == "at_least" else max
    values = [hardest(score.value for score in rows) for rows in by_seed.values()]
    met = tuple(all(_holds(m, score) for score in rows) for rows in by_seed.values())
    sets = {(s.family, s.length) for rows in by_seed.values() for s in rows}
    of = "" if len(sets) == 1 else f" ({'lowest' if hardest is min else 'highest'} of {len(sets)} test sets)"
    baselines = sorted({s.baseline for rows in by_seed.values() for s in rows if s.baseline is not None})
    beside = f"; baseline {', '.join(number(b) for b in baselines)}" if m.value == "baseline" else ""
    wrong = _wrong([rows[0] for rows in by_seed.values()]) if m.metric == METRIC and len(sets) == 1 else ""
    return Finding(met, "seed", spread(values, "seed", number) + of + beside + wrong)


def _families(families: list[str]) -> str:
    return ", ".join(spell(family) for family in families)


def _holds(m: ScoreMeasure, score: Score) -> bool:
    bound = score.baseline if m.value == "baseline" else m.value
    if bound is None:
        return False
    return {"at_least": score.value >= bound, "at_most": score.value <= bound, "below": score.value < bound}[m.comparison]


def _wrong(scores: list[Score]) -> str:
    """Count the wrong answers of each seed on one test set, which an accuracy hides."""
    counts = [round((1 - score.value) * score.sequences) for score in scores]
    return f"; wrong of {numeral(scores[0].sequences)}: {spread(counts, '', numeral)}" if any(counts) else ""


def curve_rule(m: CurveMeasure) -> str:
    when = "at the end of training" if m.up_to_epoch is None else f"by epoch {m.up_to_epoch:g}"
    exactly = m.value == 1 and m.comparison == "at_least"
    return f"{spell(m.metric)} {'exactly 1' if exactly else f'{spell(m.comparison)} {m.value:g}'} {when}"


def curve_finding(m: CurveMeasure, evidence: Evidence) -> Finding:
    upwards = m.comparison == "at_least"
    values = []
    for (metric, _, _), points in evidence.results[m.experiment].curves.items():
        seen = points[-1:] if m.up_to_epoch is None else [p for p in points if p.epoch is not None and p.epoch <= m.up_to_epoch]
        if metric == m.metric and seen:
            values.append((max if upwards else min)(point.value for point in seen))
    met = tuple(value >= m.value if upwards else value <= m.value for value in values)
    return Finding(met, "seed", spread(values, "seed", number))


def first_failing_rule(m: FirstFailingMeasure) -> str:
    return f"first failing length on {spell(m.family)} inputs between {numeral(m.lengths[0])} and {numeral(m.lengths[1])}"


def first_failing_finding(m: FirstFailingMeasure, evidence: Evidence) -> Finding:
    found = first_failing(evidence.results[m.experiment], m.family)
    values = list(found.by_seed.values())
    # A net that is right as far as it was tested may still go wrong before the claim's upper end.
    reached = bool(found.tested) and found.tested[-1] >= m.lengths[1]
    met = tuple(None if math.isinf(v) and not reached else m.lengths[0] <= v <= m.lengths[1] for v in values)
    tested = f"; {len(found.tested)} lengths tested, up to {numeral(found.tested[-1])}" if values else ""
    return Finding(met, "seed", spread(values, "seed", length_or_none) + tested)


def similar_rule(m: SimilarMeasure) -> str:
    return (
        f"{spell(m.metric)} of {m.experiment} and {m.to} equivalent to within {m.margin:g} on {_families(m.families)}; "
        f"{span('length', m.lengths)} (90 % interval of the Hodges-Lehmann shift inside the margin)"
    )


def similar_finding(m: SimilarMeasure, evidence: Evidence) -> Finding:
    ours, theirs = (
        {
            (family, length): [score.value for score in scores]
            for (metric, family, length), scores in evidence.results[name].cells.items()
            if metric == m.metric and family in m.families and m.lengths[0] <= length <= m.lengths[1]
        }
        for name in m.needs
    )
    shifts = {key: shift(ours[key], theirs[key], EQUIVALENCE) for key in ours if key in theirs}
    if not shifts:
        return Finding((), "test set", "")
    met = tuple(True if s.within(m.margin) else False if s.beyond(m.margin) else None for s in shifts.values())
    (family, length), widest = max(shifts.items(), key=lambda item: max(abs(item[1].low), abs(item[1].high)))
    where = f"on {spell(family)} of length {numeral(length)}"
    least = f"least sure {where}: shift {_bound(widest.estimate)} ({_bound(widest.low)} to {_bound(widest.high)})"
    return Finding(met, "test set", f"{least}; {len(shifts)} test sets", NOT_REFUTED, independent=False)


def _bound(value: float) -> str:
    return "not known" if math.isnan(value) else "no bound" if math.isinf(value) else f"{value:+.3f}"
