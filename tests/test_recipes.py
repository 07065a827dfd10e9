"""The posts' nets, pinned: the recurrences once more in NumPy, and what the recipes in ``params.yaml`` really build."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from pipeline.config import settings
from pipeline.layers.lstm import LSTM
from pipeline.layers.recurrent import Elman
from pipeline.layers.xla import gradient
from pipeline.models.lstm_1997 import Params
from pipeline.models.lstm_1997.layers import MemoryBlocks
from pipeline.trained import build

ROOT = Path(__file__).parent.parent
STUDIES = [settings.read(ROOT / path).experiments for path in ("studies/1997/params.yaml", "studies/open/params.yaml", "params.yaml")]
EXPERIMENTS = {name: experiment for study in STUDIES for name, experiment in study.items()}
PUBLISHED = {name: e for name, e in EXPERIMENTS.items() if name.endswith(("-post", "-1997"))}
SEEDS = tuple(range(10))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


GATES = {"sigmoid": sigmoid, "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1)}


def scrambled(layer: LSTM | Elman) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    weights = {v.name: rng.normal(0, 0.7, v.shape).astype(np.float32) for v in layer.trainable_variables}
    for v in layer.trainable_variables:
        v.assign(weights[v.name])
    return weights


@pytest.mark.parametrize("positions", [6, 40])
def test_elman_by_hand(positions: int) -> None:
    layer = Elman("net", (0,), 3, 4, "fused")
    w = scrambled(layer)
    x = np.random.default_rng(0).normal(size=(1, 2, positions, 3)).astype(np.float32)
    hidden, expected = np.zeros((2, 4)), []
    for t in range(positions):
        hidden = np.tanh(x[0, :, t] @ w["kernel"][0] + hidden @ w["recurrent_kernel"][0] + w["bias"][0])
        expected.append(hidden)
    np.testing.assert_allclose(layer(x)[0][0], np.stack(expected, axis=1), atol=1e-4)


@pytest.mark.parametrize("positions", [6, 40])
@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("projection", [None, 2])
def test_lstm_by_hand(gate: str, projection: int | None, positions: int) -> None:
    """Gates in the order in, forget, candidate, out; the forget bias is added to its gate; what is fed back is projected."""
    layer = LSTM("net", (0,), 3, 4, "fused", forget_bias=0.8, gates=gate, projection=projection)
    w = scrambled(layer)
    x = np.random.default_rng(0).normal(size=(1, 2, positions, 3)).astype(np.float32)
    hidden, cell, expected = np.zeros((2, projection or 4)), np.zeros((2, 4)), []
    for t in range(positions):
        fed = x[0, :, t] @ w["kernel"][0] + hidden @ w["recurrent_kernel"][0] + w["bias"][0]
        into, forget, candidate, out = np.split(fed, 4, axis=-1)
        cell = GATES[gate](forget + 0.8) * cell + GATES[gate](into) * np.tanh(candidate)
        hidden = GATES[gate](out) * np.tanh(cell)
        if projection is not None:
            hidden = hidden @ w["projection"][0]
        expected.append(hidden)
    np.testing.assert_allclose(layer(x)[0][0], np.stack(expected, axis=1), atol=1e-4)


def initial(name: str, length: int) -> dict[str, np.ndarray]:
    """All seeds' initial weights of an experiment, stacked."""
    experiment = EXPERIMENTS[name]
    network = build(experiment.task, experiment.model, length, SEEDS)
    return {path: np.stack([network.weights_of(seed)[path] for seed in SEEDS]) for path in network.weights_of(0)}


def assert_uniform(weights: np.ndarray, low: float, high: float) -> None:
    """All inside the bounds, reaching towards both, and with the mean of their middle (to within five standard deviations)."""
    span = high - low
    assert low <= weights.min() < low + 0.1 * span
    assert high - 0.1 * span < weights.max() <= high
    assert abs(weights.mean() - (low + high) / 2) < 5 * span / np.sqrt(12 * weights.size)


def glorot(rows: int, columns: int) -> float:
    return float(np.sqrt(6 / (rows + columns)))


def test_increment_starts_as_in_its_post() -> None:
    w = initial("increment-rnn-post", 10)
    bound = glorot(10 + 32, 32)
    assert_uniform(w["recurrent/kernel"], -bound, bound)
    assert_uniform(w["recurrent/recurrent_kernel"], -bound, bound)
    assert_uniform(w["readout/kernel"], 0, 1)
    assert not w["recurrent/bias"].any()
    assert not w["readout/bias"].any()


