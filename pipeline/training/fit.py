"""Train seeds side by side, a chunk of compiled steps at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.core.params import TrainingParams
from pipeline.core.seeding import stream_seed
from pipeline.layers.networks import Network
from pipeline.training.batches import Schedule, chunks, total_steps
from pipeline.training.engine import GOING, Chunk, begin

Array = NDArray[np.generic]
Metrics = dict[str, list[float]]


# Sequences in one step of all seeds of a group: beyond this the arithmetic, not the dispatch, is the cost, and memory only grows.
ROWS = 4096


@dataclass(frozen=True)
class TrainingData:
    """What ``fit`` learns from.

    Attributes:
        inputs: ``[n, T]`` symbols or reals; ``targets``: ``[n, T]`` or ``[n]``.
        schedules: For each seed, in the network's order, its examples.
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


def seed_groups(seeds: int, batch_size: int) -> list[tuple[int, ...]]:
    """Split seeds ``0 … seeds - 1`` into groups of one size that are trained side by side; a smaller last group where it must be."""
    size = max(1, min(seeds, ROWS // batch_size))
    return [tuple(range(start, min(start + size, seeds))) for start in range(0, seeds, size)]


def fit(
    network: Network,
    run: Chunk,
    data: TrainingData,
    params: TrainingParams,
    log: Callable[[int, Metrics], None],
    validate: Callable[[], Metrics] | None = None,
) -> list[Outcome]:
    """Train ``network`` in place and say how each seed ended.

    Args:
        network: The nets; their weights are replaced chunk by chunk.
        run: ``engine.program`` of this recipe and architecture, for as many seeds.
        data: Examples and each seed's way through them.
        params: The recipe.
        log: Called every ``log_every`` steps with the number of steps done and metrics, a value for each seed.
        validate: Called just before ``log``; its metrics, a value for each seed, are logged beside the mean loss.
    """
    steps = total_steps(params, len(data.schedules[0].examples))
    keys = ops.convert_to_tensor(np.array([stream_seed(seed, "noise") for seed in network.seeds], dtype=np.int32))
    inputs, targets = _on_device(data.inputs), _on_device(data.targets)
    progress = begin(network, params)
    done = 0
    for indices in chunks(data.schedules, params, steps):
        progress, losses = run(progress, keys, ops.convert_to_tensor(indices), inputs, targets)
        done += len(indices)
        for variable, weights in zip(network.trainable_variables, progress.weights, strict=True):
            variable.assign(weights)
        mean_losses = ops.convert_to_numpy(losses).mean(axis=0)
        log(done, {"loss": [float(x) for x in mean_losses], **(validate() if validate else {})})
        outcomes = _outcomes(done, ops.convert_to_numpy(progress.solved_at), ops.convert_to_numpy(progress.diverged_at))
        if all(o.steps < done for o in outcomes):
            break
    return outcomes


def _on_device(values: Array) -> Array:
    # Symbols travel as int32, the one integer type whose gather every backend compiles well.
    return ops.convert_to_tensor(values, "float32" if values.dtype.kind == "f" else "int32")


def _outcomes(done: int, solved_at: Array, diverged_at: Array) -> list[Outcome]:
    def one(solved: int, diverged: int) -> Outcome:
        ends = [at + 1 for at in (solved, diverged) if at != GOING]
        return Outcome(min(ends, default=done), None if solved == GOING else solved, None if diverged == GOING else diverged)

    return [one(int(s), int(d)) for s, d in zip(solved_at, diverged_at, strict=True)]
