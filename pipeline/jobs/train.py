"""A group of an experiment's seeds to train at one length."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

import numpy as np

from pipeline.core import metrics
from pipeline.core.examples import Array, without_first
from pipeline.core.workers import Stopped
from pipeline.execution.job import Worker
from pipeline.experiment.entry import Experiment
from pipeline.files.datasets import Dataset
from pipeline.layers.networks import Network
from pipeline.layers.running import Predict, predictor
from pipeline.trained import build
from pipeline.training.engine.batches import Schedule, total_steps
from pipeline.training.engine.data import Bucket, TrainingData, together
from pipeline.training.engine.fit import Architecture, fit, seed_groups
from pipeline.training.engine.runs import Observation, Run
from pipeline.training.engine.workbench import Workbench

# Training examples on which a net is watched where its task keeps none for validation.
WATCHED = 1024

# The programs of one recipe at one length are compiled once in a process, for all groups of as many seeds. A process that runs the jobs of
# many recipes, one after the other, forgets the older ones.
_ARCHITECTURES: dict[tuple[str, int], Architecture] = {}
_KEPT = 4
_LOCK = Lock()


@dataclass(frozen=True)
class TrainJob:
    """Train some seeds side by side in one program. An interrupted job is resumed from its snapshot, to the same bits.

    Attributes:
        experiment: Whose nets.
        recipe: All that the training is made from, as JSON: snapshots of another recipe are not used.
        length: The nets' training length, or the greatest of a range.
        seeds: The seeds. Which of them share a program is fixed by the recipe, since a seed's rounding depends on it.
    """

    experiment: Experiment
    recipe: str
    length: int
    seeds: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"length {self.length}, seed {self.seeds[0]}" + (f" to {self.seeds[-1]}" if len(self.seeds) > 1 else "")

    def run(self, shared: Dataset, worker: Worker) -> Run:
        """Train on the task's dataset ``shared``."""
        with _LOCK:
            workbench = Workbench(worker.folder, self.recipe)
            architecture = self._architecture()
        snapshot = self.name.replace(", ", "-").replace(" ", "-")
        data = training_data(self.experiment, shared, self.length, self.seeds, apart=not architecture.build(self.seeds).streams)
        steps = total_steps(self.experiment.training, data.examples())

        def keep(run: Run) -> None:
            stopping = worker.stopping()
            workbench.keep(snapshot, run, at_once=stopping)
            if stopping:
                raise Stopped

        resumed = workbench.load(snapshot, lambda: architecture.build(self.seeds), self.experiment.training)
        log = partial(worker.report, self.name)
        observe = _observer(self.experiment, shared, self.length)
        return fit(architecture, data, observe, lambda step, seen: log(step, steps, seen), keep, resumed)

    def _architecture(self) -> Architecture:
        key = self.recipe, self.length
        if key not in _ARCHITECTURES:
            while len(_ARCHITECTURES) >= _KEPT:
                del _ARCHITECTURES[next(iter(_ARCHITECTURES))]
            of = partial(build, self.experiment.task, self.experiment.model, self.length)
            _ARCHITECTURES[key] = Architecture(of, self.experiment.training)
        return _ARCHITECTURES[key]


def jobs(experiment: Experiment, recipe: str) -> list[TrainJob]:
    """List what there is to train: the groups of seeds of each length."""
    own = experiment.training
    lengths = own.lengths or experiment.task.training_size.nets
    groups = seed_groups(own.seeds, own.batch_size)
    return [TrainJob(experiment, recipe, length, seeds) for length in lengths for seeds in groups]


def training_data(experiment: Experiment, dataset: Dataset, length: int, seeds: tuple[int, ...], *, apart: bool = False) -> TrainingData:
    """Choose each seed's training examples.

    Args:
        experiment: Its recipe says how many first answers are not scored, and in how many buckets a range of lengths is put.
        dataset: The task's examples.
        length: The nets' training length, or the greatest of a range.
        seeds: The seeds.
        apart: Whether examples of different lengths must not share a bucket: for nets that read all of an input before they answer.
    """
    recipe, size = experiment.training, experiment.task.training_size
    lengths = list(size.lengths) if size.together else [length]
    shared = np.array_split(lengths, len(lengths) if apart else min(recipe.buckets, len(lengths)))
    return TrainingData([_bucket(dataset, [int(n) for n in part], seeds, recipe.ignore_first) for part in shared])


def _bucket(dataset: Dataset, lengths: list[int], seeds: tuple[int, ...], ignored: int) -> Bucket:
    pools = [replace(pool, targets=without_first(pool.targets, ignored)) for pool in map(dataset.pools.__getitem__, lengths)]
    inputs, targets = (pools[0].inputs, pools[0].targets) if len(pools) == 1 else together(pools)
    starts = np.cumsum([0, *(len(pool.inputs) for pool in pools)])

    def examples(seed: int) -> Array:
        if pools[0].order is not None:
            return pools[0].order[seed]
        return np.concatenate([start + dataset.split(n, seed)[0] for start, n in zip(starts[:-1], lengths, strict=True)])

    return Bucket(inputs, targets, [Schedule(seed, examples(seed)) for seed in seeds])


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
