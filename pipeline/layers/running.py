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

from pipeline.core.workers import WORKERS, Stopped, in_threads
from pipeline.layers.networks import Network
from pipeline.layers.xla import Tensor, compiled, traced, value_of

Array = NDArray[Any]
Predict = Callable[[Array, int], Array]

# Positions and sequences answered at a time. Small enough for the processor's cache, which is also what bounds the memory.
SEGMENT = 64
ROWS = 128

# Positions of all sequences from which on a program is compiled for inputs of one shape: answering is then several times faster, and soon
# wins back the second that compiling takes.
WORTH_COMPILING = 32 * SEGMENT


def predictor(network: Network, symbols: bool) -> Predict:
    """Return ``predict``: ``[S, n, T]`` inputs and a number ``A`` to ``[S, n, A]`` answers for the last ``A`` positions.

    Answers are symbols (by argmax) or reals. The weights are looked up at every call, so that a net in training can be asked again and
    again. A net that streams is run a segment at a time, in memory that does not depend on the length but for the answers and for states
    that grow with the input.
    """
    if network.streams:
        segments = {answers: _segment(network, lambda outputs: network.answers(outputs, symbols), answers) for answers in (None, 0, 1)}

        def stream(inputs: Array, answers: int) -> Array:
            state = network.initial_state(inputs.shape[1])
            positions = inputs.shape[2]
            parts = []
            for start in range(0, positions, SEGMENT):
                end = min(start + SEGMENT, positions)
                wanted = max(end - max(start, positions - answers), 0)
                # A program for each number of answers would be too many: none, the last one, or all, of which the last ones are kept.
                asked = wanted if wanted < 2 and wanted < end - start else None
                outputs, state = segments[asked](inputs[:, :, start:end], network.grown(state, end - start))
                if wanted:
                    parts.append(ops.convert_to_numpy(outputs)[:, :, -wanted:])
            return np.concatenate(parts, axis=2)

        return lambda inputs, answers: _in_blocks(partial(stream, answers=answers), inputs, ROWS)

    def whole(weights: list[Tensor], inputs: Tensor) -> Tensor:
        return network.answers(network.stateless_call(weights, [], inputs)[0], symbols)

    program = _program(whole)

    def answer(inputs: Array, answers: int) -> Array:
        return np.asarray(ops.convert_to_numpy(program(_weights(network), _tensor(inputs))))[:, :, -answers:]

    return lambda inputs, answers: _in_blocks(partial(answer, answers=answers), inputs, max(1, ROWS * SEGMENT // inputs.shape[2]))


def _in_blocks(answer: Callable[[Array], Array], inputs: Array, most: int) -> Array:
    """Answer ``[S, n, T]`` inputs side by side in blocks of at most ``most`` sequences, of one size as far as they divide into such."""
    sequences = inputs.shape[1]
    blocks = WORKERS * math.ceil(sequences / (WORKERS * most)) if sequences > most else 1
    rows = math.ceil(sequences / blocks)
    jobs = [partial(_answered, answer, inputs[:, start : start + rows]) for start in range(0, sequences, rows)]
    return np.concatenate(in_threads(jobs), axis=1)


def _answered(answer: Callable[[Array], Array], block: Array, stopping: Event) -> Array:
    if stopping.is_set():
        raise Stopped
    return answer(block)


def outputs_of(network: Network, inputs: Array) -> Array:
    """Run a net that streams on ``[S, n, T]`` inputs; return its ``[S, n, T, C]`` logits or reals, of which ``predictor`` makes answers."""
    segment, state, parts = _segment(network, lambda outputs: outputs), network.initial_state(inputs.shape[1]), []
    for start in range(0, inputs.shape[2], SEGMENT):
        part = inputs[:, :, start : start + SEGMENT]
        outputs, state = segment(part, network.grown(state, part.shape[2]))
        parts.append(ops.convert_to_numpy(outputs))
    return np.concatenate(parts, axis=2)


def free_run(network: Network, warm_up: Array, horizon: int) -> Array:
    """Continue sequences of reals: read ``[S, n, T]``, then feed back what was put out; return ``[S, n, horizon]``."""
    segment = _segment(network, lambda outputs: ops.squeeze(outputs, -1))
    outputs, state = segment(warm_up, network.initial_state(warm_up.shape[1]))
    values = [ops.convert_to_numpy(outputs)[:, :, -1:]]
    for _ in range(horizon - 1):
        outputs, state = segment(values[-1], state)
        values.append(ops.convert_to_numpy(outputs))
    return np.concatenate(values, axis=2)


def _segment(network: Network, read: Callable[[Tensor], Tensor], answers: int | None = None) -> Callable[[Array, Any], tuple[Tensor, Any]]:
    def run(weights: list[Tensor], inputs: Tensor, state: Any) -> tuple[Tensor, Any]:
        with keras.StatelessScope(state_mapping=list(zip(network.trainable_variables, weights, strict=True))):
            outputs, after = network.segment(inputs, state, answers=answers)
        return () if answers == 0 else read(outputs), after

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
