"""What is trained: four experiments of ``params.yaml`` with their own nets, batches and optimizers, for fewer steps."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.nets import Net, Recurrent
from pipeline.config import settings
from pipeline.core.seeding import stream
from pipeline.experiment.entry import Experiment
from pipeline.experiment.training import TrainingParams

Indices = NDArray[np.int32]

SEEDS = 10

# Experiment, steps in a repetition, steps in a chunk. Few enough that the slowest contender trains ten seeds in a few seconds.
_PLAN = {
    "increment": ("increment-rnn-post", 180, 90),
    "count_ones": ("count_ones-lstm-post", 100, 50),
    "parity": ("parity-lstm-post", 4, 2),
    "sort": ("sort-seq2seq-post", 30, 15),
}
NAMES = tuple(_PLAN)


@dataclass(frozen=True)
class Workload:
    """One net, its data and its recipe, the same for every contender.

    Attributes:
        experiment: The experiment as ``params.yaml`` has it.
        seeds: How many nets are trained.
        steps: Optimizer steps of each net in one repetition.
        chunk: Steps between two looks at the loss.
    """

    name: str
    experiment: Experiment
    seeds: int
    steps: int
    chunk: int

    @property
    def params(self) -> Any:
        """The model's own params, one of several types."""
        return self.experiment.model

    @property
    def length(self) -> int:
        return self.experiment.task.training_size.lengths[0]

    @cached_property
    def recipe(self) -> TrainingParams:
        """The experiment's recipe, for the benchmark's seeds and steps."""
        return self.experiment.training.model_copy(
            update={"seeds": self.seeds, "epochs": None, "steps": self.steps, "log_every": self.chunk}
        )

    @cached_property
    def examples(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Symbols ``[n, T]`` and answers ``[n, T]`` or ``[n, 1]``, drawn and solved by the task; of a stream, as much as is met."""
        task, batch = self.experiment.task, self.recipe.batch_size
        n = self.steps * batch if self.recipe.order == "stream" else task.training_size.examples
        rng = stream(0, "benchmark", self.name)
        # Training inputs, which not every kind of task tells from others.
        inputs = getattr(task, "sample_training", task.sample)(rng, n, self.length)
        return inputs, task.oracle(inputs)

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """The inputs as the peers' users would feed them, made beforehand: ``[n, T, D]`` one-hot, or ``[n, T, 1]`` numbers."""
        inputs, _ = self.examples
        if getattr(self.params, "scalar_input", False):
            return inputs[..., None].astype(np.float32)
        return np.eye(self.net.layers[0].inputs, dtype=np.float32)[inputs]

    @cached_property
    def labels(self) -> Indices:
        """The answers as the peers' users would feed them: int32 ``[n, T]``, or ``[n]`` for one answer at the end."""
        targets = self.examples[1].astype(np.int32)
        return targets[:, 0] if self.net.answers == 1 else targets

    @property
    def batches_per_epoch(self) -> int:
        return len(self.labels) // self.recipe.batch_size

    def order(self, seed: int) -> Indices:
        """Return the order in which a seed first meets the examples: ``[n]``."""
        return stream(seed, "benchmark", self.name, "order").permutation(len(self.labels)).astype(np.int32)

    def batches(self, seed: int, in_order: bool) -> Indices:
        """Return the examples of every step: ``[steps, B]``, reshuffled each epoch where the recipe says so and ``in_order`` does not."""
        order, rng = self.order(seed), stream(seed, "benchmark", self.name, "batches")
        usable = self.batches_per_epoch * self.recipe.batch_size
        epochs = -(-self.steps // self.batches_per_epoch)
        shuffled = self.recipe.order == "reshuffled" and not in_order
        rows = [(rng.permutation(order) if shuffled else order)[:usable] for _ in range(epochs)]
        return np.concatenate(rows).reshape(-1, self.recipe.batch_size)[: self.steps]

    @cached_property
    def net(self) -> Net:
        """The experiment's net as plain numbers."""
        params = self.params
        spec, positions = self.experiment.task.spec(self.length), self.examples[0].shape[1]
        inputs, outputs = 1 if getattr(params, "scalar_input", False) else int(spec.inputs or 1), int(spec.outputs or 1)
        answers = positions if spec.answer == "sequence" else 1
        if params.name == "seq2seq":
            layers = (Recurrent("encoder", inputs, params.units, 4), Recurrent("decoder", params.units, params.units, 4))
            return Net(layers, outputs, answers, positions)
        projected = getattr(params, "projection", False)
        layer = Recurrent("recurrent", inputs, params.units, 4 if params.name == "lstm" else 1, outputs if projected else None)
        return Net((layer,), None if projected else outputs, answers, positions)

    def initial(self, seed: int) -> dict[str, NDArray[np.float32]]:
        """Draw one seed's initial weights by path, for nets whose forget gate has its bias among the others."""
        weights = self.net.draw(seed)
        for layer in self.net.layers:
            if layer.gates == 4:
                weights[f"{layer.name}/bias"][layer.units : 2 * layer.units] = getattr(self.params, "forget_bias", 0.0)
        return weights

    @property
    def title(self) -> str:
        """Say in a line what is trained."""
        params = self.params
        kind = {"simple_rnn": "RNN", "lstm": "LSTM", "seq2seq": "LSTM encoder and decoder"}[params.name]
        projection = f" projected to {self.net.layers[0].projection}" if self.net.layers[0].projection else ""
        return f"{kind}, {params.units} units{projection}, batch {self.recipe.batch_size}, {self.net.positions} positions"


def load(name: str, seeds: int = SEEDS) -> Workload:
    """Make a workload from ``params.yaml`` in the current folder.

    Raises:
        ValueError: There is no such workload.
    """
    if name not in _PLAN:
        raise ValueError(f"expected one of the workloads {', '.join(NAMES)}, got '{name}'")
    experiment, steps, chunk = _PLAN[name]
    return Workload(name, settings.read().experiment(experiment), seeds, steps, chunk)
