"""What the stages ``train`` and ``evaluate`` left behind for one experiment, read into types.

Every number of the report comes from these files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.files import outcomes, scores
from pipeline.files.json_files import Record, read_csv, read_json
from pipeline.files.outcomes import Outcome
from pipeline.files.scores import Metrics, Score
from pipeline.reporting.inputs.arrays import Array, read_npz

OURS = "ours"


class Recipe(Record):
    """How an experiment was made: the sections of ``params.yaml`` it was trained with, and where they come from.

    Attributes:
        source: Whose recipe it is.
        tuned_on: The seeds on which it was chosen, if it was.
    """

    task: str
    model: dict[str, Any]
    training: dict[str, Any]
    source: str = OURS
    tuned_on: tuple[int, ...] = ()


class Point(Record):
    """One row of ``history.csv``: one point of one net's training curve."""

    length: int
    seed: int
    step: int
    epoch: float | None
    metric: str
    value: float


class Shown(Record):
    """One row of ``demonstration.csv``: what one net answered at one step of its training, as a person reads it."""

    length: int
    seed: int
    step: int
    input: str
    exact: str
    answer: str | None


@dataclass(frozen=True)
class Results:
    """One experiment's recipe, training and scores.

    Attributes:
        endings: How training ended, by training length and seed.
        history: Points of the training curves, in the order of the file.
        scores: One score per input family (``probe``), length, seed and metric.
        predictions: ``{input family: {length: {"inputs" | "targets" | "predicted": array}}}``; empty for tasks on symbols.
        demonstration: Answers along the training; empty where the training kept none.
    """

    experiment: str
    recipe: Recipe
    endings: Mapping[int, Mapping[int, Outcome]]
    history: tuple[Point, ...]
    metrics: Metrics
    scores: tuple[Score, ...]
    predictions: Mapping[str, Mapping[int, Mapping[str, Array]]]
    demonstration: tuple[Shown, ...] = ()

    @property
    def task(self) -> str:
        return self.recipe.task

    @property
    def source(self) -> str:
        return self.recipe.source

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
        return _grouped(self.scores, lambda s: (s.metric, s.probe, s.length))

    def lengths(self, metric: str, probe: str) -> list[int]:
        """Lengths at which ``metric`` was measured on inputs of the family ``probe``, ascending."""
        return sorted(length for m, p, length in self.cells if (m, p) == (metric, probe))

    @property
    def metric_names(self) -> list[str]:
        return list(dict.fromkeys(s.metric for s in self.scores))

    @property
    def probes(self) -> list[str]:
        return list(dict.fromkeys(s.probe for s in self.scores))


def read(experiment: str, models: Path, results: Path, source: str | None = None, tuned_on: Sequence[int] = ()) -> Results:
    """Read what ``models`` and ``results``, an experiment's two folders, hold; ``source`` and ``tuned_on`` are in none of their files.

    Args:
        experiment: The experiment's name.
        models: Its folder of weights, curves and recipe.
        results: Its folder of scores.
        source: Whose recipe it is; default: what the recipe's file says, ``ours`` where it says nothing.
        tuned_on: The seeds on which it was chosen.

    Raises:
        MissingFile, UnreadableFile: A file is not there, or is not what its stage writes.
    """
    train, evaluate = f"train@{experiment}", f"evaluate@{experiment}"
    metrics = scores.read_metrics(experiment, results)
    demonstration = models / "demonstration.csv"
    recipe = read_json(models / "recipe.json", Recipe, train)
    origin = {"source": source or recipe.source, "tuned_on": tuple(tuned_on) or recipe.tuned_on}
    return Results(
        experiment=experiment,
        recipe=recipe.model_copy(update=origin),
        endings=outcomes.read(experiment, models),
        history=tuple(read_csv(models / "history.csv", Point, train)),
        metrics=metrics,
        scores=tuple(scores.read_scores(experiment, results)),
        # Only tasks whose answers are real numbers have predictions to draw.
        predictions=read_npz(results / "predictions.npz", evaluate) if "rmse" in metrics.scores else {},
        demonstration=tuple(read_csv(demonstration, Shown, train)) if demonstration.exists() else (),
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
