"""The referee in ball arithmetic: it accepts what the checker accepts, and rejects the same mutations."""

import copy
import itertools
import json

import numpy as np
import pytest
from hand_built import latch, parity_net
from layered_nets import gru_parity, own_gru, stacked_parity
from test_checker import FORGERIES, sealed

from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.nets.base import run
from pipeline.certification.nets.tanh_net import PATHS
from pipeline.certification.prover.prove import prove
from pipeline.tasks.parity import TASK

pytest.importorskip("flint")

from pipeline.certification.referee.balls import ONE, Form, activation
from pipeline.certification.referee.referee import referee

NETS = {
    "tanh": parity_net(4),
    "after": gru_parity(),
    "before": gru_parity(reset="before"),
    "own": own_gru("after"),
    "stacked": stacked_parity(),
}


def weights_of(net):
    weights = net.weights()
    return weights if isinstance(weights, dict) else dict(zip(PATHS, weights, strict=True))


@pytest.fixture(scope="module", params=NETS)
def proof(request, tmp_path_factory):
    net, folder = NETS[request.param], tmp_path_factory.mktemp("proof")
    prove(net, TASK.transducer, "parity").save(folder / "certificate.json")
    np.savez(folder / "weights.npz", **weights_of(net))
    return net, folder / "certificate.json", folder / "weights.npz"


def verdict(judge, *files):
    try:
        judge(*files)
    except Rejected as error:
        return str(error)
    return ""


def test_it_accepts_what_the_checker_accepts(proof):
    _, certificate, weights = proof
    assert referee(certificate, weights) == check(certificate, weights) > 0


@pytest.mark.parametrize("forgery", FORGERIES)
def test_it_rejects_forgeries_with_a_right_digest(proof, tmp_path, forgery):
    _, certificate, weights = proof
    found = json.loads(certificate.read_text())
    FORGERIES[forgery](found)
    assert "changed after" not in (told := verdict(referee, sealed(found, tmp_path / "certificate.json"), weights))
    assert told


def mutated(found, arrays, rng):
    """Change one thing of a certificate, or one weight."""
    node = found["nodes"][int(rng.integers(len(found["nodes"])))]
    kind = rng.integers(7)
    if kind < 4:
        part = ("center", "axes", "low", "high")[kind]
        numbers = np.array(node[part])
        flat = numbers.reshape(-1)
        flat[int(rng.integers(flat.size))] += rng.normal() * 10.0 ** rng.uniform(-6, 0)
        node[part] = numbers.tolist()
    elif kind == 4:
        node["margin"] *= float(np.exp(rng.normal() * 0.3))
        found["margin"] = min(one["margin"] for one in found["nodes"])
    elif kind == 5:
        row = found["transducer"]["transitions"][int(rng.integers(4))]
        row[int(rng.integers(2, 4))] = rng.choice(found["transducer"]["states"]) if rng.random() < 0.5 else int(rng.integers(2))
    else:
        name = rng.choice(list(arrays))
        flat = arrays[name].reshape(-1)
        flat[int(rng.integers(flat.size))] += np.float32(rng.normal() * 10.0 ** rng.uniform(-4, 1))
    return kind


def test_both_judge_mutations_alike_and_what_they_accept_is_right(proof, tmp_path):
    net, certificate, _ = proof
    whole = json.loads(certificate.read_text())
    inputs = np.array(list(itertools.product(range(2), repeat=8)))
    accepted = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        found, arrays = copy.deepcopy(whole), {name: array.copy() for name, array in weights_of(net).items()}
        try:
            kind = mutated(found, arrays, rng)
        except TypeError:
            continue
        np.savez(tmp_path / "weights.npz", **arrays)
        if kind == 6:
            from pipeline.certification.nets import base

            found["weights_sha256"] = base.digest(found["net"], arrays)
        path = sealed(found, tmp_path / "certificate.json")
        told = verdict(check, path, tmp_path / "weights.npz"), verdict(referee, path, tmp_path / "weights.npz")
        assert bool(told[0]) == bool(told[1]), told
        if not told[0]:
            accepted += 1
            if kind != 6:
                moves = {(state, symbol): (after, output) for state, symbol, after, output in found["transducer"]["transitions"]}
                states = [found["transducer"]["states"][0]] * len(inputs)
                outputs = run(net, inputs)
                for t in range(inputs.shape[1]):
                    pairs = [moves[state, int(symbol)] for state, symbol in zip(states, inputs[:, t], strict=True)]
                    states = [after for after, _ in pairs]
                    assert [output for _, output in pairs] == outputs[:, t].tolist()
    assert accepted < 150


def test_a_net_with_hard_gates_is_refused_by_name(tmp_path):
    net = latch()
    prove(net, TASK.transducer).save(tmp_path / "certificate.json")
    np.savez(tmp_path / "weights.npz", **weights_of(net))
    with pytest.raises(Rejected, match="hard gates"):
        referee(tmp_path / "certificate.json", tmp_path / "weights.npz")


def test_lines_around_tanh_hold_it():
    from flint import arb

    rng = np.random.default_rng(0)
    for low in rng.normal(size=60) * 2:
        high = low + 10.0 ** rng.uniform(-6, 1)
        wide = arb(high) - arb(low)
        form = activation(Form.cut(arb(low), [wide], arb(0), arb(low), arb(high)), lambda z: z.tanh(), ONE, arb(0), (-ONE, ONE))
        slope = form.axes[0] / wide
        for z in np.linspace(low, high, 21):
            off = arb(z).tanh() - slope * (arb(z) - arb(low)) - form.center
            assert off.abs_lower() <= form.radius
