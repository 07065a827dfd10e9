"""Small made-up files of results, as ``train`` and ``evaluate`` write them, for the tests of the report."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.reporting.results import Results, read

Scores = Mapping[tuple[str, str, int], tuple[list[float], float | None]]
Endings = Mapping[int, list[dict[str, int | None]]]


def ended(steps: int, solved: int | None = None, diverged: int | None = None) -> dict[str, int | None]:
    return {"steps": steps, "solved_at": solved, "diverged_at": diverged}


def write(
    data: Path,
    experiment: str,
    task: str,
    scores: Scores,
    endings: Endings,
    *,
    training: Mapping[str, Any] | None = None,
    history: Iterable[tuple[object, ...]] = (),
    predictions: Mapping[str, Any] | None = None,
) -> None:
    """Write one experiment's files as ``train`` and ``evaluate`` do; ``scores`` holds each seed's value and the baseline."""
    models, results = data / "models" / experiment, data / "results" / experiment
    models.mkdir(parents=True)
    results.mkdir(parents=True)
    recipe = {"task": task, "model": {"name": "lstm", "units": 3}, "training": {"optimizer": "adam", **(training or {"epochs": 4})}}
    (models / "recipe.json").write_text(json.dumps(recipe))
    (models / "outcome.json").write_text(json.dumps({length: dict(enumerate(nets)) for length, nets in endings.items()}))
    write_rows(models / "history.csv", "length,seed,step,epoch,metric,value", history)
    rows = [
        (probe, length, seed, "true", 7, metric, value, baseline)
        for (metric, probe, length), (values, baseline) in scores.items()
        for seed, value in enumerate(values)
    ]
    write_rows(results / "scores.csv", "probe,length,seed,in_range,sequences,metric,value,baseline", rows)
    (results / "metrics.json").write_text(json.dumps({"scores": aggregates(scores), "training": {}}))
    if predictions:
        np.savez(results / "predictions.npz", **predictions)


def write_rows(path: Path, header: str, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def aggregates(scores: Scores) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for (metric, probe, length), (values, baseline) in scores.items():
        good = [value < (baseline or 0) if metric == "rmse" else value == 1 for value in values]
        worst = max(values) if metric == "rmse" else min(values)
        cell = {"share": sum(good) / len(good), "worst": worst, "median": float(np.median(values)), "baseline": baseline}
        nested.setdefault(metric, {}).setdefault(probe, {})[str(length)] = cell
    return nested


def results_of(tmp_path: Path, name: str = "net", **files: Any) -> dict[str, Results]:
    files.setdefault("scores", {})
    files.setdefault("endings", {10: [ended(100)]})
    write(tmp_path, name, "anything", **files)
    return {name: read(name, tmp_path / "models" / name, tmp_path / "results" / name)}
