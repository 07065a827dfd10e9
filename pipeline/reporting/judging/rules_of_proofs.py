"""The rule about proofs, in words and put to each seed."""

from pipeline.core.words import number
from pipeline.reporting.inputs.claims import ProvedMeasure
from pipeline.reporting.inputs.timings import duration
from pipeline.reporting.judging.rules import Evidence, Finding


def proved_rule(m: ProvedMeasure) -> str:
    return "proved right on every input of every length" + (f", within {duration(m.seconds)}" if m.seconds else "")


def proved_finding(m: ProvedMeasure, evidence: Evidence) -> Finding:
    found = evidence.certificates.get(m.experiment)
    if found is None:
        return Finding((), "seed", "")
    met = tuple(ruling.proved and _in_time(found.seconds_of(seed), m.seconds) for seed, ruling in sorted(found.verdicts.items()))
    told = [f"{len(found.proved)} of {found.seeds} seeds proved"]
    if found.proved:
        told += [f"least margin {number(found.least_margin)} logits"]
        told += [] if found.slowest is None else [f"slowest {duration(found.slowest)}"]
    if found.wrong:
        told.append(f"{found.wrong} wrong on some input")
    return Finding(met, "seed", "; ".join(told))


def _in_time(seconds: float | None, allowed: float | None) -> bool | None:
    """``None`` where the time matters and is not known."""
    return True if allowed is None else None if seconds is None else seconds <= allowed
