"""``data/results/<experiment>/``: ``metrics.json``, what sums an experiment up, and ``scores.csv``, the score of each net."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.files.stage_files import Record, read_csv, read_json, read_text, write_csv

METRICS = "metrics.json"
SCORES = "scores.csv"


class Aggregate(Record):
    """One score over the seeds: the share that is perfect (or beats the baseline), the worst and the median seed, the baseline."""

    share: float
    worst: float | None
    median: float | None
    baseline: float | None


class Ended(Record):
    """How the training of the nets of one length ended.

    Attributes:
        seeds: How many nets there are.
        diverged: How many of them ended with a loss that was no number.
        solved_share: The share that met the stopping rule.
        solved_after_median, solved_after_worst: Optimizer steps until it was met, the run of successes included; ``None`` where the median
            (the worst) net did not meet it.
    """

    seeds: int
    diverged: int
    solved_share: float
    solved_after_median: float | None = None
    solved_after_worst: float | None = None


class Metrics(Record):
    """``metrics.json``: aggregates by metric, input family and length; how training ended by training length."""

    scores: dict[str, dict[str, dict[int, Aggregate]]]
    training: dict[int, Ended]


class Score(Record):
    """One row of ``scores.csv``: the score of one seed on one test set.

    Attributes:
        family: The kind of inputs.
        length: The task's length.
        seed: The net's seed.
        in_range: Whether the length is one that training saw, or shorter.
        sequences: How many inputs there are.
        metric: What is measured.
        value: What the net gets; no finite number for a net that diverged.
        baseline: What needs no net: chance for accuracies, a simple forecast or the best constant for errors.
    """

    family: str
    length: int
    seed: int
    in_range: bool
    sequences: int
    metric: str
    value: float
    baseline: float | None


def write(results: Path, scores: Iterable[Score], metrics: dict[str, Any]) -> None:
    """Write both files into ``results``; ``metrics`` is what ``Metrics`` reads."""
    write_csv(results / SCORES, Score.model_fields, (score.model_dump().values() for score in scores))
    (results / METRICS).write_text(json.dumps(metrics, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_metrics(experiment: str, results: Path) -> Metrics:
    """Read ``metrics.json`` in ``results``, the experiment's folder of scores.

    Raises:
        MissingFile, UnreadableFile: The file is not there, or is not what ``evaluate`` writes.
    """
    return read_json(results / METRICS, Metrics, f"evaluate@{experiment}")


def read_scores(experiment: str, results: Path) -> Iterator[Score]:
    """Read ``scores.csv``; arguments and errors as of ``read_metrics``."""
    return read_csv(results / SCORES, Score, f"evaluate@{experiment}")


def read_lines(experiment: str, results: Path) -> list[dict[str, str]]:
    """Read the lines of ``scores.csv`` by column, as they are written; arguments and errors as of ``read_metrics``."""
    return read_text(results / SCORES, f"evaluate@{experiment}", Score.model_fields)
