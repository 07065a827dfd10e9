"""Recurrent layers against references, and what a state may be: noise for each layer, nested states, states that grow."""

import importlib
import json
import os
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from pipeline import layers
from pipeline.core import registry
from pipeline.core.examples import TaskSpec
from pipeline.execution.backend import configured_backend
from pipeline.experiment.model import Abilities
from pipeline.layers import hidden
from pipeline.layers.basic import Encoding
from pipeline.layers.lstm import LSTM
from pipeline.layers.networks import CausalNetwork
from pipeline.layers.recurrent import Elman, Recurrent
from pipeline.layers.running import SEGMENT, predictor
from pipeline.models.gru.layers import GRU


def scrambled(layer: Recurrent) -> Recurrent:
    rng = np.random.default_rng(4)
    for v in layer.trainable_variables:
        v.assign(rng.normal(0, 0.7, v.shape))
    return layer


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


GATES = {"sigmoid": logistic, "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1)}


@pytest.mark.parametrize("gates", GATES)
@pytest.mark.parametrize(("forget_bias", "input_bias"), [(0.0, 0.0), (1.0, -0.5), (5.0, -5.0)])
def test_an_lstm_is_its_equations(gates: str, forget_bias: float, input_bias: float) -> None:
    """In float64, gate by gate: input, forgetting, candidate, output."""
    layer = scrambled(LSTM("recurrent", (0, 1), 3, 4, "fused", forget_bias, gates, input_bias=input_bias))
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype(np.float32)
    kernel, loop, bias = (np.asarray(v.value, np.float64) for v in (layer.kernel, layer.recurrent_kernel, layer.bias))
    hidden = cell = np.zeros((2, 5, 4))
    for t in range(7):
        z = x[:, :, t] @ kernel + hidden @ loop + bias[:, None]
        into, forget, candidate, out = np.split(z, 4, axis=-1)
        gate = GATES[gates]
        cell = gate(forget + forget_bias) * cell + gate(into + input_bias) * np.tanh(candidate)
        hidden = gate(out) * np.tanh(cell)
    outputs, (last, cells) = layer(x)
    np.testing.assert_allclose(np.asarray(outputs)[:, :, -1], hidden, atol=1e-5)
    np.testing.assert_allclose(last, hidden, atol=1e-5)
    np.testing.assert_allclose(cells, cell, atol=1e-5)


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_gru_is_that_of_keras(reset: str) -> None:
    layer = scrambled(GRU("recurrent", (0,), 3, 4, "separate", reset))
    x = np.random.default_rng(0).normal(size=(1, 5, 7, 3)).astype(np.float32)
    reference = keras.layers.GRU(4, reset_after=reset == "after", return_sequences=True)
    reference.build((5, 7, 3))
    kernel, loop, bias = (np.asarray(v.value)[0] for v in (layer.kernel, layer.recurrent_kernel, layer.bias))
    if reset == "after":  # Keras keeps a bias for the inputs and one for the recurrence
        bias = np.stack([bias, np.concatenate([np.zeros(8), np.asarray(layer.candidate_bias.value)[0]])])
    reference.set_weights([kernel, loop, bias])
    np.testing.assert_allclose(np.asarray(layer(x)[0])[0], reference(x[0]), atol=1e-5)


def test_layers_of_one_net_draw_noise_of_their_own() -> None:
    """Two layers that pass their inputs on show the noise that was added to each."""
    first, second = (Elman(f"layer_{i}", (0, 1), 1, 1, "fused", noise=0.1) for i in range(2))
    network = CausalNetwork("net", [(first, None), (second, None)], Encoding(None))
    for v in network.trainable_variables:
        v.assign(np.zeros(v.shape))
    x, keys = np.zeros((2, 400, 3), np.float32), np.array([[1, 0], [2, 0]], np.int32)
    assert (first.place, second.place) == (0, 1)
    drawn = [np.asarray(layer(x[..., None], keys=keys)[0]) for layer in (first, second)]
    assert np.std(drawn[0]) == pytest.approx(0.1, rel=0.1)
    assert abs(np.corrcoef(drawn[0].ravel(), drawn[1].ravel())[0, 1]) < 0.1
    np.testing.assert_array_equal(drawn[0], first(x[..., None], keys=keys)[0])


class Recorder(Recurrent):
    """Remembers all that it has read, and puts out what came three positions before: a state that is a dict, and grows."""

    def __init__(self, seeds: tuple[int, ...], capacity: int = 4) -> None:
        super().__init__("recorder", seeds)
        self.capacity = capacity
        self.kernel = self.weight("kernel", np.ones((len(seeds), 1, 1), np.float32))

    def initial_state(self, batch):
        seeds = len(self.seeds)
        return {
            "cells": ops.zeros((seeds, batch, self.capacity)),
            "read": ops.zeros((seeds, batch, 1)),
            "out": ops.zeros((seeds, batch, 1)),
        }

    def output_of(self, state):
        return state["out"]

    def grown(self, state, positions):
        size = state["cells"].shape[2]
        needed = int(np.asarray(state["read"])[0, 0, 0]) + positions
        while size < needed:
            size *= 2
        cells = ops.pad(state["cells"], [(0, 0), (0, 0), (0, size - state["cells"].shape[2])])
        return state | {"cells": cells}

    def step(self, fed, state):
        places = ops.cast(ops.arange(ops.shape(state["cells"])[2]), "float32")
        cells = ops.where(places == state["read"], fed, state["cells"])
        out = ops.sum(ops.where(places == state["read"] - 3.0, cells, 0.0), axis=-1, keepdims=True)
        return {"cells": cells, "read": state["read"] + 1.0, "out": out}


def test_a_state_may_be_nested_and_grow_with_the_input() -> None:
    network = CausalNetwork("recorder", [(Recorder((0, 1)), None)], Encoding(None))
    x = np.random.default_rng(0).normal(size=(2, 3, 3 * SEGMENT + 5)).astype(np.float32)
    answers = predictor(network, symbols=False)(x, x.shape[2])
    np.testing.assert_allclose(answers[:, :, 3:], x[:, :, :-3], atol=1e-6)
    state = network.grown(network.initial_state(3), 100)
    assert state[0]["cells"].shape == (2, 3, 128)


SPECS = {
    "symbols": TaskSpec(inputs=4, outputs=4, answer="sequence"),
    "permutation": TaskSpec(inputs=4, outputs=4, answer="sequence", permutation=True),
    "label": TaskSpec(inputs=4, outputs=6, answer="label"),
    "tail": TaskSpec(inputs=4, outputs=3, answer="tail"),
    "reals": TaskSpec(inputs=None, outputs=None, answer="sequence"),
    "pairs": TaskSpec(inputs=None, outputs=None, answer="label", features=2),
}
READERS = {"symbols", "permutation", "label", "tail"}
# Which kinds of tasks each architecture takes; all others are refused in one line.
CAN = {
    "attention": {"symbols", "permutation"},
    "carousel": {"label"},
    "counters": READERS,
    "deltanet": READERS,
    "differencing_rnn": {"reals"},
    "oscillators": {"reals"},
    "pointer": {"permutation"},
    "pushdown_rnn": READERS,
    "seq2seq": {"symbols", "permutation"},
    "transformer": READERS,
}


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("name", registry.names("models"))
def test_a_model_takes_the_tasks_that_it_can_do(name: str, kind: str) -> None:
    abilities: Abilities = registry.load("models", name).Params.abilities
    misfit = abilities.misfit(SPECS[kind])
    assert (misfit is None) == (kind in CAN.get(name, set(SPECS)))
    assert misfit is None or misfit.startswith("a task ")


def test_what_is_written_while_the_library_loads_is_kept_back_only_where_there_is_no_gpu(capfd: pytest.CaptureFixture[str]) -> None:
    """A missing CUDA library is named in what TensorFlow writes then."""
    for quiet in (True, False):
        with layers.quiet_stderr(quiet):
            os.write(2, b"Cannot dlopen some GPU libraries\n")
        assert ("Cannot dlopen" in capfd.readouterr().err) == (not quiet)


def test_a_hidden_package_is_found_again_afterwards() -> None:
    with hidden(["json", "wave"]):
        assert sys.modules["json"] is json  # loaded already
        with pytest.raises(ImportError):
            importlib.import_module("wave")
    assert importlib.import_module("wave").__name__ == "wave"


@pytest.mark.parametrize(
    ("named", "file", "expected"),
    [("jax", None, "jax"), ("", '{"backend": "jax"}', "jax"), ("", "{", "tensorflow"), ("", None, "tensorflow"), ("", "[]", "tensorflow")],
)
def test_the_backend_is_the_one_that_keras_takes(
    named: str, file: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", named)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if file is not None:
        (tmp_path / "keras.json").write_text(file)
    assert configured_backend() == expected
