"""An experiment's nets, from its names in ``params.yaml`` and its weights on disk."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.core import registry
from pipeline.core.task import Task
from pipeline.experiment.model import ModelParams
from pipeline.files import checkpoints
from pipeline.files.checkpoints import Weights
from pipeline.layers.networks import Network


def build(task: Task, model: ModelParams, length: int, seeds: tuple[int, ...]) -> Network:
    """Build untrained nets, one for each seed, for the examples of one training length."""
    network: Network = registry.load("models", model.name).build(task.spec(length), model, seeds)
    return network


def load(folder: Path, task: Task, model: ModelParams, length: int, seeds: tuple[int, ...]) -> Network:
    """Load the trained nets of some seeds, side by side.

    Raises:
        CheckpointError: Weights are missing, or those of another net.
    """
    return assembled(folder, task, model, length, {seed: checkpoints.read(checkpoints.path_of(folder, length, seed)) for seed in seeds})


def assembled(folder: Path, task: Task, model: ModelParams, length: int, weights: Mapping[int, Weights]) -> Network:
    """Put the trained nets of some seeds, whose weights were read from ``folder``, side by side.

    Raises:
        CheckpointError: They are the weights of another net.
    """
    network = build(task, model, length, tuple(weights))
    shapes = {v.path: tuple(v.shape[1:]) for v in network.trainable_variables}
    for seed, own in weights.items():
        checkpoints.check(own, shapes, checkpoints.path_of(folder, length, seed))
    network.assign([dict(own) for own in weights.values()])
    return network
