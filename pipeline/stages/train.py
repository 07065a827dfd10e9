"""The stage ``train@<experiment>``: every seed of a recipe, at every training length it names."""

import csv
import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np

from pipeline.config import paths
from pipeline.core import metrics
from pipeline.core.examples import Array
from pipeline.core.folders import replacing
from pipeline.core.workers import WORKERS, Stopped, in_threads
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints, datasets
from pipeline.files.datasets import Dataset
from pipeline.layers.networks import Network
from pipeline.layers.running import Predict, predictor
from pipeline.layers.xla import device
from pipeline.trained import build
from pipeline.training.engine.batches import Schedule, steps_per_epoch, total_steps
from pipeline.training.engine.data import Bucket, TrainingData, together
from pipeline.training.engine.fit import Architecture, fit, seed_groups
from pipeline.training.engine.runs import Metrics, Observation, Run
from pipeline.training.engine.workbench import Workbench

# Training examples on which a net is watched where its task keeps none for validation.
WATCHED = 1024

Watch = Callable[[str, int, int, Metrics], None]


def run(experiment: Experiment, watch: Watch = lambda part, step, steps, values: None) -> list[str]:
    """Train ``experiment`` on the frozen dataset of its task and write ``data/models/<experiment>``.

    An interrupted training is resumed, if nothing has changed that it was made from.

    Args:
        experiment: What to train.
        watch: Called with the part of the work, its steps done, all its steps, and metrics with a value for each seed in training.

    Returns:
        What a user should know of, in a sentence each: seeds that diverged.

    Raises:
        DatasetError: The dataset is missing or damaged.
    """
    dataset = datasets.load(paths.datasets(experiment.task.name))
    recipe = _recipe(experiment)
    workbench = Workbench(paths.training(experiment.name), json.dumps(recipe))
    runs = _train(experiment, dataset, workbench, watch)
    with replacing(paths.models(experiment.name)) as folder:
        _write(experiment, dataset, folder, recipe, runs)
    workbench.clear()
    return [
        f"{experiment.name}, length {length}, seed {seed}: the loss was no number at step {trained.outcome.diverged_at}; "
        "the weights are those before it"
        for length, run in runs.items()
        for seed, trained in run.trained.items()
        if trained.outcome.diverged_at is not None
    ]


def _train(experiment: Experiment, dataset: Dataset, workbench: Workbench, watch: Watch) -> dict[int, Run]:
    """Train the nets of every length, group by group of seeds, and put the runs of a length together."""
    recipe = experiment.training
    workers = 1 if device().startswith("gpu") else WORKERS
    jobs: list[tuple[int, Callable[[Event], Run]]] = []
    for length in recipe.lengths or experiment.task.training_size.nets:
        architecture = Architecture(partial(build, experiment.task, experiment.model, length), recipe)
        for seeds in seed_groups(recipe.seeds, recipe.batch_size, workers):
            jobs.append((length, partial(_train_group, experiment, dataset, length, seeds, architecture, workbench, watch)))
    runs: dict[int, Run] = {}
    for (length, _), run in zip(jobs, in_threads([job for _, job in jobs], workers), strict=True):
        whole = runs.setdefault(length, Run(()))
        whole.trained |= run.trained
        whole.history += run.history
        whole.notes += run.notes
    return runs


def _train_group(
    experiment: Experiment, dataset: Dataset, length: int, seeds: tuple[int, ...], architecture: Architecture, workbench: Workbench,
    watch: Watch, stopping: Event,
) -> Run:  # fmt: skip
    part = f"length {length}, seed {seeds[0]}" + (f" to {seeds[-1]}" if len(seeds) > 1 else "")
    name = part.replace(", ", "-").replace(" ", "-")
    data = _data(experiment, dataset, length, seeds, apart=not architecture.build(seeds).streams)
    steps = total_steps(experiment.training, data.examples())

    def keep(run: Run) -> None:
        workbench.keep(name, run, at_once=stopping.is_set())
        if stopping.is_set():
            raise Stopped

    resumed = workbench.load(name, lambda: architecture.build(seeds), experiment.training)
    log = partial(watch, part)
    return fit(architecture, data, _observer(experiment, dataset, length), lambda step, values: log(step, steps, values), keep, resumed)


def _data(experiment: Experiment, dataset: Dataset, length: int, seeds: tuple[int, ...], *, apart: bool = False) -> TrainingData:
    """Choose each seed's training examples.

    Args:
        experiment: Its recipe leaves the first ``washout`` answers out, and says in how many buckets a range of lengths is put.
        dataset: The task's examples.
        length: The nets' training length, or the greatest of a range.
        seeds: The seeds.
        apart: Whether examples of different lengths must not share a bucket: for nets that read all of an input before they answer.
    """
    recipe, size = experiment.training, experiment.task.training_size
    lengths = list(size.lengths) if size.together else [length]
    shared = np.array_split(lengths, len(lengths) if apart else min(recipe.buckets, len(lengths)))
    return TrainingData([_bucket(dataset, [int(n) for n in part], seeds, recipe.washout) for part in shared])


