"""Keras on TensorFlow as one first writes it: layers from the library, ``compile``, ``fit``, one seed after another.

One model serves all seeds, its weights and its optimizer set back between them: a new model for each would trace anew.
"""

from functools import partial
from time import perf_counter
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.workloads import Workload

EPSILON = 1e-8
OPTIMIZERS = {
    "adam": partial(keras.optimizers.Adam, epsilon=EPSILON),
    "adagrad": partial(keras.optimizers.Adagrad, epsilon=EPSILON),
    "sgd": keras.optimizers.SGD,
}


class ProjectedLSTMCell(keras.layers.Layer):
    """The LSTM with a projection (Sak et al. 2014), which Keras lacks: ``[B, D]`` and ``([B, P], [B, H])`` to ``[B, P]``."""

    def __init__(self, units: int, projection: int) -> None:
        super().__init__()
        self.units = units
        self.projection = projection
        self.state_size = [projection, units]
        self.output_size = projection

    def build(self, shape: tuple[int, ...]) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], 4 * self.units), name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(self.projection, 4 * self.units), name="recurrent_kernel")
        self.bias = self.add_weight(shape=(4 * self.units,), initializer="zeros", name="bias")
        self.projector = self.add_weight(shape=(self.units, self.projection), name="projection")

    def call(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        hidden, cell = states
        fed = ops.matmul(inputs, self.kernel) + ops.matmul(hidden, self.recurrent_kernel) + self.bias
        into, forget, candidate, out = ops.split(fed, 4, axis=-1)
        cell = ops.sigmoid(forget) * cell + ops.sigmoid(into) * ops.tanh(candidate)
        hidden = ops.matmul(ops.sigmoid(out) * ops.tanh(cell), self.projector)
        return hidden, [hidden, cell]


def _hard_sigmoid(x: Any) -> Any:
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


class OneBias(keras.constraints.Constraint):
    """Keep at zero what Keras's GRU has beyond one bias for each gate and one for the candidate's recurrent part: ``[2, 3 H]``."""

    def __call__(self, bias: Any) -> Any:
        units = bias.shape[1] // 3
        return bias * ops.convert_to_tensor(np.repeat([[1, 1, 1], [0, 0, 1]], units, axis=1), bias.dtype)


def build(workload: Workload, **compiling: Any) -> keras.Model:
    """Build the workload's net and compile it with these options beside the optimizer and the loss."""
    net, params = workload.net, workload.params
    first, layers = net.layers[0], keras.layers
    if params.name == "simple_rnn":
        body = [layers.SimpleRNN(first.units, return_sequences=True)]
    elif params.name == "gru":
        body = [layers.GRU(first.units, return_sequences=net.answers > 1, bias_constraint=OneBias())]
    elif first.projection is not None:
        body = [layers.RNN(ProjectedLSTMCell(first.units, first.projection), return_sequences=True)]
    elif params.name == "lstm":
        body = [layers.LSTM(first.units, return_sequences=net.answers > 1)]
    else:
        gates = _hard_sigmoid if params.gates == "hard_sigmoid" else "sigmoid"
        body = [
            layers.LSTM(first.units, recurrent_activation=gates),
            layers.Dropout(params.dropout_summary),
            layers.RepeatVector(net.positions),
            layers.LSTM(net.layers[1].units, recurrent_activation=gates, return_sequences=True),
        ]
    if net.readout is not None:
        body.append(layers.Dense(net.readout))
    if params.name == "seq2seq":
        body.append(layers.Dropout(params.dropout_logits))
    model = keras.Sequential([keras.Input(workload.features.shape[1:]), *body])
    reduction = "sum" if workload.recipe.loss == "summed_cross_entropy" else "sum_over_batch_size"
    optimizer = OPTIMIZERS[workload.recipe.optimizer](workload.recipe.learning_rate, clipvalue=workload.recipe.clip_value)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction), **compiling)
    return model


def weights_of(workload: Workload, seed: int) -> list[np.ndarray]:
    """Return a seed's initial weights in the order and the shapes of Keras's."""
    weights = dict(workload.initial(seed))
    for layer in workload.net.layers:
        if layer.gates == 3:
            candidate = weights.pop(f"{layer.name}/candidate_bias")
            own = weights[f"{layer.name}/bias"]
            weights[f"{layer.name}/bias"] = np.stack([own, np.concatenate([np.zeros(2 * layer.units, np.float32), candidate])])
    return list(weights.values())


class KerasFit:
    packages = ("tensorflow", "keras")

    def __init__(self, workload: Workload, jit_compile: bool = False, steps_per_execution: int = 1) -> None:
        keras.utils.set_random_seed(0)
        self.workload = workload
        self.device = "gpu" if tf.config.list_physical_devices("GPU") else "cpu"
        self.model = build(workload, jit_compile=jit_compile, steps_per_execution=steps_per_execution)
        idle = sum(2 * layer.units for layer in workload.net.layers if layer.gates == 3)  # see OneBias
        self.parameters = sum(int(np.prod(v.shape)) for v in self.model.trainable_variables) - idle
        self._fresh = [v.numpy() for v in self.model.optimizer.variables]

    def train(self) -> float:
        workload, seconds = self.workload, 0.0
        epochs = max(1, workload.steps // workload.batches_per_epoch)
        for seed in range(workload.seeds):
            self._reset(seed)
            order = workload.order(seed)[: min(workload.steps, workload.batches_per_epoch) * workload.recipe.batch_size]
            x, y = workload.features[order], workload.labels[order]
            shuffle = workload.recipe.order == "reshuffled"
            start = perf_counter()
            self.model.fit(x, y, batch_size=workload.recipe.batch_size, epochs=epochs, shuffle=shuffle, verbose=0)
            seconds += perf_counter() - start
        return seconds

    def losses(self) -> list[float]:
        self._reset(0)
        losses = []
        for batch in self.workload.batches(0, in_order=True):
            self.model.reset_metrics()
            losses.append(float(self.model.train_on_batch(self.workload.features[batch], self.workload.labels[batch])))
        return np.reshape(losses, (-1, self.workload.chunk)).mean(axis=1).tolist()

    def _reset(self, seed: int) -> None:
        for variable, values in zip(self.model.trainable_variables, weights_of(self.workload, seed), strict=True):
            variable.assign(values)
        for variable, values in zip(self.model.optimizer.variables, self._fresh, strict=True):
            variable.assign(values)


BUILDERS = {"keras": KerasFit}
