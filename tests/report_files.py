"""Small made-up files of results, as ``train`` and ``evaluate`` write them, for the tests of the report."""

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from checkouts import all_params

from pipeline.core import registry
from pipeline.reporting.inputs.published import Published
from pipeline.reporting.inputs.results import Results, read

Scores = Mapping[tuple[str, str, int], tuple[list[float], float | None]]
Endings = Mapping[int, list[dict[str, int | None]]]

# Of the test sets of ``fabricate``'s bits; nets are trained at 4.
LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 20, 50, 100, 1000)
PUBLISHED = Published(limit=1000, source="a post", criterion="no error", experiments={})


def ended(steps: int, solved: int | None = None, diverged: int | None = None) -> dict[str, int | None]:
    """An entry of ``outcome.json``: a net that met its stopping rule after so many steps (``solved``), or diverged."""
    return {"steps": steps, "solved_after": solved, "diverged_at": diverged}


def write(
    data: Path,
    experiment: str,
    task: str,
    scores: Scores,
    endings: Endings,
    *,
    model: str = "lstm",
    training: Mapping[str, Any] | None = None,
    history: Iterable[tuple[object, ...]] = (),
    predictions: Mapping[str, Any] | None = None,
    demonstration: Iterable[tuple[object, ...]] = (),
    sequences: int = 7,
) -> None:
    """Write one experiment's files as ``train`` and ``evaluate`` do; ``scores`` holds each seed's value and the baseline."""
    models, results = data / "models" / experiment, data / "results" / experiment
    models.mkdir(parents=True)
    results.mkdir(parents=True)
    recipe = {"experiment": experiment, "task": task, "task_version": 1, "training_data": ""}
    recipe |= {"model": {"name": model, "units": 3}, "training": {"optimizer": "adam", **(training or {"epochs": 4})}}
    (models / "recipe.json").write_text(json.dumps(recipe))
    (models / "outcome.json").write_text(json.dumps({length: dict(enumerate(nets)) for length, nets in endings.items()}))
    write_rows(models / "history.csv", "length,seed,step,epoch,metric,value", history)
    if demonstration:
        write_rows(models / "demonstration.csv", "length,seed,step,input,exact,answer", demonstration)
    rows = [
        (family, length, seed, length <= max(endings), sequences, metric, value, baseline)
        for (metric, family, length), (values, baseline) in scores.items()
        for seed, value in enumerate(values)
    ]
    write_rows(results / "scores.csv", "family,length,seed,in_range,sequences,metric,value,baseline", rows)
    (results / "metrics.json").write_text(json.dumps({"scores": aggregates(scores), "training": {}}))
    if predictions is not None:
        np.savez(results / "predictions.npz", allow_pickle=False, **predictions)


def write_rows(path: Path, header: str, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def aggregates(scores: Scores) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for (metric, family, length), (values, baseline) in scores.items():
        error = metric.startswith("rmse")
        good = [value < (baseline or 0) if error else value == 1 for value in values]
        worst = max(values) if error else min(values)
        cell = {"share": sum(good) / len(good), "worst": worst, "median": float(np.median(values)), "baseline": baseline}
        nested.setdefault(metric, {}).setdefault(family, {})[str(length)] = cell
    return nested


def results_of(tmp_path: Path, name: str = "net", **files: Any) -> dict[str, Results]:
    files.setdefault("scores", {})
    files.setdefault("endings", {10: [ended(100)]})
    write(tmp_path, name, "anything", **files)
    return {name: read(name, tmp_path / "models" / name, tmp_path / "results" / name)}


def fabricate(folder: Path) -> None:
    """Write four experiments: symbols, reals, a family of training lengths, and a task that no claim is known about."""
    points = [(metric, seed, step) for metric in ("loss", "accuracy") for seed in (0, 1) for step in (10, 20)]
    curve = [(4, seed, step, step / 10, metric, len(metric) / step) for metric, seed, step in points]
    scores = {
        (metric, family, n): ([1.0, max(0.0, 1 - n / 1000)], 0.5)
        for metric in ("token_accuracy", "sequence_accuracy")
        for family in ("random", "all_ones")
        for n in LENGTHS
    }
    answers = [(4, 0, step, "10 11", "11 12", "11 13") for step in range(10, 400, 10)]
    write(folder, "bits-post", "bits", scores, {4: [ended(20), ended(20)]}, history=curve, demonstration=answers)
    waves = {"targets": np.sin(np.arange(40.0)).reshape(4, 10), "inputs": np.zeros((4, 10))}
    cost = [(10, seed, step, step, "loss", 1 / step) for seed in (0, 1) for step in (1, 2)]
    arrays = {f"free_run/10/{k}": v for k, v in waves.items()} | {"free_run/10/predicted": np.zeros((2, 4, 10))}
    write(folder, "wave-post", "wave", {("rmse", "random", 5): ([0.1, 0.3], 0.2)}, {10: [ended(5)] * 2}, predictions=arrays, history=cost)
    stop = {"steps": 100, "stop": {"max_abs_error": 0.25, "successes": 10}}
    nets = {4: [ended(30, 30), ended(100)], 5: [ended(100), ended(7, diverged=7)]}
    lag_curve = [(n, 0, step, "", "loss", value) for n in (4, 5) for step, value in ((10, 0.5), (20, math.nan))]
    write(folder, "lag-post", "lag", {("sequence_accuracy", "both", 4): ([1.0, 0.5], 0.1)}, nets, training=stop, history=lag_curve)
    watched = [(3, seed, step, step, "validation_sequence_accuracy", 1 - 1 / step) for seed in (0, 1) for step in (1, 2)]
    write(folder, "extra", "new_task", {("token_accuracy", "random", 3): ([0.5, 1.0], 0.5)}, {3: [ended(5)] * 2}, history=watched)


def asked_for(names: Iterable[str]) -> list[Any]:
    """Stand in for experiments of ``params.yaml``: a name each, whose recipe it is, and the task where it is a real one."""
    sources = {"bits-post": "post", "adding-lstm-1997": "1997"}
    return [
        SimpleNamespace(name=name, source=sources.get(name, "ours"), tuned_on=None, task=_task(name.partition("-")[0])) for name in names
    ]


def _task(name: str) -> Any:
    """Return the task of that name or, for one that is made up here, a real one under it."""
    like = {"bits": "parity", "wave": "curve", "lag": "long_lag", "extra": "parity"}.get(name, name)
    kind = registry.load("tasks", like).TASK
    task = kind(kind.Params(**all_params()["tasks"][like]))
    task.name = name
    return task
