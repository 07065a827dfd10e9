"""Transducers: the finite-state tasks' answers once more, state by state."""

import itertools

import numpy as np
import pytest

from pipeline.core import registry
from pipeline.core.transducer import Transducer

KINDS = [kind for kind in (registry.load("tasks", name).TASK for name in registry.names("tasks")) if kind.transducer]
FLIP = {("same", 0): ("same", 0), ("same", 1): ("flip", 1), ("flip", 0): ("flip", 1), ("flip", 1): ("same", 0)}


def answerer(kind):
    return kind(kind.Params.model_construct())  # solving needs no params


def test_increment_and_parity_have_one():
    assert {"increment", "parity"} <= {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_agrees_with_solve_on_every_short_input(kind):
    for length in (1, 2, 3):
        if kind.transducer.symbols**length > 2_000_000:
            break
        inputs = np.array(list(itertools.product(range(kind.transducer.symbols), repeat=length)))
        np.testing.assert_array_equal(kind.transducer.run(inputs), answerer(kind).oracle(inputs))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("length", [20, 500])
def test_agrees_with_solve_on_random_inputs(kind, length):
    rng = np.random.default_rng(length)
    inputs = rng.integers(kind.transducer.symbols, size=(40, length))
    runs = rng.integers(length, size=40)
    for row, run in zip(inputs, runs, strict=True):
        row[:run] = kind.transducer.symbols - 1  # a long carry, a run of ones
    np.testing.assert_array_equal(kind.transducer.run(inputs), answerer(kind).oracle(inputs))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_run_is_step_after_step(kind):
    inputs = np.random.default_rng(1).integers(kind.transducer.symbols, size=(5, 30))
    for row, outputs in zip(inputs.tolist(), kind.transducer.run(inputs).tolist(), strict=True):
        state = kind.transducer.start
        for symbol, output in zip(row, outputs, strict=True):
            state, written = kind.transducer.step(state, symbol)
            assert written == output


def test_starts_in_the_first_state():
    assert Transducer(("same", "flip"), 2, FLIP).run(np.array([[0, 1, 1]])).tolist() == [[0, 1, 0]]
    assert Transducer(("flip", "same"), 2, FLIP).run(np.array([[0, 1, 1]])).tolist() == [[1, 0, 1]]


def test_refuses_a_missing_transition():
    with pytest.raises(ValueError, match=r"one transition for each of 4 .* got 3"):
        Transducer(("same", "flip"), 2, {key: value for key, value in FLIP.items() if key != ("flip", 1)})


def test_refuses_an_unknown_state():
    with pytest.raises(ValueError, match=r"unknown .*'lost'"):
        Transducer(("same", "flip"), 2, FLIP | {("flip", 1): ("lost", 0)})
