"""Run a network over inputs of any length with bounded memory, or on its own outputs."""

import math
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from pipeline.core.workers import LANES, Stopped, in_lanes
from pipeline.layers.networks import Network
from pipeline.layers.xla import Tensor, compiled, traced, value_of

Array = NDArray[Any]

# Positions and sequences answered at a time. Small enough for the processor's cache, which is also what bounds the memory.
SEGMENT = 64
ROWS = 128

# Positions of all sequences from which on a program is compiled for inputs of one shape: answering is then several times faster, and soon
# wins back the second that compiling takes.
WORTH_COMPILING = 32 * SEGMENT


def predictor(network: Network, symbols: bool) -> Callable[[Array], Array]:
    """Return ``predict``: ``[S, n, T]`` inputs to ``[S, n, T]`` or ``[S, n]`` outputs, symbols (by argmax) or reals.

    The weights are looked up at every call, so that a net in training can be asked again and again.
    """
    if network.streams:
        segment = _segment(network, lambda outputs: network.answers(outputs, symbols))

        def stream(inputs: Array) -> Array:
            state = network.initial_state(inputs.shape[1])
            parts = []
            for start in range(0, inputs.shape[2], SEGMENT):
                outputs, state = segment(inputs[:, :, start : start + SEGMENT], state)
                parts.append(ops.convert_to_numpy(outputs))
            return parts[-1] if parts[-1].ndim == 2 else np.concatenate(parts, axis=2)

        return lambda inputs: _in_blocks(stream, inputs, ROWS)

    def whole(weights: list[Tensor], inputs: Tensor) -> Tensor:
        return network.answers(network.stateless_call(weights, [], inputs)[0], symbols)

    program = _program(whole)

    def answer(inputs: Array) -> Array:
        return np.asarray(ops.convert_to_numpy(program(_weights(network), _tensor(inputs))))

    return lambda inputs: _in_blocks(answer, inputs, max(1, ROWS * SEGMENT // inputs.shape[2]))


def _in_blocks(answer: Callable[[Array], Array], inputs: Array, most: int) -> Array:
    """Answer ``[S, n, T]`` inputs side by side in blocks of at most ``most`` sequences, of one size as far as they divide into such."""
    sequences = inputs.shape[1]
    blocks = LANES * math.ceil(sequences / (LANES * most)) if sequences > most else 1
    rows = math.ceil(sequences / blocks)
    jobs = [partial(_answered, answer, inputs[:, start : start + rows]) for start in range(0, sequences, rows)]
    return np.concatenate(in_lanes(jobs), axis=1)


def _answered(answer: Callable[[Array], Array], block: Array, stopping: Event) -> Array:
    if stopping.is_set():
        raise Stopped
    return answer(block)


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
    def run(weights: list[Tensor], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        with keras.StatelessScope(state_mapping=list(zip(network.trainable_variables, weights, strict=True))):
            outputs, after = network.segment(inputs, state)
        return read(outputs), after

    program = _program(run)
    return lambda inputs, state: program(_weights(network), _tensor(inputs), state)


def _program(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` of weights, inputs ``[S, B, T]`` and more for large inputs that fill a segment; trace it for any others."""
    fast, flexible = compiled(function), traced(function)

    def run(weights: list[Tensor], inputs: Tensor, *more: Any) -> Any:
        sequences, positions = inputs.shape[1:3]
        large = positions >= SEGMENT and sequences * positions >= WORTH_COMPILING
        return (fast if large else flexible)(weights, inputs, *more)

    return run


def _weights(network: Network) -> list[Tensor]:
    return [value_of(v) for v in network.trainable_variables]


def _tensor(inputs: Array) -> Tensor:
    return ops.convert_to_tensor(np.ascontiguousarray(inputs), "float32" if inputs.dtype.kind == "f" else "int32")
