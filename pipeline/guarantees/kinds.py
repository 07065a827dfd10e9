"""Which kind of guarantee there is for which net and task."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.guarantees.checker.comparing import REGIONS
from pipeline.guarantees.checker.machines import MACHINES

if TYPE_CHECKING:
    from pipeline.guarantees.pointer import Wrong

ADD = "adding"
COUNT = "count_ones"
SORT = "sort"
EXPECTED = (
    "expected a pointer net of sort, counters (carousel, counters) of a task that they can count, an LSTM of adding with hard gates, a "
    "pushdown_rnn of a task with a stack"
)


def kind_of(options: Mapping[str, Any], task: str) -> str | None:
    """Return ``sort_pointer``, ``count``, ``compare``, ``add`` or ``stack``; ``None`` where there is none. ``options``: a model's keys."""
    model = options["name"]
    if model == "pointer" and task == SORT:
        return "sort_pointer"
    if model in ("carousel", "counters") and task == COUNT:
        return "count"
    if model == "lstm" and options["gates"] == "hard_sigmoid" and not options["projection"] and task == ADD:
        return "add"
    if model == "pushdown_rnn" and task in MACHINES:
        return "stack"
    return "compare" if model == "counters" and task in REGIONS else None


def guarantee(options: Mapping[str, Any], task: str, weights: Mapping[str, Any]) -> "dict[str, Any] | Wrong | None":
    """Return a guarantee, an input that the net answers wrongly, or ``None`` where neither was found.

    Raises:
        ValueError: There is no kind of guarantee for such a net and task.
    """
    from pipeline.guarantees import adding, comparing, counting, pointer, stacking  # params.yaml is checked without them

    kind = kind_of(options, task)
    if kind == "sort_pointer":
        return pointer.prove(weights, task)
    if kind == "count":
        return counting.reach(weights, options["name"], task)
    if kind == "add":
        return adding.bound(weights, options, task)
    if kind == "compare":
        return comparing.reach(weights, task)
    if kind == "stack":
        return stacking.prove(weights, task)
    raise ValueError(f"expected a net that there is a kind of guarantee for, got {options['name']} of {task}")
