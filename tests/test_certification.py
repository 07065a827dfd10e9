"""Proofs and their referee, on nets built by hand: right ones are certified, wrong ones never, and no false certificate passes."""

import ast
import copy
import hashlib
import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hand_built import forgetful, increment_net, latch, lstm_of, net_of, parity_net, shuffled_step, shuffled_sum

from pipeline.certification.certificate import Certificate
from pipeline.certification.checker import checker
from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.nets.base import run
from pipeline.certification.nets.reading import NotCertifiable, read
from pipeline.certification.nets.tanh_net import PATHS, TanhNet
from pipeline.certification.prover import counterexamples
from pipeline.certification.prover.contexts import alike_symbols, contexts_of
from pipeline.certification.prover.induction import Widening, fixpoint
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.certification.sets import rounding
from pipeline.certification.sets.cells import Cell, boxes_lie_in, largest_coordinate
from pipeline.certification.sets.relaxations import hard_sigmoid, hard_sigmoid_relaxation, sigmoid, sigmoid_relaxation, tanh_relaxation
from pipeline.certification.sets.zonotopes import Zonotopes
from pipeline.core import registry

PARITY = registry.load("tasks", "parity").TASK.transducer
INCREMENT = registry.load("tasks", "increment").TASK.transducer


def wrong_somewhere(net, transducer, length):
    inputs = np.array(list(itertools.product(range(transducer.symbols), repeat=length)))
    return (run(net, inputs) != transducer.run(inputs)).any()


def files(folder, net, transducer):
    certificate = prove(net, transducer, "a task")
    certificate.save(folder / "certificate.json")
    np.savez(folder / "weights.npz", **dict(zip(PATHS, net.weights(), strict=True)))
    return folder / "certificate.json", folder / "weights.npz"


RIGHT = {
    "parity": (parity_net(4), PARITY),
    "increment": (increment_net(), INCREMENT),
    "parity of an lstm that latches": (latch(), PARITY),
    "increment of an lstm": (forgetful(increment_net()), INCREMENT),
}


@pytest.fixture(scope="module", params=RIGHT, ids=list(RIGHT))
def proven(request, tmp_path_factory):
    net, transducer = RIGHT[request.param]
    return net, transducer, *files(tmp_path_factory.mktemp("proven"), net, transducer)


def test_a_certificate_is_accepted_with_the_margin_that_it_claims(proven):
    net, transducer, certificate, weights = proven
    margin = check(certificate, weights, transducer, net.description())
    assert margin == check(certificate, weights) == Certificate.load(certificate).margin > 0


def test_a_certificate_survives_the_disk(proven, tmp_path):
    *_, certificate, _ = proven
    Certificate.load(certificate).save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == certificate.read_bytes()


def test_steps_of_several_symbols_are_proven_and_checked(tmp_path):
    net = parity_net(4)
    certificate = prove(net, PARITY, effort=Effort(ks=(3,)))
    assert certificate.k == 3
    assert {len(node.targets) for node in certificate.nodes} == {8}
    certificate.save(tmp_path / "certificate.json")
    np.savez(tmp_path / "weights.npz", **dict(zip(PATHS, net.weights(), strict=True)))
    check(tmp_path / "certificate.json", tmp_path / "weights.npz", PARITY)


# The states of this net fade at gains up to about 1.16.
@pytest.mark.parametrize("gain", [0.3, 0.8, 1.0, 1.1, 1.15])
def test_below_the_critical_gain_parity_is_refused_with_a_right_counterexample(gain):
    net = parity_net(gain)
    refusal = prove(net, PARITY, effort=Effort(splits=1))
    assert isinstance(refusal, Refusal)
    assert not refusal
    hit = refusal.counterexample
    assert tuple(PARITY.run(np.array([hit.inputs]))[0]) == hit.expected
    assert tuple(run(net, np.array([hit.inputs]))[0]) == hit.got
    assert hit.got[:-1] == hit.expected[:-1]
    assert hit.got[-1] != hit.expected[-1]


