"""An experiment's outcome in words and small tables."""

from collections.abc import Iterable

from pipeline.commands.findings import Sweep, read_findings, sweep
from pipeline.commands.streams import shortened
from pipeline.commands.terminal import Part, plain_table
from pipeline.config import paths
from pipeline.core.words import number, numeral, spell
from pipeline.experiment.entry import Experiment
from pipeline.files import verdicts
from pipeline.files.scores import Ended, Metrics
from pipeline.files.verdicts import Verdicts

# Longest counterexample that is printed whole.
LONGEST = 40


def findings_parts(experiment: Experiment) -> Iterable[Part]:
    """Say how training ended and how the nets score, or how to get there."""
    findings = read_findings(experiment.name)
    if findings is None:
        yield f"Nothing yet: make it with 'dvc repro evaluate@{experiment.name}'."
        return
    if experiment.training.stop:
        yield _solved(findings.training)
    diverged = sum(ended.diverged for ended in findings.training.values())
    if diverged:
        yield f"{diverged} nets diverged."
    counted = sweep(findings, findings.training)
    if counted:
        yield f"Of {counted.seeds} seeds, so many get every input right, by length:"
    yield _sweep_table(counted) if counted else _error_table(findings)


def certificate_parts(experiment: Experiment) -> Iterable[Part]:
    """Say for how many seeds there is a proof that they are right at every length, and why not for the others."""
    found = verdicts.read(paths.certificates(experiment.name), experiment.name)
    if found is None:
        return
    margin = "" if found.least_margin is None else f", with a margin of {found.least_margin:.3g} logits or more"
    yield f"Proved right on every input of every length: {len(found.proved)} of {len(found.verdicts)} seeds{margin}."
    refused = list(_refused(found))
    if refused:
        yield plain_table(("seed without a proof", "why", "an input that it gets wrong"), refused)


def _refused(found: Verdicts) -> Iterable[tuple[str, str, str]]:
    for seed, proof in found.verdicts.items():
        if not proof.proved:
            wrong = proof.counterexample
            example = f"{shortened(wrong.input, LONGEST)} → {shortened(wrong.got, LONGEST)}{_lead(wrong.lead)}" if wrong else "none found"
            yield str(seed), " ".join(proof.reasons), example


def _lead(logits: float | None) -> str:
    return "" if logits is None else f", which leads by {number(logits)} logits"


def _solved(training: dict[int, Ended]) -> Part:
    rows = [
        (
            numeral(length),
            f"{round(ended.solved_share * ended.seeds)} of {ended.seeds}",
            "–" if ended.solved_after_median is None else numeral(ended.solved_after_median),
            "–" if ended.solved_after_worst is None else numeral(ended.solved_after_worst),
        )
        for length, ended in training.items()
    ]
    return plain_table(("trained at length", "solved", "median net after steps", "worst net after steps"), rows)


def _sweep_table(counted: Sweep) -> Part:
    rows = [
        (spell(family), "–" if reach is None else numeral(reach), *(str(by[n]) if n in by else "" for n in counted.lengths))
        for family, reach, by in counted.rows
    ]
    return plain_table(("inputs", "all seeds up to", *map(numeral, counted.lengths)), rows)


def _error_table(findings: Metrics) -> Part:
    rows = [
        (spell(metric), spell(family), numeral(length), number(a.median), number(a.worst), number(a.baseline))
        for metric, by_family in findings.scores.items()
        for family, by_length in by_family.items()
        for length, a in by_length.items()
    ]
    return plain_table(("error", "inputs", "length", "median seed", "worst seed", "simple guess"), rows)
