"""From a claim's rule and the measurements to a verdict. No verdict is set by hand.

A rule is checked for each seed (or net, training length, test set) separately: it is met, not met, or undecided where training or
testing ended before that was known. The verdict counts them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.reporting.inputs.measures import Measure
from pipeline.reporting.judging import rules_of_proofs as proofs
from pipeline.reporting.judging import rules_of_scores as scores
from pipeline.reporting.judging import rules_of_solving as solving
from pipeline.reporting.judging.intervals import share_in_words
from pipeline.reporting.judging.rules import Evidence, Finding

TOO_EARLY = "ended too early"
Status = Literal["confirmed", "not-confirmed", "depends", "undecided", "not-measured"]


@dataclass(frozen=True)
class Verdict:
    """A claim beside its measurement.

    Attributes:
        rule: The measurement and the comparison, in words.
        measured: Median and range of what was compared.
        words: The verdict as it is printed.
        share: Between which shares of all seeds the one that was seen lets the true one lie, in words; empty where trials are no seeds.
    """

    status: Status
    rule: str
    measured: str
    words: str
    share: str = ""


def judge(measure: Measure | None, evidence: Evidence) -> Verdict:
    """Answer a claim from what was measured."""
    if measure is None:
        return Verdict("not-measured", "–", "there is no experiment for it", "not measured")
    in_words, find = _RULES[measure.kind]
    rule = in_words(measure)
    absent = [name for name in measure.needs if name not in evidence.results]
    if absent:
        return Verdict("not-measured", rule, f"{' and '.join(absent)} not among the results", "not measured")
    finding = find(measure, evidence)
    if not finding.met:
        return Verdict("not-measured", rule, "no measurement tests it", "not measured")
    status, words = verdict_of(finding.met, finding.noun, finding.unknown)
    known = [met for met in finding.met if met is not None]
    share = share_in_words(sum(known), len(known)) if known and finding.independent else ""
    return Verdict(status, rule, finding.measured, words, share)


def verdict_of(met: Sequence[bool | None], noun: str, unknown: str = TOO_EARLY) -> tuple[Status, str]:
    """Count the trials of a rule (at least one) into a verdict; ``noun`` says what a trial is, ``unknown`` what those are that are open."""
    n, yes, no, still_open = len(met), met.count(True), met.count(False), met.count(None)
    if still_open == n:
        return ("not-measured", f"not measured: every trial {unknown}") if unknown == TOO_EARLY else ("undecided", f"{unknown}: {n} of {n}")
    cut = f" ({still_open} {unknown})" if still_open else ""
    if yes and no:
        return "depends", f"depends on the {noun}: {yes} of {n}{cut}"
    if still_open and yes and unknown != TOO_EARLY:
        return "undecided", f"{unknown}: {yes} of {n} shown"
    if still_open:
        return "undecided", f"undecided: {yes} of {n} hold, {no} do not{cut}"
    return ("confirmed", f"confirmed: {yes} of {n}") if yes else ("not-confirmed", f"not confirmed: 0 of {n}")


# How each kind of measure is put into words, and to its trials.
_RULES: dict[str, tuple[Callable[[Any], str], Callable[[Any, Evidence], Finding]]] = {
    "score": (scores.score_rule, scores.score_finding),
    "curve": (scores.curve_rule, scores.curve_finding),
    "first_failing": (scores.first_failing_rule, scores.first_failing_finding),
    "similar": (scores.similar_rule, scores.similar_finding),
    "solved": (solving.solved_rule, solving.solved_finding),
    "sooner": (solving.sooner_rule, solving.sooner_finding),
    "proved": (proofs.proved_rule, proofs.proved_finding),
    "agrees": (solving.agrees_rule, solving.agrees_finding),
}
