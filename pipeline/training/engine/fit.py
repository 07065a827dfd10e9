"""Train seeds side by side, a chunk of compiled steps at a time."""

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.core.seeding import stream_seed
from pipeline.experiment.training import TrainingParams
from pipeline.files.outcomes import Outcome
from pipeline.layers.networks import Network
from pipeline.training.engine.batches import Indices, total_steps
from pipeline.training.engine.data import TrainingData, turns
from pipeline.training.engine.program import NOT_YET, Chunk, Progress, begin, program
from pipeline.training.engine.runs import Metrics, Observation, Run, Trained

Array = NDArray[Any]

# Sequences in one step of all seeds of a group: beyond this the arithmetic, not the dispatch, is the cost, and memory only grows.
ROWS = 4096

# The least number of groups that seeds are trained in. It is the same on every machine, and on a GPU, since a seed's rounding depends on
# how many share its program.
GROUPS = 2


class Architecture:
    """Builds nets of one shape, and compiles a recipe's program of so many steps once for each number of them."""

    def __init__(self, build: Callable[[tuple[int, ...]], Network], params: TrainingParams) -> None:
        self.params = params
        self._build = build
        self._programs: dict[tuple[int, bool], Chunk] = {}
        self._lock = threading.Lock()

    def build(self, seeds: tuple[int, ...]) -> Network:
        """Build the nets of some seeds, to be trained by the recipe."""
        network = self._build(seeds)
        if self.params.contraction is not None:
            network.contract(self.params.contraction.radius, self.params.contraction.to)
        return network

    def program(self, network: Network, steps: int, all_scored: bool) -> Chunk:
        """Return ``engine.program`` for as many seeds as ``network`` has; it is compiled anew for each shape of examples."""
        key = len(network.seeds), all_scored
        with self._lock:
            if key not in self._programs:
                self._programs[key] = program(network, self.params, steps, all_scored)
            return self._programs[key]


