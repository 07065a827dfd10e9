"""Nets with a memory against their equations in plain Python, and oscillators that are set by hand."""

from itertools import pairwise

import numpy as np
import pytest
from keras import ops

from pipeline.core.examples import TaskSpec
from pipeline.layers.running import free_run
from pipeline.layers.xla import Tensor
from pipeline.models.oscillators import Params, build
from pipeline.models.oscillators.layers import Oscillators
from pipeline.models.pushdown_rnn.layers import CELLS as SYMBOLS_AT_FIRST
from pipeline.models.pushdown_rnn.layers import PushdownElman
from pipeline.models.stack_rnn.layers import CELLS, StackElman
from pipeline.models.tape_rnn.layers import TapeElman

POSITIONS = 40
Reals = np.ndarray


def scrambled(layer: StackElman | TapeElman | PushdownElman, seed: int = 4) -> dict[str, Reals]:
    """Give every weight its own random value, and return those of the one seed by name, in float64."""
    rng = np.random.default_rng(seed)
    for v in layer.trainable_variables:
        v.assign(rng.normal(0, 0.7, v.shape))
    return {v.path.removeprefix("recurrent/"): np.asarray(v.value, np.float64)[0] for v in layer.trainable_variables}


def softmax(values: Reals) -> Reals:
    shares = np.exp(values)
    return shares / shares.sum()


def test_a_stack_is_its_equations() -> None:
    """In float64, cell by cell, of a stack that is a list."""
    layer = StackElman("recurrent", (0,), 3, 4, 2, "fused")
    w = scrambled(layer)
    x = np.random.default_rng(0).normal(size=(1, 1, POSITIONS, 3)).astype(np.float32)
    hidden, stack = np.zeros(4), [np.zeros(2)]
    for now in x[0, 0]:
        hidden = np.tanh(now @ w["kernel"] + hidden @ w["recurrent_kernel"] + stack[0] @ w["top_kernel"] + w["bias"])
        push, pop, stay = softmax(hidden @ w["recurrent_actions/kernel"] + w["recurrent_actions/bias"])
        pushed = [hidden @ w["recurrent_pushed/kernel"] + w["recurrent_pushed/bias"], *stack]
        popped = [*stack[1:], np.zeros(2), np.zeros(2)]
        stack = [push * a + pop * b + stay * c for a, b, c in zip(pushed, popped, [*stack, np.zeros(2)], strict=True)]
    outputs, (last, cells, read) = layer(x)
    np.testing.assert_allclose(np.asarray(outputs)[0, 0, -1], hidden, atol=1e-5)
    np.testing.assert_allclose(np.asarray(last)[0, 0], hidden, atol=1e-5)
    np.testing.assert_allclose(np.asarray(cells)[0, 0], stack[:POSITIONS], atol=1e-5)
    assert float(np.asarray(read)[0, 0, 0]) == POSITIONS


@pytest.mark.parametrize("soft", [False, True])
def test_a_stack_of_symbols_is_its_equations(soft: bool) -> None:
    """In float64, of a stack that is a list, from the bottom up: softly as in training, where every cell is shares of symbols, and hard."""
    layer = PushdownElman("recurrent", (0,), 3, 4, 2, "fused")
    w = scrambled(layer, seed=9)
    x = np.random.default_rng(0).normal(size=(1, 1, POSITIONS, 3)).astype(np.float32)
    hidden, stack, tops, heights = np.zeros(4), [np.zeros(2)] * POSITIONS, [], []
    height = 0
    for now in x[0, 0]:
        hidden = np.tanh(now @ w["kernel"] + hidden @ w["recurrent_kernel"] + stack[-1] @ w["top_kernel"] + w["bias"])
        push, pop, stay = shares = softmax(hidden @ w["recurrent_actions/kernel"] + w["recurrent_actions/bias"])
        pushed = softmax(hidden @ w["recurrent_pushed/kernel"] + w["recurrent_pushed/bias"])
        if not soft:
            push, pop, stay = np.eye(3)[shares.argmax()]
            pushed = np.eye(2)[pushed.argmax()]
            height = max(height + int(push) - int(pop), 0)
        after = [[*stack[1:], pushed], [np.zeros(2), *stack[:-1]], stack]
        stack = [push * a + pop * b + stay * c for a, b, c in zip(*after, strict=True)]
        tops.append(stack[-1])
        heights.append(height)
    outputs, (last, *_) = layer(x, keys=np.array([[1, 0]], np.int32) if soft else None)
    np.testing.assert_allclose(np.asarray(last)[0, 0], hidden, atol=1e-5)
    np.testing.assert_allclose(np.asarray(outputs)[0, 0, :, 4:], tops, atol=1e-5)
    np.testing.assert_allclose(np.asarray(outputs)[0, 0, -1, :4], hidden, atol=1e-5)
    assert soft or (max(heights) > 3 and any(before > after for before, after in pairwise(heights)))


