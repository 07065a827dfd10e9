"""Which published recipe an experiment of ours stands beside, and in what the two differ."""

import re
from difflib import SequenceMatcher
from typing import Any

from pipeline.config.study import Settings
from pipeline.experiment.entry import OURS, Experiment

Difference = tuple[str, Any, Any]


def publisher(experiment: Experiment) -> str | None:
    """Say whose recipe it is; ``None`` for ours."""
    if experiment.source == OURS:
        return None
    if re.fullmatch(r"\d{4}", experiment.source):
        return f"the paper of {experiment.source}"
    return f"the {experiment.source}" if experiment.source.isalpha() else experiment.source


def reference_of(known: Settings, experiment: Experiment) -> Experiment | None:
    """Find the published recipe on the same task that is nearest: of the same model where there is one, then by name."""
    if publisher(experiment):
        return None
    candidates = [e for e in known.experiments_of(experiment.task.name) if publisher(e)]
    return max(candidates, key=lambda e: _nearness(e, experiment), default=None)


def ours_beside(known: Settings, published: Experiment) -> list[Experiment]:
    """List the experiments whose reference recipe this one is."""
    return [e for e in known.experiments_of(published.task.name) if reference_of(known, e) is published]


def differences(theirs: Experiment, ours: Experiment) -> list[Difference]:
    """List the keys of the two recipes that hold different values, with both; ``None`` where a key is not set.

    A key that one recipe has not, and that is at its default in the other, is no difference.
    """
    one, other = keys(theirs), keys(ours)
    told = {*keys(theirs, defaults=False), *keys(ours, defaults=False), *(one.keys() & other.keys())}
    return [(key, one.get(key), other.get(key)) for key in dict.fromkeys([*one, *other]) if key in told and one.get(key) != other.get(key)]


def keys(experiment: Experiment, defaults: bool = True) -> dict[str, Any]:
    """Return a recipe's keys and values, nested ones with dots, without those that are not set; with those at their ``defaults`` or not."""
    parts = {name: getattr(experiment, name) for name in ("model", "training", "evaluation")}
    sections = {name: part.model_dump(exclude_none=True, exclude_defaults=not defaults) for name, part in parts.items()}
    return dict(_flat(sections, ""))


def _nearness(candidate: Experiment, experiment: Experiment) -> tuple[bool, float]:
    return candidate.model.name == experiment.model.name, SequenceMatcher(None, candidate.name, experiment.name).ratio()


def _flat(section: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in section.items():
        pairs.extend(_flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)])
    return pairs
