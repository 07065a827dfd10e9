"""Where a training stands, and how it ended for each seed."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from pipeline.files.outcomes import Outcome
from pipeline.training.engine.program import Progress

Array = NDArray[Any]
Metrics = dict[str, list[float]]


@dataclass(frozen=True)
class Trained:
    """One seed's weights, by path, and how its training ended."""

    weights: dict[str, Array]
    outcome: Outcome


@dataclass(frozen=True)
class Observation:
    """What there is to see of nets in training: metrics, a value for each seed, and notes of any kind, which are only kept."""

    metrics: Metrics
    notes: list[list[Any]] = field(default_factory=list)


@dataclass
class Run:
    """Where a training stands, between two chunks; it can be written to disk and resumed.

    Attributes:
        done: Steps done.
        seeds: The seeds still in the program, in the order of its first axis.
        progress: Their state; ``None`` before the first step and after the last.
        trained: The seeds whose training has ended.
        history: ``(step, seed, metric, value)``, in the order in which they were logged; values that are no numbers are left out.
        notes: What the observations noted.
        kept: By seed and step, the weights at each point of the training curves, by path; empty unless the recipe keeps them.
    """

    seeds: tuple[int, ...]
    done: int = 0
    progress: Progress | None = None
    trained: dict[int, Trained] = field(default_factory=dict)
    history: list[tuple[int, int, str, float]] = field(default_factory=list)
    notes: list[list[Any]] = field(default_factory=list)
    kept: dict[int, dict[int, dict[str, Array]]] = field(default_factory=dict)
