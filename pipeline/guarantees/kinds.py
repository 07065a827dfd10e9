"""Which kind of guarantee there is for which net and task."""

from collections.abc import Mapping
from typing import Any

from pipeline.guarantees import comparing, counting, pointer
from pipeline.guarantees.checker.comparing import REGIONS

COUNT = "count_ones"
SORT = "sort"


def kind_of(model: str, task: str) -> str | None:
    """Return ``sort_pointer``, ``count`` or ``compare``; ``None`` where there is no guarantee."""
    if model == "pointer" and task == SORT:
        return "sort_pointer"
    if model in ("carousel", "counters") and task == COUNT:
        return "count"
    return "compare" if model == "counters" and task in REGIONS else None


def guarantee(model: str, task: str, weights: Mapping[str, Any]) -> dict[str, Any] | pointer.Wrong | None:
    """Return a guarantee, an input that the net answers wrongly, or ``None`` where neither was found.

    Raises:
        ValueError: There is no kind of guarantee for such a net and task.
    """
    kind = kind_of(model, task)
    if kind == "sort_pointer":
        return pointer.prove(weights, task)
    if kind == "count":
        return counting.reach(weights, model, task)
    if kind == "compare":
        return comparing.reach(weights, task)
    raise ValueError(f"expected a pointer net of sort, or a net of counters, got {model} of {task}")