@pytest.mark.parametrize("gain", [1.2, 1.5, 3.0])
def test_above_the_critical_gain_parity_is_certified(gain):
    assert isinstance(prove(parity_net(gain), PARITY), Certificate)


def test_a_proof_that_takes_more_images_than_allowed_is_refused():
    net = parity_net(1.5)
    assert isinstance(prove(net, PARITY, effort=Effort(ks=(1,))), Certificate)
    refusal = prove(net, PARITY, effort=Effort(ks=(1,), work=10))
    assert isinstance(refusal, Refusal)
    assert "all allowed images were computed" in refusal.reasons[0]


def test_short_inputs_are_told_from_each_other_by_their_states():
    """A hash for each pair of states: equal ones are one, others are not, whichever of the two parts differs."""
    hidden = np.random.default_rng(0).normal(size=(20_000, 17)).astype(np.float32)
    states = np.arange(20_000) % 2
    assert len(np.unique(counterexamples._hashes(hidden, states))) == 20_000
    assert len(np.unique(counterexamples._hashes(np.tile(hidden[:100], (2, 1)), np.tile(states[:100], 2)))) == 100
    assert not (counterexamples._hashes(hidden, states) == counterexamples._hashes(hidden, 1 - states)).any()


def test_the_shortest_counterexample_is_found():
    net = parity_net(0.8)
    hit = prove(net, PARITY).counterexample
    assert wrong_somewhere(net, PARITY, len(hit.inputs))
    assert not wrong_somewhere(net, PARITY, len(hit.inputs) - 1)


def test_nines_that_slip_back_into_a_carry_are_found():
    net = increment_net()
    recurrent = net.recurrent.copy()
    recurrent[19] *= 0.9
    refusal = prove(TanhNet(net.kernel, recurrent, net.bias, net.readout, net.offset), INCREMENT, effort=Effort(ks=(1,), splits=1))
    assert isinstance(refusal, Refusal)
    assert refusal.counterexample.inputs == (0, 9, 9, 9, 9, 9, 0)  # no carry is heard a little less at every nine


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6, 7, 8])
def test_a_weight_nudged_until_the_net_errs_is_refused(seed):
    place = np.random.default_rng(seed)
    at, sign = place.random(), place.choice([-1, 1])
    for nudge in 0.1 * 2.0 ** np.arange(14):
        weights = [weight.copy() for weight in parity_net(4).weights()]
        weight = weights[seed % 5].reshape(-1)
        weight[int(at * weight.size)] += sign * nudge
        net = TanhNet(*weights)
        outcome = prove(net, PARITY, effort=Effort(ks=(1,), splits=0))
        if wrong_somewhere(net, PARITY, 9):
            assert isinstance(outcome, Refusal)
            assert outcome.counterexample is not None
            return
        if isinstance(outcome, Certificate):
            inputs = np.random.default_rng(1).integers(2, size=(50, 2000))
            np.testing.assert_array_equal(run(net, inputs), PARITY.run(inputs))
    pytest.fail("no nudge of this weight breaks the net; take another one")


def test_random_nets_are_refused():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        net = net_of(*(rng.normal(size=shape) for shape in [(2, 4), (4, 4), (4,), (4, 2), (2,)]))
        assert isinstance(prove(net, PARITY, effort=Effort(ks=(1,), splits=0)), Refusal)


def test_images_of_points_lie_in_the_target_sets_whatever_the_order_of_summation(proven):
    net, transducer, certificate, _ = proven
    rng = np.random.default_rng(0)
    tried = 0
    nodes = Certificate.load(certificate).nodes
    for node in nodes:
        corners = rng.uniform(-1, 1, size=(400, net.width))
        corners[::2] = np.sign(corners[::2])
        points = (node.cell.center + corners @ node.cell.axes).astype(np.float32)
        points = np.clip(points, np.float32(node.cell.low), np.float32(node.cell.high))
        points = points[inside(points, node.cell)]
        tried += len(points)
        for symbol in range(net.symbols):
            after = shuffled_step(net, points, symbol, rng)
            target = nodes[node.targets[symbol]]
            assert inside(after, target.cell).all()
            logits = shuffled_sum(np.moveaxis(after[:, : net.visible, None] * net.readout, 1, -1), rng) + net.offset
            output = transducer.step(node.state, symbol)[1]
            lead = logits[:, [output]] - np.delete(logits, output, axis=1)
            assert not len(lead) or lead.min() >= node.margin
    assert tried > 500


