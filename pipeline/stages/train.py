"""The stage ``train@<experiment>``: every seed of a recipe, at every training length it names."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline import checkpoints, datasets
from pipeline.core import metrics
from pipeline.core.folders import replacing
from pipeline.datasets import Dataset
from pipeline.experiment import Experiment
from pipeline.layers.networks import Network
from pipeline.layers.running import predictor
from pipeline.stages import paths
from pipeline.tasks.base import Array, TrainingPool
from pipeline.trained import build
from pipeline.training.batches import Schedule, steps_per_epoch, total_steps
from pipeline.training.engine import program
from pipeline.training.fit import Metrics, Outcome, TrainingData, fit, seed_groups

# Training examples on which a net is watched where its task keeps none for validation.
WATCHED = 1024

History = list[tuple[int, int, int, float, str, float]]
Watch = Callable[[str, int, int, Metrics], None]


def run(experiment: Experiment, watch: Watch = lambda part, step, steps, values: None) -> None:
    """Train ``experiment`` on the frozen dataset of its task and write ``data/models/<experiment>``.

    Args:
        experiment: What to train.
        watch: Called with the part of the work, its steps done, all its steps, and metrics with a value for each seed.

    Raises:
        DatasetError: The dataset is missing or damaged.
    """
    dataset = datasets.load(paths.datasets(experiment.task.name))
    with replacing(paths.models(experiment.name)) as folder:
        history: History = []
        outcomes = {
            length: _train(experiment, dataset, length, folder, history, watch)
            for length in dataset.training_lengths(experiment.training.lengths)
        }
        _write(experiment, folder, history, outcomes)


def _train(experiment: Experiment, dataset: Dataset, length: int, folder: Path, history: History, watch: Watch) -> list[Outcome]:
    """Train the nets of one length, group after group of seeds, and save their weights."""
    recipe, outcomes, run = experiment.training, [], None
    groups = seed_groups(recipe.seeds, recipe.batch_size)
    for seeds in groups:
        network = build(experiment.task, experiment.model, length, seeds)
        if run is None or len(seeds) < len(groups[0]):
            run = program(network, recipe)
        data, held_out = _data(dataset, length, seeds)
        examples = len(data.schedules[0].examples)
        log = _log(length, seeds, total_steps(recipe, examples), steps_per_epoch(examples, recipe.batch_size), history, watch)
        outcomes += fit(network, run, data, recipe, log, _validation(network, dataset.pools[length], held_out))
        for seed in seeds:
            checkpoints.save(network.weights_of(seed), checkpoints.path_of(folder, length, seed))
    return outcomes


def _data(dataset: Dataset, length: int, seeds: tuple[int, ...]) -> tuple[TrainingData, list[Array]]:
    """Choose each seed's training examples, and those it keeps out of training."""
    pool = dataset.pools[length]
    splits = [dataset.split(length, seed) for seed in seeds]
    examples = [kept for kept, _ in splits] if pool.order is None else [pool.order[seed] for seed in seeds]
    schedules = [Schedule(seed, indices) for seed, indices in zip(seeds, examples, strict=True)]
    return TrainingData(pool.inputs, pool.targets, schedules), [held_out for _, held_out in splits]


def _log(length: int, seeds: tuple[int, ...], steps: int, per_epoch: int, history: History, watch: Watch) -> Callable[[int, Metrics], None]:
    part = f"length {length}, seed {seeds[0]}" + (f" to {seeds[-1]}" if len(seeds) > 1 else "")

    def log(step: int, values: Metrics) -> None:
        watch(part, step, steps, values)
        for name, by_seed in values.items():
            history.extend((length, seed, step, step / per_epoch, name, value) for seed, value in zip(seeds, by_seed, strict=True))

    return log


def _validation(network: Network, pool: TrainingPool, held_out: list[Array]) -> Callable[[], Metrics]:
    """Return a function that scores the nets on what they do not train on; where nothing is kept out, on what they do."""
    prefix = "validation"
    if not pool.validation:
        prefix, held_out = "training", [np.arange(min(WATCHED, len(pool.inputs)))] * len(held_out)
    inputs, targets = (np.stack([values[indices] for indices in held_out]) for values in (pool.inputs, pool.targets))
    reals = targets.dtype.kind == "f"
    predict = predictor(network, symbols=not reals)

    def validate() -> Metrics:
        outputs = predict(inputs)
        if reals:
            return {f"{prefix}_rmse": metrics.rmse(outputs, targets).tolist()}
        return {
            f"{prefix}_token_accuracy": metrics.token_accuracy(outputs, targets).tolist(),
            f"{prefix}_sequence_accuracy": metrics.sequence_accuracy(outputs, targets).tolist(),
        }

    return validate


def _write(experiment: Experiment, folder: Path, history: History, outcomes: dict[int, list[Outcome]]) -> None:
    training_data = (paths.datasets(experiment.task.name) / datasets.TRAIN).read_bytes()
    recipe = {
        "experiment": experiment.name,
        "task": experiment.task.name,
        "task_version": experiment.task.version,
        "training_data": hashlib.sha256(training_data).hexdigest(),
        "model": experiment.model.model_dump(mode="json"),
        "training": experiment.training.model_dump(mode="json"),
    }
    ends = {str(length): {str(seed): vars(end) for seed, end in enumerate(by_seed)} for length, by_seed in outcomes.items()}
    for name, content in (("recipe", recipe), ("outcome", ends)):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    with (folder / "history.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("length", "seed", "step", "epoch", "metric", "value"))
        writer.writerows((length, seed, step, f"{epoch:.6g}", name, f"{value:.6g}") for length, seed, step, epoch, name, value in history)
