"""The search for wrong answers: shorter inputs first, whatever the blocks, and alphabets of a thousand symbols in little memory."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hand_built import increment_net, parity_net
from layered_nets import random_net, singles

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.base import run
from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.certification.prover import counterexamples
from pipeline.certification.prover.prove import Effort, prove
from pipeline.core.transducer import Transducer
from pipeline.tasks.increment import TASK as INCREMENT
from pipeline.tasks.parity import TASK as PARITY

FADING = parity_net(1.1)


@pytest.mark.parametrize("block", [1, 7, 100_000])
def test_the_first_of_the_shortest_wrong_inputs_is_found_whatever_the_blocks(monkeypatch, block):
    monkeypatch.setattr(counterexamples, "BLOCK", block)
    rng = np.random.default_rng(0)
    nets = [(random_net(rng, [("gru", "after")], outputs=2), PARITY.transducer), (parity_net(0.8), PARITY.transducer)]
    for net, transducer in nets:
        for length in itertools.count(1):
            words = np.array(list(itertools.product(range(transducer.symbols), repeat=length)))
            wrong = run(net, words) != transducer.run(words)
            if wrong.any():
                break
        hit = counterexamples.shortest(net, transducer)
        assert hit.inputs == tuple(words[wrong[:, -1].argmax()])


def test_a_search_in_blocks_finds_what_one_without_them_finds(monkeypatch):
    found = [counterexamples.search(FADING, PARITY.transducer)]
    monkeypatch.setattr(counterexamples, "BLOCK", 5)
    found.append(counterexamples.search(FADING, PARITY.transducer))
    assert found[0] == found[1]
    assert counterexamples.search(increment_net(), INCREMENT.transducer) is None


def test_all_runs_after_all_short_beginnings_are_tried_for_ten_symbols():
    starts, runs = counterexamples._started(10, 2, counterexamples.RUN_STEPS // 100, np.random.default_rng(0))
    assert len({(*start, "run", run) for start, run in zip(starts, runs.tolist(), strict=True)}) == 1110
    for symbols, beginning, most in ((1000, 2, 10_000), (100, 1, 250), (1000, 1, 250)):
        starts, runs = counterexamples._started(symbols, beginning, most, np.random.default_rng(0))
        assert len(starts) == len(runs) <= most + symbols
        assert set(runs.tolist()) == set(range(symbols))


def tired(symbols, slip):
    """A net that says 0, and 1 after symbol ``slip`` if it has read the one before that a few times in a row."""
    kernel = np.zeros((symbols, 2), np.float32)
    kernel[:, 0], kernel[slip - 1, 0], kernel[slip, 1] = -5, 0.4, 1
    layer = Layer("tanh", kernel, singles([[1, 0], [0, 0]]), np.zeros(2, np.float32), np.zeros(2, np.float32))
    return LayeredNet((layer,), singles([[0, 0], [0, 1]]), singles([0, -0.5]))


def test_alphabets_of_a_thousand_symbols_take_little_memory_and_errors_among_them_are_found():
    symbols = 1000
    zero = Transducer(("any",), symbols, {("any", symbol): ("any", 0) for symbol in range(symbols)})
    right = random_net(np.random.default_rng(0), [("gru", "after")], symbols=symbols, units=2, outputs=2, scale=0.3)
    right = LayeredNet(right.layers, right.readout, singles([20, -20]))
    tracemalloc.start()
    try:
        assert counterexamples.shortest(right, zero, frontier=1500) is None
        assert counterexamples._runs(right, zero, 2, 10, 0) is None
        assert counterexamples._scattered_after_runs(symbols, np.random.default_rng(0)).shape == (8000, 128)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5e8
    hit = counterexamples.shortest(tired(symbols, 777), zero)
    assert hit.inputs == (777,)


def addition(hold):
    """Two digits read at once, a hundred symbols; the answer is the carry, which one tanh unit holds where the digits come to nine."""
    sums = np.arange(100) // 10 + np.arange(100) % 10
    carried = {("none", "carry")[carry]: [int(total + carry > 9) for total in sums] for carry in (0, 1)}
    moves = {(state, symbol): (("none", "carry")[after], after) for state, row in carried.items() for symbol, after in enumerate(row)}
    kernel = singles(8 * np.sign(sums - 9))[:, None]
    layer = Layer("tanh", kernel, singles([[hold]]), singles([-0.5]), singles([0]))
    return LayeredNet((layer,), singles([[0, 8]]), singles([0, 0])), Transducer(("none", "carry"), 100, moves)


def test_addition_of_digits_as_a_hundred_symbols_is_decided():
    effort = Effort(ks=(1,), splits=2)
    certificate = prove(*addition(4), effort=effort)
    assert isinstance(certificate, Certificate)
    assert len(certificate.nodes) < 10
    refusal = prove(*addition(1.3), effort=effort)
    assert refusal.counterexample is not None
    carries = np.flatnonzero(np.arange(100) // 10 + np.arange(100) % 10 > 9)
    assert refusal.counterexample.inputs[0] in carries  # a carry that is forgotten while the digits come to nine
