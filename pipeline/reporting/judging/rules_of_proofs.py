"""The rule about proofs, in words and checked for each seed."""

from pipeline.core.words import number
from pipeline.reporting.inputs.measures import ProvedMeasure
from pipeline.reporting.inputs.timings import duration
from pipeline.reporting.judging.rules import Evidence, Finding


def proved_rule(m: ProvedMeasure) -> str:
    return "proved right on every input of every length" + (f", within {duration(m.seconds)}" if m.seconds else "")


def proved_finding(m: ProvedMeasure, evidence: Evidence) -> Finding:
    found = evidence.certificates.get(m.experiment)
    if found is None:
        return Finding((), "seed", "")
    met = tuple(ruling.proved and _in_time(found.seconds_of(seed), m.seconds) for seed, ruling in sorted(found.verdicts.items()))
    parts = [f"{len(found.proved)} of {found.seeds} seeds proved"]
    if found.proved:
        parts += [f"least margin {number(found.least_margin)} logits"]
        parts += [] if found.slowest is None else [f"slowest {duration(found.slowest)}"]
    if found.wrong:
        parts.append(f"{found.wrong} refuted by an input")
    return Finding(met, "seed", "; ".join(parts))


def _in_time(seconds: float | None, allowed: float | None) -> bool | None:
    """Return ``None`` where the time matters and is not known."""
    return True if allowed is None else None if seconds is None else seconds <= allowed