def test_count_ones_starts_as_in_its_post() -> None:
    w = initial("count_ones-lstm-post", 10)
    bound = glorot(1 + 12, 4 * 12)
    assert w["recurrent/kernel"].shape == (10, 1, 48)
    assert_uniform(w["recurrent/recurrent_kernel"], -bound, bound)
    assert np.abs(w["readout/kernel"]).max() <= 2
    assert 0.8 < w["readout/kernel"].std() < 0.95  # a normal distribution cut at two deviations has one of 0.88
    np.testing.assert_allclose(w["readout/bias"], 0.1)


@pytest.mark.parametrize(("name", "length", "outputs"), [("parity-lstm-post", 12, 2), ("curve-lstm-post", 10, 1)])
def test_projected_nets_start_as_in_their_post(name: str, length: int, outputs: int) -> None:
    w = initial(name, length)
    assert set(w) == {"recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "recurrent/projection"}
    assert w["recurrent/recurrent_kernel"].shape == (10, outputs, 256)
    bound = glorot(1 + outputs, 256)
    assert_uniform(np.concatenate([w["recurrent/kernel"], w["recurrent/recurrent_kernel"]], axis=1), -bound, bound)
    assert_uniform(w["recurrent/projection"], -glorot(64, outputs), glorot(64, outputs))


def test_sort_starts_as_in_its_post() -> None:
    w = initial("sort-seq2seq-post", 10)
    for layer in ("encoder", "decoder"):
        assert_uniform(w[f"{layer}/kernel"], -glorot(100, 100), glorot(100, 100))
        for gate in np.split(w[f"{layer}/recurrent_kernel"][3], 4, axis=1):
            np.testing.assert_allclose(gate.T @ gate, 1.1**2 * np.eye(100), atol=1e-4)
    assert_uniform(w["readout/kernel"], -glorot(100, 100), glorot(100, 100))


def test_long_lag_nets_start_as_in_their_post() -> None:
    plain, lstm = initial("long_lag-rnn-post", 8), initial("long_lag-lstm-post", 8)
    assert_uniform(plain["recurrent/kernel"], -glorot(8, 20), glorot(8, 20))
    assert_uniform(plain["recurrent/recurrent_kernel"], -glorot(20, 20), glorot(20, 20))
    assert_uniform(plain["readout/kernel"], -glorot(20, 8), glorot(20, 8))
    # The post draws all four gates as one array, whose first axis its initializer counts as part of the fans.
    assert_uniform(lstm["recurrent/kernel"], -glorot(4 * 8, 4 * 20), glorot(4 * 8, 4 * 20))
    assert_uniform(lstm["recurrent/recurrent_kernel"], -glorot(80, 80), glorot(80, 80))


def test_the_multi_layer_rnn_is_as_in_its_post() -> None:
    w = initial("long_lag-multi_layer_rnn-post", 8)
    assert w["recurrent_1/kernel"].shape == w["recurrent_3/kernel"].shape == (10, 8, 10)
    assert_uniform(w["recurrent_2/recurrent_kernel"], -glorot(10, 10), glorot(10, 10))
    assert_uniform(w["readout_2/kernel"], -glorot(10, 8), glorot(10, 8))


@pytest.mark.parametrize(
    ("name", "biases", "weights"),
    [
        ("adding-lstm-1997", (-3, -6), 93),
        ("multiplication-lstm-1997", (0, 0), 93),
        ("temporal_order-lstm-1997", (-2, -4), 156),
        ("temporal_order_three-lstm-1997", (-2, -4, -6), 308),
        ("two_sequence-lstm-1997", (-1, -3, -5), 103),
    ],
)
def test_nets_of_1997_start_as_in_the_paper(name: str, biases: tuple[float, ...], weights: int) -> None:
    w, blocks = initial(name, 100), len(biases)
    drawn = [w["recurrent/kernel"], w["recurrent/recurrent_kernel"], w["readout/kernel"], w["recurrent/bias"][:, blocks:, None]]
    assert_uniform(np.concatenate([one.ravel() for one in drawn]), -0.1, 0.1)
    np.testing.assert_allclose(w["recurrent/bias"][:, :blocks], [biases] * 10)
    assert sum(one[0].size for one in w.values()) == weights


@pytest.mark.parametrize(("name", "biases", "weights"), [("1", (-1, -2, -3, -4), 264), ("2", (-1, -2, -3), 276)])
def test_nets_of_experiment_1_start_as_in_the_paper(name: str, biases: tuple[float, ...], weights: int) -> None:
    """Gates alone are biased, those of the output given and those of the input drawn, as table 10 has it."""
    w, blocks = initial(f"reber_successors-lstm-1997-{name}", 30), len(biases)
    drawn = [w["recurrent/kernel"], w["recurrent/recurrent_kernel"], w["readout/kernel"], w["recurrent/bias"][:, :blocks, None]]
    assert_uniform(np.concatenate([one.ravel() for one in drawn]), -0.2, 0.2)
    np.testing.assert_allclose(w["recurrent/bias"][:, blocks:], [biases] * 10)
    assert sum(one[0].size for one in w.values()) == weights


def memory_blocks(**readings: Any) -> MemoryBlocks:
    known = {"blocks": 2, "size": 2, "weights": "uniform_pm_0_1", "input_gate_biases": [-1.0, -2.0]}
    return MemoryBlocks("net", (0,), 3, Params(name="lstm_1997", **known, **readings))


def test_unbiased_cells_have_biases_of_zero() -> None:
    biased, other = memory_blocks(), memory_blocks(biased="gates")
    own = np.random.default_rng(1).normal(size=other.bias.shape).astype(np.float32)
    other.bias.assign(own)
    biased.bias.assign(np.pad(own, [(0, 0), (0, 4)]))
    x = np.random.default_rng(0).normal(size=(1, 2, 7, 3)).astype(np.float32)
    np.testing.assert_array_equal(biased(x)[0], other(x)[0])


@pytest.mark.parametrize(("seen", "shown"), [("all", slice(0, 8)), ("gates", slice(0, 4)), ("cells", slice(4, 8)), ("none", slice(0, 0))])
@pytest.mark.parametrize(("g", "h"), [(2.0, 1.0), (0.5, 3.0)])
def test_memory_blocks_by_hand(seen: str, shown: slice, g: float, h: float) -> None:
    """Two blocks of two cells: gates in the order in 1, in 2, out 1, out 2; cells in the order block 1, block 2, block 1, block 2."""
    layer = memory_blocks(recurrent=seen, g_range=g, h_range=h)
    w = scrambled(layer)
    x = np.random.default_rng(0).normal(size=(1, 2, 7, 3)).astype(np.float32)
    before, cells, expected = np.zeros((2, 8)), np.zeros((2, 4)), []
    for t in range(7):
        fed = x[0, :, t] @ w["kernel"][0] + before[:, shown] @ w["recurrent_kernel"][0][shown] + w["bias"][0]
        gates = sigmoid(fed[:, :4])
        cells = cells + np.tile(gates[:, :2], 2) * g * (2 * sigmoid(fed[:, 4:]) - 1)
        hidden = np.tile(gates[:, 2:], 2) * h * (2 * sigmoid(cells) - 1)
        before = np.concatenate([gates, hidden], axis=1)
        expected.append(hidden)
    np.testing.assert_allclose(layer(x)[0][0], np.stack(expected, axis=1), atol=1e-5)


def test_errors_of_memory_blocks_flow_through_the_cells_alone() -> None:
    """What the truncated gradient leaves out: the way from an input through a gate or an output to a later step."""
    layer = memory_blocks()
    w = scrambled(layer)
    layer.built = True
    x = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(1, 1, 5, 3)).astype(np.float32))

    def last(inputs: list[Any]) -> tuple[Any, None]:
        return ops.sum(layer(inputs[0])[0][:, :, -1]), None

    _, (flow,) = gradient(last, [x])
    flow = ops.convert_to_numpy(flow)[0, 0]
    states = [np.zeros((1, 8)), np.zeros((1, 4))]
    later = np.zeros((1, 4))
    for t in range(5):
        fed = ops.convert_to_numpy(x)[0, :, t] @ w["kernel"][0] + states[0] @ w["recurrent_kernel"][0] + w["bias"][0]
        gates, squashed = sigmoid(fed[:, :4]), sigmoid(fed[:, 4:])
        into, candidate = np.tile(gates[:, :2], 2), 4 * squashed - 2
        states[1] = states[1] + into * candidate
        states[0] = np.concatenate([gates, np.tile(gates[:, 2:], 2) * (2 * sigmoid(states[1]) - 1)], axis=1)
    half = sigmoid(states[1])
    later = np.tile(gates[:, 2:], 2) * 2 * half * (1 - half)  # of the outputs' sum with respect to the cells' last states
    fed = ops.convert_to_numpy(x)[0, :, 0] @ w["kernel"][0] + w["bias"][0]
    gates, squashed = sigmoid(fed[:, :4]), sigmoid(fed[:, 4:])
    by_gate = later * (4 * squashed - 2)
    through = np.concatenate(
        [by_gate[:, :2] + by_gate[:, 2:], np.zeros((1, 2)), later * np.tile(gates[:, :2], 2) * 4 * squashed * (1 - squashed)], axis=1
    )
    through[:, :2] *= gates[:, :2] * (1 - gates[:, :2])
    np.testing.assert_allclose(flow[0], (through @ w["kernel"][0].T)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("increment-rnn-post", {"optimizer": "adagrad", "learning_rate": 1.0, "loss": "cross_entropy", "seeds": 10}),
        ("sort-seq2seq-post", {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "order": "stream", "seeds": 5}),
        (
            "count_ones-lstm-post",
            {"optimizer": "adam", "loss": "summed_cross_entropy", "batch_size": 100, "epochs": 2000, "order": "fixed"},
        ),
        ("parity-lstm-post", {"optimizer": "adam", "learning_rate": 0.1, "batch_size": 4096, "epochs": 100}),
        ("curve-lstm-post", {"optimizer": "adam", "learning_rate": 0.1, "loss": "mean_squared_error", "epochs": 100}),
        ("long_lag-rnn-post", {"optimizer": "sgd", "learning_rate": 1.0, "clip_value": 5.0, "batch_size": 1, "order": "stream"}),
        ("long_lag-lstm-post", {"optimizer": "sgd", "learning_rate": 1.0, "clip_value": 5.0, "batch_size": 1, "order": "stream"}),
    ],
)
def test_recipes_are_those_of_the_posts(name: str, expected: dict[str, object]) -> None:
    training = EXPERIMENTS[name].training.model_dump()
    assert {key: training[key] for key in expected} == expected