def inside(points, cell):
    coordinates = np.linalg.solve(cell.axes.T, (points - cell.center).T)
    return (np.abs(coordinates).max(axis=0) <= 1) & (points >= cell.low).all(axis=1) & (points <= cell.high).all(axis=1)


def random_nets(rng, units):
    tanh, gated = ([(2, g * units), (units, g * units), (g * units,), (units, 3), (3,)] for g in (1, 4))
    yield net_of(*(rng.normal(size=shape) * 1.5 for shape in tanh))
    for gates, scale in (("sigmoid", 1.5), ("hard_sigmoid", 1.5), ("hard_sigmoid", 6.0)):
        yield lstm_of(*(rng.normal(size=shape) * scale for shape in gated), gates=gates, forget_bias=1.0, input_bias=-0.3)


@pytest.mark.parametrize("size", [1e-6, 0.01, 0.3, 1.0])
def test_images_and_margins_enclose_random_points(size):
    rng = np.random.default_rng(1)
    for net in itertools.chain(*(random_nets(rng, units) for units in (1, 3, 6))):
        axes = rng.normal(size=(1, net.width + 2, net.width)) * size / net.width
        center = rng.uniform(-0.5, 0.5, size=(1, net.width))
        center[:, net.visible :] *= rng.choice([1, 20])
        reachable = np.abs(axes).sum(axis=1)
        sets = Zonotopes(center, axes, center - reachable, center + 0.6 * reachable)
        images = net.push(sets)
        least = net.margins(images, np.array([1, 1]))
        points = (center + rng.choice([-1, 1, 0.3], size=(3000, net.width + 2)) @ axes[0]).astype(np.float32)
        shown = np.abs(points[:, : net.visible]) <= 1
        points = points[(points >= sets.low).all(axis=1) & (points <= sets.high).all(axis=1) & shown.all(axis=1)]
        for symbol in range(2):
            after = shuffled_step(net, points, symbol, rng)
            assert (after >= images.low[symbol]).all()
            assert (after <= images.high[symbol]).all()
            logits = after[:, : net.visible] @ net.readout + net.offset
            assert (logits[:, 1] - np.maximum(logits[:, 0], logits[:, 2])).min(initial=np.inf) >= least[symbol]
            for direction in rng.normal(size=(20, net.width)):
                bound = np.abs(images.generators[symbol] @ direction).sum()
                along = (after.astype(np.float64) - images.center[symbol]) @ direction
                assert np.abs(along).max(initial=0) <= bound * (1 + 1e-12)


@pytest.mark.parametrize(
    ("function", "relaxation"),
    [(np.tanh, tanh_relaxation), (sigmoid, sigmoid_relaxation), (hard_sigmoid, hard_sigmoid_relaxation)],
    ids=["tanh", "sigmoid", "hard"],
)
def test_the_relaxation_encloses_its_function(function, relaxation):
    rng = np.random.default_rng(0)
    low = rng.normal(size=2000) * rng.choice([0.1, 1, 5, 20], size=2000)
    high = low + 10.0 ** rng.uniform(-9, 1.5, size=2000)
    slope, offset, radius = relaxation(low, high)
    for share in np.linspace(0, 1, 101):
        z = low + share * (high - low)
        assert (np.abs(function(z) - slope * z - offset) <= radius).all()
    assert (radius <= (function(high) - function(low)) / 2 + 1e-10).all()


def test_the_largest_coordinate_is_one_at_the_border_and_never_less():
    rng = np.random.default_rng(0)
    axes = rng.normal(size=(4, 4))
    cell = Cell(rng.normal(size=4), axes, np.full(4, -50.0), np.full(4, 50.0))
    same = Zonotopes(cell.center[None], axes[None], cell.low[None], cell.high[None])
    assert 1 <= largest_coordinate(same, cell) < 1 + 1e-8
    assert largest_coordinate(same._replace(generators=0.9 * axes[None], low=0.9 * cell.low[None], high=0.9 * cell.high[None]), cell) < 0.91
    assert boxes_lie_in(same, cell)
    assert not boxes_lie_in(same._replace(high=cell.high[None] + 1), cell)


