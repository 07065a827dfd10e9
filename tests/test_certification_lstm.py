"""What is special about LSTMs in a proof: cells that gates hold or leak, and what weights do not say."""

import json

import numpy as np
import pytest
from hand_built import forgetful, latch, parity_net

from pipeline.certification.certificate import Certificate
from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.nets.base import run
from pipeline.certification.nets.lstm_net import LSTMNet
from pipeline.certification.nets.reading import NotCertifiable, read
from pipeline.certification.nets.tanh_net import PATHS
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.certification.sets import rounding
from pipeline.core import registry
from pipeline.core.examples import TaskSpec

PARITY = registry.load("tasks", "parity").TASK.transducer
QUICK = Effort(ks=(1,), splits=1)


def test_a_cell_that_a_hard_gate_holds_is_certified():
    certificate = prove(latch(), PARITY)
    assert isinstance(certificate, Certificate)
    assert certificate.net == {"kind": "lstm", "gates": "hard_sigmoid", "input": "number", "forget_bias": 10.0, "input_bias": 0.0}


def test_a_cell_that_leaks_slowly_is_never_certified():
    net = latch("sigmoid", scale=10.0)
    outcome = prove(net, PARITY, effort=QUICK)
    assert isinstance(outcome, Refusal)
    inputs = np.zeros((1, 400), np.int64)
    inputs[0, 0] = 1
    assert (run(net, inputs[:, :40]) == 1).all()
    assert run(net, inputs)[0, -1] == 0
    assert outcome.counterexample is not None
    assert len(outcome.counterexample.inputs) > 40


def test_a_gate_that_is_not_quite_open_is_refused():
    assert isinstance(prove(latch(scale=4.5), PARITY, effort=QUICK), Refusal)


@pytest.mark.parametrize("seed", [1, 2, 5, 6])
def test_an_lstm_weight_nudged_until_the_net_errs_is_refused(seed):
    place = np.random.default_rng(seed)
    right = latch()
    at, sign = place.random(), place.choice([-1, 1])
    for nudge in 0.1 * 2.0 ** np.arange(14):
        weights = [weight.copy() for weight in right.weights()]
        weight = weights[seed % 5].reshape(-1)
        weight[int(at * weight.size)] += sign * nudge
        net = LSTMNet(*weights, right.gates, right.forget_bias, right.input_bias, right.numbers)
        outcome = prove(net, PARITY, effort=QUICK)
        inputs = np.random.default_rng(0).integers(2, size=(200, 60))
        if (run(net, inputs) != PARITY.run(inputs)).any():
            assert isinstance(outcome, Refusal)
            assert outcome.counterexample is not None
            return
    pytest.fail("no nudge of this weight breaks the net; take another one")


@pytest.mark.parametrize(
    ("key", "value"), [("gates", "sigmoid"), ("forget_bias", 9.0), ("input_bias", 1.0), ("input", "one_hot"), ("kind", "tanh")]
)
def test_what_weights_do_not_say_is_bound_too(tmp_path, key, value):
    net = latch()
    path, weights = tmp_path / "certificate.json", tmp_path / "weights.npz"
    prove(net, PARITY).save(path)
    np.savez(weights, **dict(zip(PATHS, net.weights(), strict=True)))
    other = {**net.description(), key: value}
    with pytest.raises(Rejected, match="for a net of"):
        check(path, weights, PARITY, other)
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "net": other}))
    with pytest.raises(Rejected):
        check(path, weights, PARITY)


def test_a_net_is_read_by_its_model_parameters():
    net = forgetful(parity_net(4))
    weights = dict(zip(PATHS, net.weights(), strict=True))
    model = {"name": "lstm", "forget_bias": -12.0, "gates": "sigmoid", "scalar_input": False, "projection": False}
    assert read(model, weights, 2).digest() == net.digest()
    assert read({**model, "forget_bias": -11.0}, weights, 2).digest() != net.digest()
    for wrong, message in (({"name": "attention"}, "attention"), ({"projection": True}, "projection"), ({"gates": "relu"}, "relu")):
        with pytest.raises(NotCertifiable, match=message):
            read({**model, **wrong}, weights, 2)


@pytest.mark.parametrize("backend", ["jax", "tensorflow"])
def test_float32_sigmoid_stays_within_its_allowance_and_within_its_ends(backend):
    z = np.concatenate([np.linspace(-110, 110, 400_001), np.geomspace(1e-30, 1e4, 10_001), [1e30, np.inf, -np.inf]]).astype(np.float32)
    if backend == "jax":
        jax = pytest.importorskip("jax")
        found = np.asarray(jax.jit(jax.nn.sigmoid)(z))
    else:
        tensorflow = pytest.importorskip("tensorflow")
        found = tensorflow.function(tensorflow.sigmoid, jit_compile=True)(tensorflow.constant(z)).numpy()
    exact = 0.5 + 0.5 * np.tanh(z.astype(np.float64) / 2)
    assert 2 * np.abs(found - exact).max() <= rounding.SIGMOID_ERROR
    assert 0 <= found.min() <= found.max() <= 1


@pytest.mark.parametrize(("name", "scalar"), [("simple_rnn", None), ("lstm", False), ("lstm", True)])
def test_the_certified_equations_are_the_trained_layers(name, scalar):
    task = registry.load("tasks", "parity").TASK
    module = registry.load("models", name)
    told = {} if scalar is None else {"forget_bias": 0.7, "scalar_input": scalar}
    model = module.Params(name=name, units=5, kernels="fused", readout="glorot_uniform", **told)
    spec = TaskSpec(inputs=2, outputs=2, answer="sequence")
    network = module.build(spec, model, (0,))
    rng = np.random.default_rng(0)
    # Weights so small that the net forgets: larger ones make some grow a rounding error from position to position.
    weights = {path: rng.normal(scale=0.5, size=weight.shape).astype(np.float32) for path, weight in network.weights_of(0).items()}
    network.assign([weights])
    inputs = rng.integers(2, size=(40, 30))
    net = read(model.model_dump(), weights, task.transducer.symbols)
    logits = np.asarray(network(inputs[None].astype(np.int32)))[0]
    state = np.zeros((40, net.width), np.float32)
    for t in range(30):
        state, _ = net.step(state, inputs[:, t])
        np.testing.assert_allclose(state[:, : net.visible] @ net.readout + net.offset, logits[:, t], atol=1e-5)
