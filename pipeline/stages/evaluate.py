"""The stage ``evaluate@<experiment>``: every trained net on every test set of its task."""

import csv
import json
import statistics
from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config import paths
from pipeline.core.errors import Mendable
from pipeline.core.examples import TaskSpec, TestSet
from pipeline.core.folders import replacing
from pipeline.core.task import FREE_RUN
from pipeline.evaluation import linear_forecast
from pipeline.evaluation.linear_forecast import Forecast
from pipeline.evaluation.sweep import Case, Row, score, summarise, sweep
from pipeline.experiment.entry import Experiment
from pipeline.files import datasets
from pipeline.files.datasets import Dataset
from pipeline.layers.networks import Network
from pipeline.layers.running import free_run, predictor
from pipeline.trained import load

TRAINING = "training"
HELD_OUT = "held_out"
# Sequences of a seed's training examples that are scored, the first that it meets: all where a post speaks of its accuracy on them.
SCORED = 10_000

# Values that determine the next one of a sum of two sines with linear amplitudes; a linear forecast needs no more.
FORECAST_ORDER = 8


def run(experiment: Experiment) -> None:
    """Score ``experiment``'s nets and write ``data/results/<experiment>``.

    Raises:
        DatasetError: The dataset is missing or damaged.
        CheckpointError: Weights are missing, or those of another net.
    """
    dataset = datasets.load(paths.datasets(experiment.task.name))
    forecasts = _forecasts(experiment, dataset)
    models = paths.models(experiment.name)
    rows: list[Row] = []
    predictions: dict[str, Any] = {}
    for length in experiment.training.lengths or experiment.task.training_size.nets:
        network = load(models, experiment.task, experiment.model, length, tuple(range(experiment.training.seeds)))
        rows += _scores(experiment, network, dataset, length, forecasts, predictions)
    ended = _outcome(models / "outcome.json", experiment.name)
    summary = {"scores": summarise(rows), "training": {length: _training(list(ends.values())) for length, ends in ended.items()}}
    with replacing(paths.results(experiment.name)) as folder:
        _write_rows(folder / "scores.csv", rows)
        (folder / "metrics.json").write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        np.savez(folder / "predictions.npz", allow_pickle=False, **predictions)


def _outcome(path: Path, experiment: str) -> dict[str, dict[str, dict[str, int | None]]]:
    """Read how the training of each net ended, by length and seed."""
    try:
        found: dict[str, dict[str, dict[str, int | None]]] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        got = "nothing there" if isinstance(error, FileNotFoundError) else "a damaged file"
        raise Mendable(
            f"{path}: expected what training has left, got {got}; make it again with: dvc repro --force train@{experiment}"
        ) from None
    return found


def _forecasts(experiment: Experiment, dataset: Dataset) -> dict[str, Forecast]:
    """Fit the linear forecast that a series of reals is held against."""
    if not _is_series(experiment.task.spec(experiment.task.training_size.nets[0])):
        return {}
    pool = next(iter(dataset.pools.values()))
    return {f"rmse_from_{FORECAST_ORDER}": linear_forecast.fit(pool.inputs, pool.targets, FORECAST_ORDER)}


def _scores(
    experiment: Experiment, network: Network, dataset: Dataset, length: int, forecasts: dict[str, Forecast], predictions: dict[str, Any]
) -> list[Row]:
    """Score the nets of one training length; where answers are series of reals, also keep them in ``predictions`` for the report."""
    spec = experiment.task.spec(length)
    predict = predictor(network, symbols=spec.outputs is not None)
    cases = list(_cases(experiment, dataset, length))
    if not _is_series(spec):
        return sweep(predict, cases, network.seeds)
    rows = []
    for case in cases:
        inputs = np.broadcast_to(case.inputs, (len(network.seeds), *case.inputs.shape))
        outputs = free_run(network, inputs, case.targets.shape[-1]) if case.probe == FREE_RUN else predict(inputs, case.targets.shape[-1])
        rows += score(case, outputs, network.seeds, forecasts)
        named = {"inputs": case.inputs, "targets": case.targets, "predicted": outputs}
        predictions |= {f"{case.probe}/{case.length}/{part}": values for part, values in named.items()}
    return rows


def _cases(experiment: Experiment, dataset: Dataset, length: int) -> Iterator[Case]:
    """Choose the test sets for the nets of one training length; nets of a family (a net for each length) meet only their own."""
    family = len(experiment.task.training_size.nets) > 1
    pool = dataset.pools[length]
    if pool.validation:
        splits = [dataset.split(length, seed) for seed in range(experiment.training.seeds)]
        for probe, chosen in ((TRAINING, [training[:SCORED] for training, _ in splits]), (HELD_OUT, [held_out for _, held_out in splits])):
            examples = np.stack(chosen)
            yield _case(experiment, TestSet(probe, length, pool.inputs[examples], pool.targets[examples]), length, per_seed=True)
    tests = [test for test in dataset.test_sets if (not family or test.length == length) and test.length <= experiment.evaluation.longest]
    for test in sorted(tests, key=lambda test: test.length):
        yield _case(experiment, test, length)


def _case(experiment: Experiment, test: TestSet, trained_on: int, *, per_seed: bool = False) -> Case:
    spec = experiment.task.spec(test.length)
    in_range = experiment.task.in_range(test, trained_on)
    return Case(test.probe, test.length, test.inputs, test.targets, spec.chance, in_range, per_seed, spec.tolerance, _is_series(spec))


def _is_series(spec: TaskSpec) -> bool:
    """Say whether answers are reals that continue the input."""
    return spec.outputs is None and spec.answer == "sequence"


def _training(ends: list[dict[str, int | None]]) -> dict[str, Any]:
    solved = [end["solved_after"] for end in ends if end["solved_after"] is not None]
    # A seed that never solved its task counts as slower than every one that did: the median and the worst may not exist.
    ranked = sorted(solved) + [None] * (len(ends) - len(solved))
    return {
        "seeds": len(ends),
        "diverged": sum(end["diverged_at"] is not None for end in ends),
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