def altered(weights, path, change):
    with np.load(weights) as arrays:
        arrays = dict(arrays)
    change(arrays)
    np.savez(path, **arrays)
    return path


def test_every_changed_weight_is_rejected(proven, tmp_path):
    _, transducer, certificate, weights = proven
    for seed in range(300 if certificate.stat().st_size < 100_000 else 40):
        rng = np.random.default_rng(seed)

        def change(arrays, rng=rng, seed=seed):
            weight = arrays[PATHS[seed % 5]].reshape(-1)
            at = rng.integers(weight.size)
            weight[at] = np.nextafter(weight[at], np.float32(9)) if seed % 3 else weight[at] + rng.normal()

        with pytest.raises(Rejected, match="other weights"):
            check(certificate, altered(weights, tmp_path / "weights.npz", change), transducer)


def test_every_changed_number_is_rejected(proven, tmp_path):
    _, transducer, certificate, weights = proven
    found = json.loads(certificate.read_text())
    path = tmp_path / "certificate.json"
    for seed in range(700 if len(found["nodes"]) < 10 else 60):
        rng = np.random.default_rng(seed)
        node = rng.integers(len(found["nodes"]))
        part = ("margin", "center", "axes", "low", "high")[seed % 5]
        changed = {**found, "nodes": list(found["nodes"])}
        changed["nodes"][node] = copy.deepcopy(found["nodes"][node])
        numbers = np.array(changed["nodes"][node][part])
        flat = numbers.reshape(-1)
        at = rng.integers(flat.size)
        flat[at] = np.nextafter(flat[at], 9) if seed % 2 else flat[at] + rng.normal()
        changed["nodes"][node][part] = numbers.tolist()
        path.write_text(json.dumps(changed))
        with pytest.raises(Rejected, match="changed after"):
            check(path, weights, transducer)


def shrink(node):
    node["axes"] = (0.5 * np.array(node["axes"])).tolist()


def narrow(node):
    middle = (np.array(node["low"]) + np.array(node["high"])) / 2
    node["low"], node["high"] = ((np.array(node[side]) + middle) / 2 for side in ("low", "high"))
    node["low"], node["high"] = node["low"].tolist(), node["high"].tolist()


def shift(node):
    node["center"] = (np.array(node["center"]) + 1.5 * np.array(node["axes"])[0]).tolist()


def boast(node):
    node["margin"] *= 1.01


def deny(node):
    node["margin"] = -1.0


def swallow(node):
    units = len(node["center"])
    node["axes"], node["low"], node["high"] = (99 * np.eye(units)).tolist(), [-40.1] * units, [40.1] * units


def mistake(node):
    node["targets"] = [*node["targets"][1:], node["targets"][0]]


def forget(node):
    node["targets"] = node["targets"][:-1]


def empty(node):
    node["axes"] = [[0.0] * len(row) for row in node["axes"]]


def hollow(node):
    node["center"][0] = math.nan


@pytest.mark.parametrize("change", [shrink, narrow, shift, boast, deny, swallow, mistake, forget, empty, hollow])
def test_a_false_proof_is_rejected_even_with_a_new_digest(proven, tmp_path, change):
    _, transducer, certificate, weights = proven
    found = json.loads(certificate.read_text())
    for at in range(1, len(found["nodes"]), 1 if len(found["nodes"]) < 10 else 7):
        forged = {**found, "nodes": copy.deepcopy(found["nodes"])}
        change(forged["nodes"][at])
        with pytest.raises(Rejected) as rejected:
            check(sealed(forged, tmp_path / "certificate.json"), weights, transducer)
        assert "changed after" not in str(rejected.value)


