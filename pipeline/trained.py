"""An experiment's nets, from its names in ``params.yaml`` and its weights on disk."""

from pathlib import Path

from pipeline.core import registry
from pipeline.core.task import Task
from pipeline.experiment.model import ModelParams
from pipeline.files import checkpoints
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
    network = build(task, model, length, seeds)
    shapes = {v.path: tuple(v.shape[1:]) for v in network.trainable_variables}
    network.assign([checkpoints.load(checkpoints.path_of(folder, length, seed), shapes) for seed in seeds])
    return network