def test_a_stack_of_symbols_grows_with_its_height() -> None:
    layer = PushdownElman("stack", (0,), 3, 4, 2, "fused")
    hidden, begun, cells, _ = layer.initial_state(1)
    for height, positions, enough in ((0, SYMBOLS_AT_FIRST - 1, SYMBOLS_AT_FIRST), (9_990, 10, 16_384), (16_000, 384, 32_768)):
        grown = layer.grown((hidden, begun, cells, ops.full((1, 1), height, "int32")), positions)
        assert grown[2].shape == (1, 1, enough)
        assert "int8" in str(grown[2].dtype)


@pytest.mark.parametrize("jumps", [False, True])
def test_a_tape_is_its_equations(jumps: bool) -> None:
    """In float64, of a tape whose cells are found by their place as seen from the head; beyond what was read there are none."""
    layer = TapeElman("recurrent", (0,), 3, 4, 2, "fused", jumps)
    w = scrambled(layer)
    x = np.random.default_rng(0).normal(size=(1, 1, POSITIONS, 3)).astype(np.float32)
    hidden, tape = np.zeros(4), {0: np.zeros(2)}
    for read, now in enumerate(x[0, 0]):
        hidden = np.tanh(now @ w["kernel"] + hidden @ w["recurrent_kernel"] + tape[0] @ w["cell_kernel"] + w["bias"])
        tape[0] = hidden @ w["recurrent_written/kernel"] + w["recurrent_written/bias"]
        shares = softmax(hidden @ w["recurrent_moves/kernel"] + w["recurrent_moves/bias"])
        steps = [0, -1, 1, -read, read] if jumps else [0, -1, 1]
        tape = {
            i: sum(share * tape.get(i + step, np.zeros(2)) for share, step in zip(shares, steps, strict=True))
            for i in range(-read - 1, read + 2)
        }
    outputs, (_, cells, _) = layer(x)
    np.testing.assert_allclose(np.asarray(outputs)[0, 0, -1], hidden, atol=1e-4)
    np.testing.assert_allclose(np.asarray(cells)[0, 0], [tape[i] for i in range(-POSITIONS, POSITIONS + 1)], atol=1e-4)


def test_a_memory_grows_with_what_is_read_and_no_faster() -> None:
    stack, tape = StackElman("stack", (0,), 3, 4, 2, "fused"), TapeElman("tape", (0,), 3, 4, 2, "fused", jumps=False)
    for layer, each in ((stack, 1), (tape, 2)):
        state = layer.initial_state(1)
        assert layer.grown(state, CELLS)[1].shape == state[1].shape
        for read, enough in ((CELLS, 2 * CELLS), (9_990, 16_384)):
            hidden, cells, _ = layer.grown((*state[:2], ops.full((1, 1, 1), float(read))), 10)
            assert hidden.shape == state[0].shape
            assert cells.shape[2] == each * enough + (each - 1)


def test_oscillators_that_know_the_frequencies_follow_the_curve_to_100() -> None:
    """The curve x sin x + x cos 2x from its state at x = 0, through 1,000 values and then 4,000 of their own."""
    step = 20 / 999
    x = step * np.arange(5000)
    curve = x * np.sin(x) + x * np.cos(2 * x)
    params = Params(name="oscillators", oscillators=2, step=step, fastest=2.0, shortest_run=1, longest_run=0)
    network = build(TaskSpec(None, None, "sequence"), params, (0,))
    layer = network.recurrents[0]
    layer.frequencies.assign([[1.0, 2.0]])
    layer.kernel.assign(np.zeros((1, 4, 2)))
    # q turns from its start and drifts into p: x sin x begins as -sin, the second coordinate, and x cos 2x as cos.
    layer.start.assign(np.array([[[0, 0], [0, 0], [0, 1], [-1, 0]]]))
    values = free_run(network, curve[np.newaxis, np.newaxis, :1000].astype(np.float32), 4000)[0, 0]
    np.testing.assert_allclose(values, curve[1000:], atol=0.1)


def test_oscillators_correct_themselves_by_what_they_read_and_by_nothing_else() -> None:
    layer = Oscillators("net", (0,), 3, 0.3, 3.0, (2, 2))
    x = np.random.default_rng(0).normal(size=(1, 1, 12, 1)).astype(np.float32)

    def outputs_of(inputs: Tensor) -> np.ndarray:
        return np.asarray(layer(inputs, keys=np.array([[1, 0]], np.int32))[0])[0, 0, :, 0]

    read = np.asarray(layer._read(np.array([[1, 0]], np.int32), 1, 12))[0, 0, :, 0]
    np.testing.assert_array_equal(read[4:], read[:-4])  # two that are read, two that are not
    assert read[:4].sum() == 2
    for place in range(12):
        changed = x.copy()
        changed[0, 0, place] += 1.0
        assert np.array_equal(outputs_of(x), outputs_of(changed)) == (read[place] == 0.0)