def sealed(found, path):
    body = {key: value for key, value in found.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    path.write_text(json.dumps(body | {"digest": hashlib.sha256(text.encode()).hexdigest()}))
    return path


def test_a_proof_that_does_not_begin_at_zero_is_rejected(proven, tmp_path):
    _, transducer, certificate, weights = proven
    found = json.loads(certificate.read_text())
    for change in (
        lambda first: first.update(center=[0.5] * len(first["center"])),
        lambda first: first.update(low=[1e-9] * len(first["low"])),
        lambda first: first.update(state=transducer.states[1]),
    ):
        forged = copy.deepcopy(found)
        change(forged["nodes"][0])
        with pytest.raises(Rejected):
            check(sealed(forged, tmp_path / "certificate.json"), weights, transducer)


def test_weights_that_the_proof_is_not_about_are_rejected_even_with_their_own_digest(tmp_path):
    certificate, _ = files(tmp_path, parity_net(4), PARITY)
    other = parity_net(1)
    np.savez(tmp_path / "other.npz", **dict(zip(PATHS, other.weights(), strict=True)))
    forged = {**json.loads(certificate.read_text()), "weights_sha256": other.digest()}
    with pytest.raises(Rejected, match=r"margin|leaves"):
        check(sealed(forged, certificate), tmp_path / "other.npz", PARITY)


def test_another_transducer_is_rejected(proven):
    _, transducer, certificate, weights = proven
    with pytest.raises(Rejected, match="another transducer"):
        check(certificate, weights, INCREMENT if transducer is PARITY else PARITY)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"nodes": []}', "null"])
def test_what_is_no_certificate_is_rejected(proven, tmp_path, text):
    path = tmp_path / "certificate.json"
    path.write_text(text)
    with pytest.raises(Rejected):
        check(path, proven[3])


def test_the_checker_imports_nothing_but_numpy_and_the_standard_library():
    package = "pipeline.certification.checker"
    names = set()
    for path in Path(checker.__file__).parent.glob("*.py"):
        imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
        names |= {getattr(node, "module", None) or node.names[0].name for node in imports}
    outside = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert outside == {"numpy", *(f"{package}.{name}" for name in ("files", "layered", "statement", "steps"))}


