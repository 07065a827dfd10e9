"""Training sequences until nets have solved their task, as samples: until the stopping criterion is met; infinity: it never is.

A criterion asks for a run of successes, such as 1,000 sequences in a row. Counts include the run unless it is said that they do not.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from pipeline.core.words import numeral, steps
from pipeline.files.recipes import Recipe
from pipeline.reporting.inputs.results import Results


class Planned(Protocol):
    """What is known of an experiment before it has results."""

    @property
    def recipe(self) -> Recipe: ...

    @property
    def training_lengths(self) -> list[int]: ...

    @property
    def seeds(self) -> int: ...


@dataclass(frozen=True)
class Sample:
    """Sequences until solved of one experiment's nets at one training length."""

    times: tuple[float, ...]

    @property
    def finite(self) -> list[float]:
        return [t for t in self.times if math.isfinite(t)]

    @property
    def solved(self) -> str:
        return f"{len(self.finite)}/{len(self.times)}"

    @property
    def median(self) -> str:
        return steps(self.quantile(0.5))

    @property
    def mean(self) -> str:
        """The mean over the nets that solved the task."""
        return numeral(round(fmean(self.finite))) if self.finite else "–"

    def quantile(self, q: float) -> float:
        # Between a number and infinity numpy would interpolate to nan.
        ordered = sorted(self.times)
        place = q * (len(ordered) - 1)
        low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
        return low if low == high else low + (high - low) * (place - math.floor(place))

    def within(self, limit: float) -> "Sample":
        """Return the sample as it would be with this ``limit``: later nets count as unsolved."""
        return Sample(tuple(t if t <= limit else math.inf for t in self.times))


def sample(times: Iterable[int | None]) -> Sample:
    """Make a sample of counts; ``None`` stands for a net that did not solve the task."""
    return Sample(tuple(math.inf if t is None else float(t) for t in times))


def measured(results: Results, length: int, *, run_included: bool = True) -> Sample | None:
    """Return the sequences that the nets of one training length needed, with or without the run of successes; ``None``: no nets there."""
    nets = results.endings.get(length)
    if not nets:
        return None
    less = 0 if run_included else run_of_successes(results)
    return sample([None if n.solved_after is None else n.solved_after * batch(results) - less for n in nets.values()])


def run_of_successes(results: Planned) -> int:
    """Return how many sequences in a row an experiment's stopping criterion asks for."""
    rule = results.recipe.training.get("stop") or {}
    return int(rule.get("successes") or 0) * batch(results)


def limit(results: Results) -> int:
    """Return the most sequences that an experiment's training may take."""
    # Without a count of steps in the recipe (epochs, say), the longest training there was.
    longest = max(net.steps for nets in results.endings.values() for net in nets.values())
    return int(results.recipe.training.get("steps") or longest) * batch(results)


def criterion(results: Planned) -> str:
    """Say in words when a net of an experiment has solved its task."""
    rule = results.recipe.training.get("stop") or {}
    unit = "sequences" if batch(results) == 1 else f"steps ({numeral(run_of_successes(results))} sequences)"
    parts = []
    if "max_abs_error" in rule and "successes" in rule:
        parts = [f"the largest error stays at or below {rule['max_abs_error']:g} for {numeral(rule['successes'])} {unit} in a row"]
    if rule.get("mean_loss"):
        parts.append(f"their mean loss is below {rule['mean_loss']:g}")
    return " and ".join(parts)


def batch(results: Planned) -> int:
    """Return how many sequences a training step takes."""
    return int(results.recipe.training.get("batch_size") or 1)
