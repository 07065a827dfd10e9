"""Run a network over inputs of any length with bounded memory, or on its own outputs."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.layers.networks import Network
from pipeline.layers.xla import Tensor, traced, value_of

Array = NDArray[Any]

# Positions and sequences answered at a time. Small enough for the processor's cache, which is also what bounds the memory.
SEGMENT = 64
ROWS = 128


def predictor(network: Network, symbols: bool) -> Callable[[Array], Array]:
    """Return ``predict``: ``[S, n, T]`` inputs to ``[S, n, T]`` or ``[S, n]`` outputs, symbols (by argmax) or reals.

    The weights are looked up at every call, so that a net in training can be asked again and again.
    """
    if network.streams:
        segment = _segment(network, lambda outputs: network.answers(outputs, symbols))

        def predict_rows(inputs: Array) -> Array:
            state = network.initial_state(inputs.shape[1])
            parts = []
            for start in range(0, inputs.shape[2], SEGMENT):
                outputs, state = segment(inputs[:, :, start : start + SEGMENT], state)
                parts.append(ops.convert_to_numpy(outputs))
            return parts[-1] if parts[-1].ndim == 2 else np.concatenate(parts, axis=2)

        return lambda inputs: np.concatenate([predict_rows(inputs[:, r : r + ROWS]) for r in range(0, inputs.shape[1], ROWS)], axis=1)

    @traced
    def whole(weights: list[Tensor], inputs: Tensor) -> Tensor:
        return network.answers(network.stateless_call(weights, [], inputs)[0], symbols)

    def predict_whole(inputs: Array) -> Array:
        rows = max(1, ROWS * SEGMENT // inputs.shape[2])
        blocks = [inputs[:, r : r + rows] for r in range(0, inputs.shape[1], rows)]
        return np.concatenate([ops.convert_to_numpy(whole(_weights(network), _tensor(block))) for block in blocks], axis=1)

    return predict_whole


def free_run(network: Network, warm_up: Array, horizon: int) -> Array:
    """Continue sequences of reals: read ``[S, n, T]``, then feed back what was put out; return ``[S, n, horizon]``."""
    segment = _segment(network, lambda outputs: ops.squeeze(outputs, -1))
    outputs, state = segment(warm_up, network.initial_state(warm_up.shape[1]))
    values = [ops.convert_to_numpy(outputs)[:, :, -1:]]
    for _ in range(horizon - 1):
        outputs, state = segment(values[-1], state)
        values.append(ops.convert_to_numpy(outputs))
    return np.concatenate(values, axis=2)


def _segment(network: Network, read: Callable[[Tensor], Tensor]) -> Callable[[Array, Any], tuple[Tensor, Any]]:
    @traced
    def run(weights: list[Tensor], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        with keras.StatelessScope(state_mapping=list(zip(network.trainable_variables, weights, strict=True))):
            outputs, after = network.segment(inputs, state)
        return read(outputs), after

    return lambda inputs, state: run(_weights(network), _tensor(inputs), state)


def _weights(network: Network) -> list[Tensor]:
    return [value_of(v) for v in network.trainable_variables]


def _tensor(inputs: Array) -> Tensor:
    return ops.convert_to_tensor(np.ascontiguousarray(inputs), "float32" if inputs.dtype.kind == "f" else "int32")
