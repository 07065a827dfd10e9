"""Train seeds side by side, a chunk of compiled steps at a time."""

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.core.seeding import stream_seed
from pipeline.layers.networks import Network
from pipeline.training.batches import Indices, Schedule, total_steps
from pipeline.training.engine import GOING, Chunk, Progress, begin, program
from pipeline.training.params import TrainingParams

Array = NDArray[Any]
Metrics = dict[str, list[float]]

# Sequences in one step of all seeds of a group: beyond this the arithmetic, not the dispatch, is the cost, and memory only grows.
ROWS = 4096


@dataclass(frozen=True)
class TrainingData:
    """What ``fit`` learns from.

    Attributes:
        inputs: ``[n, T]`` symbols or reals, or ``[n, T, D]``; ``targets``: ``[n, T]`` or ``[n]``.
        schedules: Each seed's way through the examples.
    """

    inputs: Array
    targets: Array
    schedules: list[Schedule]


@dataclass(frozen=True)
class Outcome:
    """How one seed's training ended: steps counted from 0, ``None`` for what did not happen."""

    steps: int
    solved_at: int | None
    diverged_at: int | None


@dataclass(frozen=True)
class Trained:
    """One seed's weights, by path, and how its training ended."""

    weights: dict[str, Array]
    outcome: Outcome


@dataclass(frozen=True)
class Observation:
    """What there is to see of nets in training: metrics, a value for each seed, and notes of any kind, which are only kept."""

    metrics: Metrics
    notes: list[list[Any]] = field(default_factory=list)


@dataclass
class Run:
    """Where a training stands, between two chunks; it can be put on disk and gone on from.

    Attributes:
        done: Steps done.
        seeds: The seeds still in the program, in the order of its first axis.
        progress: Their state; ``None`` before the first step and after the last.
        trained: The seeds whose training has ended.
        history: ``(step, seed, metric, value)``, in the order in which they were logged; values that are no numbers are left out.
        notes: What the observations noted.
    """

    seeds: tuple[int, ...]
    done: int = 0
    progress: Progress | None = None
    trained: dict[int, Trained] = field(default_factory=dict)
    history: list[tuple[int, int, str, float]] = field(default_factory=list)
    notes: list[list[Any]] = field(default_factory=list)


class Architecture:
    """Builds nets of one shape, and compiles a recipe's program of so many steps once for each number of them."""

    def __init__(self, build: Callable[[tuple[int, ...]], Network], params: TrainingParams) -> None:
        self.build = build
        self.params = params
        self._programs: dict[int, Chunk] = {}
        self._lock = threading.Lock()

    def program(self, network: Network, steps: int) -> Chunk:
        """Return ``engine.program`` for as many seeds as ``network`` has."""
        count = len(network.seeds)
        with self._lock:
            if count not in self._programs:
                self._programs[count] = program(network, self.params, steps)
            return self._programs[count]


def seed_groups(seeds: int, batch_size: int, lanes: int) -> list[tuple[int, ...]]:
    """Split seeds ``0 … seeds - 1`` into groups that share a program: of one size but the last, and as many as lanes or more."""
    size = max(1, min(math.ceil(seeds / lanes), ROWS // batch_size))
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
        run: One that ``keep`` was called with, to go on from; the weights come out bit for bit as if it had not been interrupted.
    """
    params = architecture.params
    steps = total_steps(params, len(data.schedules[0].examples))
    inputs, targets = _on_device(data.inputs), _on_device(data.targets)
    run = run or Run(tuple(schedule.seed for schedule in data.schedules))
    batches = _batches(data.schedules, run, params)
    while run.seeds:
        network = architecture.build(run.seeds)
        chunk = architecture.program(network, steps)
        keys = ops.convert_to_tensor(np.array([stream_seed(seed, "noise") for seed in run.seeds], dtype=np.int32))
        progress = run.progress or begin(network, params)
        going = [seed for seed in run.seeds if seed not in run.trained]
        while 2 * len(going) > len(run.seeds):
            count = min(params.log_every, steps - run.done)
            indices = np.stack([np.stack([next(batches[seed]) for seed in run.seeds]) for _ in range(count)]).astype(np.int32)
            progress, losses = chunk(progress, keys, ops.convert_to_tensor(indices), inputs, targets)
            reached = int(progress.step) - run.done
            run.done += reached
            for variable, weights in zip(network.trainable_variables, progress.weights, strict=True):
                variable.assign(weights)
            _record(run, going, _means(ops.convert_to_numpy(losses)[:reached]), observe(network, run.done), log)
            going = _end(run, network, progress, steps, params)
            run.progress = progress if going else None
            keep(run)
        run.seeds, run.progress = tuple(going), _selected(progress, [run.seeds.index(seed) for seed in going])
    return run


def _batches(schedules: list[Schedule], run: Run, params: TrainingParams) -> dict[int, Iterator[Indices]]:
    """Return each running seed's batches, those it has met already left out."""
    batches = {s.seed: s.batches(params.batch_size, params.order) for s in schedules if s.seed in run.seeds}
    for own in batches.values():
        for _ in range(run.done):
            next(own)
    return batches


def _record(run: Run, going: list[int], losses: list[float], seen: Observation, log: Callable[[int, Metrics], None]) -> None:
    places = [run.seeds.index(seed) for seed in going]
    metrics = {name: [values[i] for i in places] for name, values in {"loss": losses, **seen.metrics}.items()}
    log(run.done, metrics)
    rows = ((run.done, seed, name, value) for name, values in metrics.items() for seed, value in zip(going, values, strict=True))
    run.history.extend(row for row in rows if np.isfinite(row[-1]))
    run.notes.extend(seen.notes)


def _end(run: Run, network: Network, progress: Progress, steps: int, params: TrainingParams) -> list[int]:
    """Put the seeds that have ended into ``run.trained``; return those that go on."""
    solved_at, diverged_at = ops.convert_to_numpy(progress.solved_at), ops.convert_to_numpy(progress.diverged_at)
    going = []
    for seed, solved, diverged in zip(run.seeds, solved_at.tolist(), diverged_at.tolist(), strict=True):
        ended = solved if solved != GOING and params.stop and params.stop.ends else diverged
        if seed in run.trained:
            continue
        if ended == GOING and run.done < steps:
            going.append(seed)
            continue
        outcome = Outcome(
            run.done if ended == GOING else ended + 1, None if solved == GOING else solved, None if diverged == GOING else diverged
        )
        run.trained[seed] = Trained(network.weights_of(seed), outcome)
    return going


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
