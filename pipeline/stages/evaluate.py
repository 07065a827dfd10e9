"""The stage ``evaluate@<experiment>``: every trained net on every test set of its task."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.config import paths
from pipeline.core.examples import Array
from pipeline.core.folders import replacing
from pipeline.evaluation.sweep import summarise
from pipeline.execution.job import Executor
from pipeline.execution.threads import Threads
from pipeline.experiment.entry import Experiment
from pipeline.files import datasets, outcomes, scores
from pipeline.files.outcomes import Outcome
from pipeline.files.scores import Score
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
    rows: dict[tuple[int, int], list[Score]] = {}
    predictions: dict[str, Array] = {}
    for job, found in zip(jobs, executor.run(jobs, dataset, models), strict=True):
        rows |= {(job.length, place): scored for place, scored in found.rows.items()}
        predictions |= found.predictions
    in_order = [row for place in sorted(rows) for row in rows[place]]
    summary = {"scores": summarise(in_order), "training": {length: _training(list(own.values())) for length, own in ends.items()}}
    with replacing(paths.results(experiment.name)) as folder:
        scores.write(folder, in_order, summary)
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