def test_forget_biases_and_stopping_rules_are_those_of_the_posts() -> None:
    biases = {name: e.model.model_dump()["forget_bias"] for name, e in PUBLISHED.items() if "forget_bias" in e.model.model_dump()}
    assert biases == {
        "increment-lstm-post": 1.0,
        "sort-seq2seq-post": 1.0,
        "count_ones-lstm-post": 1.0,
        "parity-lstm-post": 1.0,
        "curve-lstm-post": 1.0,
        "long_lag-lstm-post": 0.0,
        "noisy_lag-lstm-post": 0.0,
    }
    rules = {name: e.training.stop.model_dump() for name, e in PUBLISHED.items() if e.training.stop}
    post = {"max_abs_error": 0.25, "successes": 1000, "mean_loss": None, "ends": True}
    lags = ("long_lag-rnn-post", "long_lag-lstm-post", "long_lag-multi_layer_rnn-post", "noisy_lag-rnn-post", "noisy_lag-lstm-post")
    assert rules == dict.fromkeys(lags, post) | {
        "adding-lstm-1997": {"max_abs_error": 0.04, "successes": 2000, "mean_loss": 0.01, "ends": True},
        "temporal_order-lstm-1997": {"max_abs_error": 0.3, "successes": 2000, "mean_loss": 0.1, "ends": True},
        "noisy_lag-lstm-1997": {"max_abs_error": 0.25, "successes": 10_000, "mean_loss": None, "ends": True},
        "very_long_lag-lstm-1997": {"max_abs_error": 0.2, "successes": 10_000, "mean_loss": None, "ends": True},
        "two_sequence-lstm-1997": {"max_abs_error": 0.2, "successes": 256, "mean_loss": None, "ends": True},
        "temporal_order_three-lstm-1997": {"max_abs_error": 0.3, "successes": 2000, "mean_loss": 0.1, "ends": True},
    }
