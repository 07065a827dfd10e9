"""Rules about scores and training curves, in words and put to each seed or test set."""

import math
from collections import defaultdict
from statistics import median

from pipeline.core.words import number, numeral, span, spell, spread
from pipeline.files.scores import Score
from pipeline.reporting.inputs.claims import CurveMeasure, FirstWrongMeasure, ScoreMeasure, SimilarMeasure
from pipeline.reporting.judging.first_failures import METRIC, first_wrong, length_or_none
from pipeline.reporting.judging.rules import Evidence, Finding


def score_rule(m: ScoreMeasure) -> str:
    value = "the baseline" if m.value == "baseline" else f"{m.value:g}"
    comparison = "exactly 1" if (m.comparison, m.value) == ("at_least", 1) else f"{spell(m.comparison)} {value}"
    return f"{spell(m.metric)} {comparison} on {_probes(m.probes)}; {span('length', m.lengths)}"


def score_finding(m: ScoreMeasure, evidence: Evidence) -> Finding:
    by_seed: dict[int, list[Score]] = defaultdict(list)
    for score in evidence.results[m.experiment].scores:
        if score.metric == m.metric and score.probe in m.probes and m.lengths[0] <= score.length <= m.lengths[1]:
            by_seed[score.seed].append(score)
    # The score that is hardest on the claim speaks for a seed.
    hardest = min if m.comparison == "at_least" else max
    values = [hardest(score.value for score in rows) for rows in by_seed.values()]
    met = tuple(all(_holds(m, score) for score in rows) for rows in by_seed.values())
    sets = {(s.probe, s.length) for rows in by_seed.values() for s in rows}
    of = "" if len(sets) == 1 else f" ({'lowest' if hardest is min else 'highest'} of {len(sets)} test sets)"
    baselines = sorted({s.baseline for rows in by_seed.values() for s in rows if s.baseline is not None})
    beside = f"; baseline {', '.join(number(b) for b in baselines)}" if m.value == "baseline" else ""
    wrong = _wrong([rows[0] for rows in by_seed.values()]) if m.metric == METRIC and len(sets) == 1 else ""
    return Finding(met, "seed", spread(values, "seed", number) + of + beside + wrong)


def _probes(probes: list[str]) -> str:
    return ", ".join(spell(probe) for probe in probes)


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


def first_wrong_rule(m: FirstWrongMeasure) -> str:
    return f"the shortest length with a wrong answer on {spell(m.probe)} is one of {numeral(m.lengths[0])} to {numeral(m.lengths[1])}"


def first_wrong_finding(m: FirstWrongMeasure, evidence: Evidence) -> Finding:
    firsts = first_wrong(evidence.results[m.experiment], m.probe)
    values = list(firsts.by_seed.values())
    # A net that is right as far as it was tested may still go wrong before the claim's upper end.
    reached = bool(firsts.tested) and firsts.tested[-1] >= m.lengths[1]
    met = tuple(None if math.isinf(v) and not reached else m.lengths[0] <= v <= m.lengths[1] for v in values)
    tested = f"; {len(firsts.tested)} lengths tested, up to {numeral(firsts.tested[-1])}" if values else ""
    return Finding(met, "seed", spread(values, "seed", length_or_none) + tested)


def similar_rule(m: SimilarMeasure) -> str:
    return (
        f"median {spell(m.metric)} of {m.experiment} and {m.to} no more than {m.margin:g} apart on {_probes(m.probes)}; "
        f"{span('length', m.lengths)}"
    )


def similar_finding(m: SimilarMeasure, evidence: Evidence) -> Finding:
    ours, theirs = (
        {
            (probe, length): median(score.value for score in scores)
            for (metric, probe, length), scores in evidence.results[name].cells.items()
            if metric == m.metric and probe in m.probes and m.lengths[0] <= length <= m.lengths[1]
        }
        for name in m.needs
    )
    # Scores have nine decimals; a difference of just the margin shall not fall to the last bit of a float.
    apart = {key: round(abs(ours[key] - theirs[key]), 9) for key in ours if key in theirs}
    if not apart:
        return Finding((), "test set", "")
    (probe, length), most = max(apart.items(), key=lambda item: item[1])
    told = f"at most {number(most)} apart, on {spell(probe)} of length {numeral(length)}"
    values = f"({number(ours[probe, length])} against {number(theirs[probe, length])})"
    return Finding(tuple(a <= m.margin for a in apart.values()), "test set", f"{told} {values}; {len(apart)} test sets")
