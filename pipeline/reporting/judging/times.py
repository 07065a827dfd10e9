"""Training sequences until nets were solved, as samples; infinity stands for a net that was not."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from pipeline.core.words import numeral, steps
from pipeline.reporting.inputs.results import Recipe, Results


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
    def quartiles(self) -> str:
        low, high = steps(self.quantile(0.25)), steps(self.quantile(0.75))
        return low if low == high else f"{low} – {high}"

    @property
    def mean(self) -> str:
        """The mean over the nets that were solved."""
        return numeral(round(fmean(self.finite))) if self.finite else "–"

    def quantile(self, q: float) -> float:
        # Between a number and infinity numpy would interpolate to nan.
        ordered = sorted(self.times)
        place = q * (len(ordered) - 1)
        low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
        return low if low == high else low + (high - low) * (place - math.floor(place))

    def within(self, limit: float) -> "Sample":
        """Return what would have been seen under ``limit``: later nets count as not solved."""
        return Sample(tuple(t if t <= limit else math.inf for t in self.times))


def sample(times: Iterable[int | None]) -> Sample:
    """Make a sample of counts, of which ``None`` is a net that was not solved."""
    return Sample(tuple(math.inf if t is None else float(t) for t in times))


def measured(results: Results, length: int) -> Sample | None:
    """Return the times of an experiment's nets at one training length; ``None`` if it has none there."""
    nets = results.endings.get(length)
    return sample([None if n.solved_after is None else n.solved_after * _batch(results) for n in nets.values()]) if nets else None


def limit(results: Results) -> int:
    """Return the most sequences that an experiment's training may take."""
    # Without a count of steps in the recipe (epochs, say), the longest training there was.
    longest = max(net.steps for nets in results.endings.values() for net in nets.values())
    return int(results.recipe.training.get("steps") or longest) * _batch(results)


def criterion(results: Planned) -> str:
    """Say in words when a net of an experiment counts as solved."""
    rule = results.recipe.training.get("stop") or {}
    unit = "sequences" if _batch(results) == 1 else "steps"
    parts = []
    if "max_abs_error" in rule and "successes" in rule:
        parts = [f"the largest error stays at or below {rule['max_abs_error']:g} for {numeral(rule['successes'])} {unit} in a row"]
    if rule.get("mean_loss"):
        parts.append(f"their mean loss is below {rule['mean_loss']:g}")
    return " and ".join(parts)


def _batch(results: Planned) -> int:
    return int(results.recipe.training.get("batch_size") or 1)