def seed_groups(seeds: int, batch_size: int, groups: int = GROUPS) -> list[tuple[int, ...]]:
    """Split seeds ``0 … seeds - 1`` into groups that share a program: of one size but the last, and ``groups`` or more."""
    size = max(1, min(math.ceil(seeds / groups), ROWS // batch_size))
    return [tuple(range(start, min(start + size, seeds))) for start in range(0, seeds, size)]


def fit(
    architecture: Architecture,
    data: TrainingData,
    observe: Callable[[Network, int], Observation] = lambda network, step: Observation({}),
    log: Callable[[int, Metrics], None] = lambda step, metrics: None,
    keep: Callable[[Run], None] = lambda run: None,
    run: Run | None = None,
) -> Run:
    """Train a net for each of ``data.schedules`` and return the run at its end, when ``trained`` holds them all.

    Seeds that have ended are dropped from the program once they are half of it, and a program whose seeds have all ended stops at once.

    Args:
        architecture: The nets and the recipe.
        data: Examples and each seed's way through them.
        observe: Called with the nets and the number of steps done every ``log_every`` steps; its metrics are logged beside the mean loss.
        log: Called with the number of steps done and metrics, a value for each seed that was still in training.
        keep: Called between two chunks.
        run: One that ``keep`` was called with, to resume; it ends with bit-identical weights, as if it had not been interrupted.
    """
    params = architecture.params
    steps = total_steps(params, data.examples())
    buckets = [(_on_device(bucket.inputs), _on_device(bucket.targets), bucket.all_scored) for bucket in data.buckets]
    run = run or Run(data.seeds)
    batches = _batches(data, run, params)
    while run.seeds:
        network = architecture.build(run.seeds)
        programs = {kind: architecture.program(network, steps, kind) for *_, kind in buckets}
        keys = ops.convert_to_tensor(np.array([stream_seed(seed, "noise") for seed in run.seeds], dtype=np.int32))
        progress = run.progress or begin(network, params)
        updating = [seed for seed in run.seeds if seed not in run.trained]
        while 2 * len(updating) > len(run.seeds):
            losses = []
            for bucket, count in turns(data, run.done, min(params.log_every, steps - run.done)):
                indices = np.stack([np.stack([next(batches[bucket][seed]) for seed in run.seeds]) for _ in range(count)]).astype(np.int32)
                inputs, targets, kind = buckets[bucket]
                progress, own = programs[kind](progress, keys, ops.convert_to_tensor(indices), inputs, targets)
                reached = int(progress.step) - run.done
                run.done += reached
                losses.append(ops.convert_to_numpy(own)[:reached])
                if reached < count:
                    break  # every seed has ended
            for variable, weights in zip(network.trainable_variables, progress.weights, strict=True):
                variable.assign(weights)
            _record(run, updating, _means(np.concatenate(losses)), observe(network, run.done), log)
            if params.keep_weights:
                for seed in updating:
                    run.kept.setdefault(seed, {})[run.done] = network.weights_of(seed)
            updating = _end(run, network, progress, steps, params)
            run.progress = progress if updating else None
            keep(run)
        run.seeds, run.progress = tuple(updating), _selected(progress, [run.seeds.index(seed) for seed in updating])
    return run


def _batches(data: TrainingData, run: Run, params: TrainingParams) -> list[dict[int, Iterator[Indices]]]:
    """Return each running seed's batches from each bucket, those it has met already left out."""
    batches = [
        {s.seed: s.batches(params.batch_size, params.order) for s in bucket.schedules if s.seed in run.seeds} for bucket in data.buckets
    ]
    for bucket, count in turns(data, 0, run.done):
        for own in batches[bucket].values():
            for _ in range(count):
                next(own)
    return batches


def _record(run: Run, updating: list[int], losses: list[float], seen: Observation, log: Callable[[int, Metrics], None]) -> None:
    places = [run.seeds.index(seed) for seed in updating]
    metrics = {name: [values[i] for i in places] for name, values in {"loss": losses, **seen.metrics}.items()}
    log(run.done, metrics)
    rows = ((run.done, seed, name, value) for name, values in metrics.items() for seed, value in zip(updating, values, strict=True))
    run.history.extend(row for row in rows if np.isfinite(row[-1]))
    run.notes.extend(seen.notes)


def _end(run: Run, network: Network, progress: Progress, steps: int, params: TrainingParams) -> list[int]:
    """Put the seeds that have ended into ``run.trained``; return those that go on."""
    met_at, diverged_at = ops.convert_to_numpy(progress.met_at), ops.convert_to_numpy(progress.diverged_at)
    updating = []
    for seed, solved, diverged in zip(run.seeds, met_at.tolist(), diverged_at.tolist(), strict=True):
        ended = solved if solved != NOT_YET and params.stop and params.stop.ends else diverged
        if seed in run.trained:
            continue
        if ended == NOT_YET and run.done < steps:
            updating.append(seed)
            continue
        outcome = Outcome(
            steps=run.done if ended == NOT_YET else ended + 1,
            solved_after=None if solved == NOT_YET else solved + 1,
            diverged_at=None if diverged == NOT_YET else diverged,
        )
        run.trained[seed] = Trained(network.weights_of(seed), outcome)
    return updating


def _means(losses: Array) -> list[float]:
    """Average ``[K, S]`` over the steps that moved a seed; NaN where none did."""
    moved = np.isfinite(losses)
    return [float(column[kept].mean()) if kept.any() else float("nan") for column, kept in zip(losses.T, moved.T, strict=True)]


def _selected(progress: Progress, places: list[int]) -> Progress | None:
    if not places:
        return None
    rows = np.array(places)

    def take(values: Any) -> Any:
        return ops.take(values, rows, axis=0)

    weights, slots = [take(w) for w in progress.weights], tuple([take(v) for v in slot] for slot in progress.slots)
    return Progress(weights, slots, progress.step, *(take(values) for values in progress[3:]))


def _on_device(values: Array) -> Array:
    # Symbols travel as int32, the one integer type whose gather every backend compiles well.
    return ops.convert_to_tensor(values, "float32" if values.dtype.kind == "f" else "int32")
