"""What the stages ``train`` and ``evaluate`` left behind for one experiment, read into types.

Every number of the report comes from these files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipeline.core.errors import Mendable
from pipeline.reporting.inputs.files import Array, UnreadableError, read_csv, read_json, read_npz


class ReportError(Mendable):
    """A result that the report needs is missing or cannot be read; the message names the file and the command that makes it."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Recipe(_Record):
    """How an experiment was made: the sections of ``params.yaml`` it was trained with, and where they come from.

    Attributes:
        source: Whose recipe it is.
        tuned_on: The seeds on which it was chosen, if it was.
    """

    task: str
    model: dict[str, Any]
    training: dict[str, Any]
    source: str = "ours"
    tuned_on: tuple[int, ...] = ()


class Ending(_Record):
    """How one net's training ended, in optimizer steps; ``solved_at`` is ``None`` for a net that never met the stopping rule."""

    steps: int
    solved_at: int | None = None
    diverged_at: int | None = None


class Aggregate(_Record):
    """One score over the seeds: the share that is perfect (or beats the baseline), the worst and the median seed, the baseline."""

    share: float
    worst: float | None
    median: float | None
    baseline: float | None


class Metrics(_Record):
    """``metrics.json``: aggregates by metric, probe and length."""

    scores: dict[str, dict[str, dict[int, Aggregate]]]


class Score(_Record):
    """One row of ``scores.csv``: one seed's score on one test set of so many ``sequences``."""

    probe: str
    length: int
    seed: int
    in_range: bool
    sequences: int
    metric: str
    value: float
    baseline: float | None


class Point(_Record):
    """One row of ``history.csv``: one point of one net's training curve."""

    length: int
    seed: int
    step: int
    epoch: float | None
    metric: str
    value: float


class Shown(_Record):
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
        scores: One score per probe, length, seed and metric.
        predictions: ``{probe: {length: {"inputs" | "targets" | "predicted": array}}}``; empty for tasks on symbols.
        demonstration: Answers along the training; empty where the training kept none.
    """

    experiment: str
    recipe: Recipe
    endings: Mapping[int, Mapping[int, Ending]]
    history: tuple[Point, ...]
    metrics: Metrics
    scores: tuple[Score, ...]
    predictions: Mapping[str, Mapping[int, Mapping[str, Array]]]
    demonstration: tuple[Shown, ...] = ()

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
        """Scores of all seeds by ``(metric, probe, length)``."""
        return _grouped(self.scores, lambda s: (s.metric, s.probe, s.length))

    def lengths(self, metric: str, probe: str) -> list[int]:
        """Lengths at which ``metric`` was measured on ``probe``, ascending."""
        return sorted(length for m, p, length in self.cells if (m, p) == (metric, probe))

    @property
    def metric_names(self) -> list[str]:
        return list(dict.fromkeys(s.metric for s in self.scores))

    @property
    def probes(self) -> list[str]:
        return list(dict.fromkeys(s.probe for s in self.scores))


def read(experiment: str, models: Path, results: Path, source: str = "ours", tuned_on: Sequence[int] = ()) -> Results:
    """Read what ``models`` and ``results``, an experiment's two folders, hold; ``source`` and ``tuned_on`` are in none of their files.

    Raises:
        ReportError: A file is missing, or is not what its stage writes.
    """
    try:
        metrics = read_json(results / "metrics.json", Metrics)
        shown = models / "demonstration.csv"
        return Results(
            experiment=experiment,
            recipe=read_json(models / "recipe.json", Recipe).model_copy(update={"source": source, "tuned_on": tuple(tuned_on)}),
            endings=read_json(models / "outcome.json", dict[int, dict[int, Ending]]),
            history=tuple(read_csv(models / "history.csv", Point)),
            metrics=metrics,
            scores=tuple(read_csv(results / "scores.csv", Score)),
            # Only tasks on real values have predictions to draw.
            predictions=read_npz(results / "predictions.npz") if "rmse" in metrics.scores else {},
            demonstration=tuple(read_csv(shown, Shown)) if shown.exists() else (),
        )
    except FileNotFoundError as error:
        raise ReportError(f"{error.filename}: this file is missing; make it with: dvc repro evaluate@{experiment}") from error
    except UnreadableError as error:
        raise ReportError(f"{error}; make it again with: dvc repro --force evaluate@{experiment}") from error


def unlike(series: Mapping[str, list[float]]) -> list[str]:
    """List the series that do not repeat an earlier one: with one answer a sequence, token and sequence accuracy are the same."""
    names = list(series)
    return [name for place, name in enumerate(names) if all(series[name] != series[earlier] for earlier in names[:place])]


def _grouped(rows: tuple[Any, ...], key: Any) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
