"""What is trained: experiments of ``params.yaml`` with their own nets, batches and optimizers, for fewer steps.

Two workloads have no experiment of their own: a GRU, and an LSTM that reads a hundred symbols. They are the post's on increment with
another net, and with longer numbers.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.nets import Net, Recurrent
from pipeline.config import settings
from pipeline.core import registry
from pipeline.core.seeding import stream
from pipeline.experiment.entry import Experiment
from pipeline.experiment.training import TrainingParams

Indices = NDArray[np.int32]

SEEDS = 10
GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}


@dataclass(frozen=True)
class Plan:
    """A workload's experiment, and what of it is another.

    Attributes:
        experiment: Its name in ``params.yaml``.
        steps: Optimizer steps in a repetition. Few enough that the slowest contender trains ten seeds in a few seconds.
        chunk: Steps between two looks at the loss.
        length: The training length, where the experiment has several.
        task: Keys of the task that have other values.
        model: The model instead of the experiment's, as ``params.yaml`` would have it.
    """

    experiment: str
    steps: int
    chunk: int
    length: int | None = None
    task: dict[str, Any] = field(default_factory=dict)
    model: dict[str, Any] | None = None


_PLANS = {
    "increment": Plan("increment-rnn-post", 180, 90),
    "count_ones": Plan("count_ones-lstm-post", 100, 50),
    "parity": Plan("parity-lstm-post", 4, 2),
    "sort": Plan("sort-seq2seq-post", 30, 15),
    "gru": Plan("increment-lstm-post", 90, 45, model={"name": "gru", "units": 32, "kernels": "fused", "readout": "uniform_0_1"}),
    "long_lag": Plan("long_lag-lstm-post", 200, 100, length=20),
    "length_100": Plan("increment-lstm-post", 8, 4, task={"length": 99}),
}
NAMES = tuple(_PLANS)


@dataclass(frozen=True)
class Workload:
    """One net, its data and its recipe, the same for every contender.

    Attributes:
        experiment: The experiment as ``params.yaml`` has it, but for what the plan changes.
        length: The training length.
        seeds: How many nets are trained.
        steps: Optimizer steps of each net in one repetition.
        chunk: Steps between two looks at the loss.
    """

    name: str
    experiment: Experiment
    length: int
    seeds: int
    steps: int
    chunk: int

    @property
    def params(self) -> Any:
        """The model's own params, one of several types."""
        return self.experiment.model

    @cached_property
    def recipe(self) -> TrainingParams:
        """The experiment's recipe, for the benchmark's seeds and steps, and without its stopping rule, which peers do not have."""
        own = {"seeds": self.seeds, "lengths": None, "epochs": None, "steps": self.steps, "log_every": self.chunk, "stop": None}
        return self.experiment.training.model_copy(update=own)

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
        layer = Recurrent("recurrent", inputs, params.units, GATES[params.name], outputs if projected else None)
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
        kind = {"simple_rnn": "RNN", "lstm": "LSTM", "gru": "GRU", "seq2seq": "LSTM encoder and decoder"}[params.name]
        projection = f" projected to {self.net.layers[0].projection}" if self.net.layers[0].projection else ""
        return f"{kind}, {params.units} units{projection}, batch {self.recipe.batch_size}, {self.net.positions} positions"


def load(name: str, seeds: int = SEEDS) -> Workload:
    """Make a workload from ``params.yaml`` in the current folder.

    Raises:
        ValueError: There is no such workload.
    """
    if name not in _PLANS:
        raise ValueError(f"expected one of the workloads {', '.join(NAMES)}, got '{name}'")
    plan = _PLANS[name]
    experiment = settings.read().experiment(plan.experiment)
    if plan.task:
        experiment = replace(experiment, task=type(experiment.task)(experiment.task.params.model_copy(update=plan.task)))
    if plan.model:
        kind = registry.load("models", plan.model["name"]).Params
        experiment = replace(experiment, model=kind.model_validate(plan.model))
    return Workload(name, experiment, plan.length or experiment.task.training_size.lengths[0], seeds, plan.steps, plan.chunk)
