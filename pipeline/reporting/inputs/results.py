"""What the stages ``train`` and ``evaluate`` left behind for one experiment, read into types.

Every number of the report comes from these files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.files import curves, outcomes, recipes, scores
from pipeline.files.curves import Point, Shown
from pipeline.files.outcomes import Outcome
from pipeline.files.recipes import Recipe
from pipeline.files.scores import Metrics, Score
from pipeline.reporting.inputs.arrays import Array, read_npz

OURS = "ours"


@dataclass(frozen=True)
class Results:
    """One experiment's recipe, training and scores.

    Attributes:
        endings: How training ended, by training length and seed.
        history: Points of the training curves, in the order of the file.
        scores: One score per input family (``family``), length, seed and metric.
        predictions: ``{input family: {length: {"inputs" | "targets" | "predicted": array}}}``; empty for tasks on symbols.
        demonstration: Answers along the training; empty where the training kept none.
        source: Whose recipe it is.
        tuned_on: The seeds on which it was chosen, if it was.
    """

    experiment: str
    recipe: Recipe
    endings: Mapping[int, Mapping[int, Outcome]]
    history: tuple[Point, ...]
    metrics: Metrics
    scores: tuple[Score, ...]
    predictions: Mapping[str, Mapping[int, Mapping[str, Array]]]
    demonstration: tuple[Shown, ...] = ()
    source: str = OURS
    tuned_on: tuple[int, ...] = ()

    @property
    def task(self) -> str:
        return self.recipe.task

    @property
    def training_lengths(self) -> list[int]:
        return sorted(self.endings)

    @property
    def seeds(self) -> int:
        return max(len(by_seed) for by_seed in self.endings.values())

    @cached_property
    def curves(self) -> dict[tuple[str, int, int], list[Point]]:
        """Training curves by ``(metric, training length, seed)``."""
        return _grouped(self.history, lambda p: (p.metric, p.length, p.seed))

    @cached_property
    def cells(self) -> dict[tuple[str, str, int], list[Score]]:
        """Scores of all seeds by ``(metric, input family, length)``."""
        return _grouped(self.scores, lambda s: (s.metric, s.family, s.length))

    def lengths(self, metric: str, family: str) -> list[int]:
        """Lengths at which ``metric`` was measured on inputs of the family ``family``, ascending."""
        return sorted(length for m, p, length in self.cells if (m, p) == (metric, family))

    @property
    def metric_names(self) -> list[str]:
        return list(dict.fromkeys(s.metric for s in self.scores))

    @property
    def families(self) -> list[str]:
        return list(dict.fromkeys(s.family for s in self.scores))


def read(experiment: str, models: Path, results: Path, source: str = OURS, tuned_on: Sequence[int] = ()) -> Results:
    """Read what ``models`` and ``results``, an experiment's two folders, hold; ``source`` and ``tuned_on`` are in none of their files.

    Args:
        experiment: The experiment's name.
        models: Its folder of weights, curves and recipe.
        results: Its folder of scores.
        source: Whose recipe it is.
        tuned_on: The seeds on which it was chosen.

    Raises:
        MissingFile, UnreadableFile: A file is not there, or is not what its stage writes.
    """
    metrics = scores.read_metrics(experiment, results)
    return Results(
        experiment=experiment,
        recipe=recipes.read(experiment, models),
        endings=outcomes.read(experiment, models),
        history=tuple(curves.read(experiment, models)),
        metrics=metrics,
        scores=tuple(scores.read_scores(experiment, results)),
        # Only tasks whose answers are real numbers have predictions to draw.
        predictions=read_npz(results / "predictions.npz", f"evaluate@{experiment}") if "rmse" in metrics.scores else {},
        demonstration=tuple(curves.read_demonstration(experiment, models)),
        source=source,
        tuned_on=tuple(tuned_on),
    )


def unlike(series: Mapping[str, list[float]]) -> list[str]:
    """List the series that do not repeat an earlier one: with one answer a sequence, token and sequence accuracy are the same."""
    names = list(series)
    return [name for place, name in enumerate(names) if all(series[name] != series[earlier] for earlier in names[:place])]


def _grouped(rows: tuple[Any, ...], key: Any) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