def _bucket(dataset: Dataset, lengths: list[int], seeds: tuple[int, ...], washout: int) -> Bucket:
    pools = [dataset.pools[length] for length in lengths]
    inputs, targets = (pools[0].inputs, pools[0].targets) if len(pools) == 1 else together(pools)
    starts = np.cumsum([0, *(len(pool.inputs) for pool in pools)])

    def examples(seed: int) -> Array:
        if pools[0].order is not None:
            return pools[0].order[seed]
        return np.concatenate([start + dataset.split(n, seed)[0] for start, n in zip(starts[:-1], lengths, strict=True)])

    return Bucket(inputs, targets[:, washout:], [Schedule(seed, examples(seed)) for seed in seeds])


def _observer(experiment: Experiment, dataset: Dataset, length: int) -> Callable[[Network, int], Observation]:
    """Return a function that scores nets on what they do not train on; where nothing is kept out, on what they do.

    Its notes are the running demonstration of the post on sorting, one held-out input at a time: step, seed, input, the exact answer
    and the net's, as a person writes them.
    """
    task, pool = experiment.task, dataset.pools[length]
    prefix = "validation" if pool.validation else "training"
    kept: dict[Network, tuple[Predict, Array, Array]] = {}

    def prepare(network: Network) -> tuple[Predict, Array, Array]:
        watched = np.arange(min(WATCHED, len(pool.inputs)))
        chosen = [dataset.split(length, seed)[1] if pool.validation else watched for seed in network.seeds]
        inputs, targets = (np.stack([values[indices] for indices in chosen]) for values in (pool.inputs, pool.targets))
        return predictor(network, symbols=targets.dtype.kind != "f"), inputs, targets

    def observe(network: Network, step: int) -> Observation:
        if network not in kept:
            kept.clear()
            kept[network] = prepare(network)
        predict, inputs, targets = kept[network]
        outputs = predict(inputs, targets.shape[-1])
        scores = _scores(task.spec(length).tolerance, outputs, targets)
        named = {f"{prefix}_{name}": values.tolist() for name, values in scores.items()}
        shown = step // experiment.training.log_every % inputs.shape[1]
        written = [[task.render(i[shown], o[shown]) for o in (t, a)] for i, t, a in zip(inputs, targets, outputs, strict=True)]
        asked = [task.show(i[shown]) for i in inputs]
        notes = [[step, seed, q, *answers] for seed, q, answers in zip(network.seeds, asked, written, strict=True)]
        return Observation(named, notes if pool.validation else [])

    return observe


def _scores(tolerance: float | None, outputs: Array, targets: Array) -> dict[str, Array]:
    if targets.dtype.kind != "f":
        return {
            "token_accuracy": metrics.token_accuracy(outputs, targets),
            "sequence_accuracy": metrics.sequence_accuracy(outputs, targets),
        }
    near = {} if tolerance is None else {"sequence_accuracy": metrics.accuracy_within(tolerance, outputs, targets)}
    return {"rmse": metrics.rmse(outputs, targets), **near}


def _recipe(experiment: Experiment) -> dict[str, object]:
    training_data = (paths.datasets(experiment.task.name) / datasets.TRAIN).read_bytes()
    return {
        "experiment": experiment.name,
        "task": experiment.task.name,
        "task_version": experiment.task.version,
        "training_data": hashlib.sha256(training_data).hexdigest(),
        "model": experiment.model.model_dump(mode="json"),
        "training": experiment.training.model_dump(mode="json"),
    }


def _write(experiment: Experiment, dataset: Dataset, folder: Path, recipe: dict[str, object], runs: dict[int, Run]) -> None:
    for length, run in runs.items():
        for seed, trained in run.trained.items():
            checkpoints.save(trained.weights, checkpoints.path_of(folder, length, seed))
    ends = {str(length): {str(seed): vars(run.trained[seed].outcome) for seed in sorted(run.trained)} for length, run in runs.items()}
    for name, content in (("recipe", recipe), ("outcome", ends)):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    epochs = {
        length: steps_per_epoch(_data(experiment, dataset, length, (0,)).examples(), experiment.training.batch_size) for length in runs
    }
    history = (
        (length, seed, step, f"{step / epochs[length]:.6g}", name, f"{value:.6g}")
        for length, run in runs.items()
        for step, seed, name, value in run.history
    )
    _write_rows(folder / "history.csv", ("length", "seed", "step", "epoch", "metric", "value"), history)
    notes = [(length, seed, step, *texts) for length, run in runs.items() for step, seed, *texts in run.notes]
    if notes:
        _write_rows(folder / "demonstration.csv", ("length", "seed", "step", "input", "exact", "answer"), notes)


def _write_rows(path: Path, header: tuple[str, ...], rows: object) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)  # type: ignore[arg-type]