@pytest.mark.parametrize("n", [2, 10, 100, 1000])
def test_float32_sums_stay_within_gamma_whatever_their_order(n):
    rng = np.random.default_rng(n)
    largest = 0.0
    for _ in range(60):
        a = (rng.normal(size=n) * 2.0 ** rng.integers(-12, 12, size=n)).astype(np.float32)
        b = rng.uniform(-1, 1, size=n).astype(np.float32)
        b[n // 2 :] = -b[: n - n // 2] * rng.choice([1, 1 + 2.0**-20], size=n - n // 2)  # cancellation
        a[n // 2 :] = a[: n - n // 2]
        exact = math.fsum(a.astype(np.float64) * b)
        magnitude = math.fsum(np.abs(a.astype(np.float64) * b))
        orders = [float(shuffled_sum(a * b, rng)), float(a @ b), float(np.sum(a * b))]
        error = max(abs(order - exact) for order in orders)
        assert error <= rounding.gamma(n, rounding.SINGLE) * magnitude
        largest = max(largest, error / magnitude)
    assert largest > 2.0**-26  # the bound is put to the test


def test_the_widening_covers_every_order_of_a_steps_sums():
    rng = np.random.default_rng(3)
    net = net_of(*(rng.normal(size=shape) * 3 for shape in [(3, 30), (30, 30), (30,), (30, 4), (4,)]))
    hidden = rng.uniform(-1, 1, size=(500, 30)).astype(np.float32)
    error = net.preactivation_error
    for symbol in range(3):
        exact = np.tanh(net.kernel[symbol] + hidden.astype(np.float64) @ net.recurrent + net.bias.astype(np.float64))
        for _ in range(5):
            off = np.abs(shuffled_step(net, hidden, symbol, rng) - exact)
            assert (off <= error[symbol] + rounding.TANH_ERROR).all()
    logits = hidden.astype(np.float64) @ net.readout + net.offset
    off = np.abs(shuffled_sum(np.moveaxis(hidden[:, :, None] * net.readout, 1, -1), rng) + net.offset - logits)
    assert (off <= net.logit_error).all()
    assert (off > net.logit_error / 1000).any()


@pytest.mark.parametrize("backend", ["numpy", "jax", "tensorflow"])
def test_float32_tanh_stays_within_its_allowance(backend):
    z = np.concatenate([np.linspace(-12, 12, 400_001), np.geomspace(1e-30, 1e4, 10_001), [1e30, np.inf, -np.inf]]).astype(np.float32)
    if backend == "numpy":
        found = np.tanh(z)
    elif backend == "jax":
        jax = pytest.importorskip("jax")
        found = np.asarray(jax.jit(jax.numpy.tanh)(z))
    else:
        tensorflow = pytest.importorskip("tensorflow")
        found = tensorflow.function(tensorflow.tanh, jit_compile=True)(tensorflow.constant(z)).numpy()
    assert found.dtype == np.float32
    assert 2 * np.abs(found - np.tanh(z.astype(np.float64))).max() <= rounding.TANH_ERROR


def test_contexts_follow_every_history():
    contexts = contexts_of(PARITY, frozenset({("even", (0,)), ("even", (0, 0))}), 1)
    assert contexts.names[0] == (None, ())
    assert ("even", (0, 0, 0)) in contexts.names
    for history in itertools.product(range(2), repeat=7):
        at, state = 0, PARITY.start
        for symbol in history:
            state, output = PARITY.step(state, symbol)
            assert contexts.outputs[0][at, symbol] == output
            at = contexts.targets[at, symbol]
            assert contexts.states[at] == state
        last = contexts.names[at][1]
        assert history[len(history) - len(last) :] == last


def test_an_attempt_says_where_it_got_stuck():
    attempt = fixpoint(parity_net(1.0), contexts_of(PARITY, frozenset(), 1), Widening())
    assert "read in state" in attempt.stuck or "start" in attempt.stuck


def test_the_search_finds_an_error_beyond_short_inputs():
    net = parity_net(4)
    weights = [weight.copy() for weight in net.weights()]
    weights[1] *= 0.25  # states fade: right at first, wrong in the long run
    hit = counterexamples.search(TanhNet(*weights), PARITY)
    assert hit is not None
    assert counterexamples.judge(TanhNet(*weights), PARITY, np.array(hit.inputs)) == hit


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({}, "got none"),
        ({path: np.zeros(3, np.float32) for path in PATHS}, "expected float32"),
        ({path: weight.astype(np.float64) for path, weight in zip(PATHS, parity_net(4).weights(), strict=True)}, "float64"),
        ({path: weight * np.float32(np.nan) for path, weight in zip(PATHS, parity_net(4).weights(), strict=True)}, "finite"),
    ],
)
def test_other_weights_are_refused_by_name(weights, message):
    with pytest.raises(NotCertifiable, match=message):
        read({"name": "simple_rnn"}, weights, 2)


def test_a_transducer_over_other_symbols_is_refused():
    with pytest.raises(NotCertifiable, match="10 symbols"):
        prove(parity_net(4), INCREMENT)


def test_symbols_that_the_machine_does_not_tell_apart_stand_for_each_other():
    addition = registry.load("tasks", "addition").TASK.transducer
    alike = alike_symbols(addition)
    assert len(set(alike)) == 19  # sums of two digits
    assert (alike[7], alike[70], alike[34], alike[99]) == (7, 7, 7, 99)
    assert (alike_symbols(PARITY), alike_symbols(INCREMENT)) == ((0, 1), tuple(range(10)))
    contexts = contexts_of(addition, frozenset(), 1)
    assert len(contexts.names) == 1 + 2 * 19
    assert {last for _, last in contexts.names} == {(), *((symbol,) for symbol in alike)}
    for word in ([57, 57, 0], [99, 0, 0], [9, 90, 55, 18]):
        at, state = 0, addition.start
        for symbol in word:
            at, (state, _) = contexts.targets[at, symbol], addition.step(state, symbol)
        assert contexts.states[at] == state
