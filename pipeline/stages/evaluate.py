"""The stage ``evaluate@<experiment>``: every trained net on every test set of its task."""

import csv
import json
import statistics
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import paths
from pipeline.core.examples import Array
from pipeline.core.folders import replacing
from pipeline.evaluation.sweep import Row, summarise
from pipeline.execution.job import Executor
from pipeline.execution.threads import Threads
from pipeline.experiment.entry import Experiment
from pipeline.files import datasets, outcomes
from pipeline.files.outcomes import Outcome
from pipeline.jobs import evaluate

# One job after the other: each keeps all cores busy.
LOCAL = Threads(1)


def run(experiment: Experiment, executor: Executor = LOCAL) -> None:
    """Score ``experiment``'s nets and write ``data/results/<experiment>``.

    Args:
        experiment: Whose nets.
        executor: What runs the jobs; it changes no score, on the same kind of processor.

    Raises:
        DatasetError: The dataset is missing or damaged.
        CheckpointError: Weights are missing, or those of another net.
        MissingFile, UnreadableFile: How the training ended is not on record.
    """
    dataset = datasets.load(paths.datasets(experiment.task.name))
    models = paths.models(experiment.name)
    ends = outcomes.read(experiment.name, models)
    jobs = list(evaluate.jobs(experiment, models, executor.width))
    rows: dict[tuple[int, int], list[Row]] = {}
    predictions: dict[str, Array] = {}
    for job, scores in zip(jobs, executor.run(jobs, dataset, models), strict=True):
        rows |= {(job.length, place): scored for place, scored in scores.rows.items()}
        predictions |= scores.predictions
    in_order = [row for place in sorted(rows) for row in rows[place]]
    summary = {"scores": summarise(in_order), "training": {length: _training(list(own.values())) for length, own in ends.items()}}
    with replacing(paths.results(experiment.name)) as folder:
        _write_rows(folder / "scores.csv", in_order)
        (folder / "metrics.json").write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        np.savez(folder / "predictions.npz", allow_pickle=False, **predictions)


def _training(ends: Sequence[Outcome]) -> dict[str, Any]:
    solved = [end.solved_after for end in ends if end.solved_after is not None]
    # A seed that never solved its task counts as slower than every one that did: the median and the worst may not exist.
    ranked = sorted(solved) + [None] * (len(ends) - len(solved))
    return {
        "seeds": len(ends),
        "diverged": sum(end.diverged_at is not None for end in ends),
        "solved_share": round(len(solved) / len(ends), 6),
        "solved_after_median": _median(ranked),
        "solved_after_worst": ranked[-1],
    }


def _median(ranked: list[int | None]) -> float | None:
    middle = ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1]
    return None if None in middle else statistics.fmean(value for value in middle if value is not None)


def _write_rows(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Row)])
        writer.writerows([str(value).lower() if isinstance(value, bool) else value for value in astuple(row)] for row in rows)
