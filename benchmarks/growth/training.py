"""Steps of the engine on the post's RNN for increment: 10 seeds, 32 units, batches of 100, 11 positions, where nothing else is said."""

from dataclasses import replace
from typing import Any

from benchmarks import workloads
from benchmarks.contenders.engine import Engine
from benchmarks.growth.clock import timed

REPETITIONS = 3

Changed = dict[str, Any] | None


def seeds(count: int) -> dict[str, float]:
    """Time a step of so many seeds."""
    return _measured(count, 10 if count <= 100 else 5)


def units(count: int) -> dict[str, float]:
    """Time a step of nets of so many units."""
    return _measured(workloads.SEEDS, 20 if count < 128 else 5, model={"units": count})


def length(positions: int) -> dict[str, float]:
    """Time a step on ten sequences of so many positions."""
    return _measured(workloads.SEEDS, 20 if positions < 100 else 2, task={"length": positions - 1}, training={"batch_size": 10})


def _measured(seeds: int, steps: int, task: Changed = None, model: Changed = None, training: Changed = None) -> dict[str, float]:
    """Train from the same weights again and again; the first time compiles."""
    load = workloads.load("increment", seeds)
    experiment = load.experiment
    if task:
        experiment = replace(experiment, task=type(experiment.task)(experiment.task.params.model_copy(update=task)))
    if model:
        experiment = replace(experiment, model=experiment.model.model_copy(update=model))
    if training:
        experiment = replace(experiment, training=experiment.training.model_copy(update=training))
    engine = Engine(replace(load, experiment=experiment, length=experiment.task.training_size.lengths[0], steps=steps, chunk=steps))
    first = timed(engine.train)
    steps_after = timed(engine.train, REPETITIONS)
    each = {name: value / steps for name, value in steps_after.items()}
    return each | {"compiling_seconds": max(0.0, first["seconds"] - steps_after["seconds"]), "steps": steps}
