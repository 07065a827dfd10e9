"""Nets of layers in the prover and in the checker: what float32 makes of a state lies where both say, however it is computed."""

import itertools
import json

import numpy as np
import pytest
from hand_built import shuffled_sum
from layered_nets import KINDS, Machine, gru_parity, own_gru, random_net, singles, stacked_parity, terms_of
from test_checker import FORGERIES, sealed

from pipeline.certification.certificate import Certificate
from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.checker.layered import LayeredStep, float_sum
from pipeline.certification.checker.layered import _Known as CheckerKnown
from pipeline.certification.checker.layered import between as checker_between
from pipeline.certification.checker.steps import Value
from pipeline.certification.nets.base import NotCertifiable, run
from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.certification.nets.reading import read
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.certification.sets.affine import AffineForms
from pipeline.certification.sets.combining import Known, blend, weighted_sum
from pipeline.certification.sets.zonotopes import Zonotopes
from pipeline.core import registry
from pipeline.core.examples import TaskSpec
from pipeline.tasks.parity import TASK

PARITY = TASK.transducer
QUICK = Effort(ks=(1,), splits=1)
STACKS = [
    *[(kind,) for kind in KINDS],
    (("gru", "after"), ("lstm", None)),
    (("tanh", None), ("gru", "before")),
    (("lstm", None), ("lstm", None)),
]
NETS = {
    "after": gru_parity(),
    "before": gru_parity(reset="before"),
    "stacked": stacked_parity(),
    "own": own_gru("after"),
    "own before": own_gru("before"),
}


def checker_of(net):
    return LayeredStep({name: weight.astype(np.float64) for name, weight in net.weights().items()}, net.description(), net.symbols)


@pytest.mark.parametrize("size", [0.0, 1e-6, 0.05, 0.6])
@pytest.mark.parametrize("kinds", STACKS, ids=lambda kinds: "-".join(filter(None, itertools.chain(*kinds))))
def test_whatever_float32_makes_of_a_state_lies_in_the_images_of_prover_and_checker(kinds, size):
    rng = np.random.default_rng(1)
    for table, scale in ((None, 0.7), (2, 0.7), (None, 3.0)):
        net = random_net(rng, kinds, table=table, scale=scale)
        checker = checker_of(net)
        axes = rng.normal(size=(1, net.width + 1, net.width)) * size / net.width
        center = singles(rng.uniform(-0.5, 0.5, size=(1, net.width))).astype(np.float64)
        reach = np.abs(axes).sum(axis=1)
        sets = Zonotopes(center, axes, center - reach, center + 0.7 * reach)
        images = net.push(sets)
        points = singles(center + rng.choice([-1, 1, 0.3], size=(600, net.width + 1)) @ axes[0])
        points = points[(points >= sets.low).all(axis=1) & (points <= sets.high).all(axis=1)]
        assert len(points) > 3
        for symbol, output in itertools.product(range(2), range(3)):
            image = checker.push(tuple(part[0] for part in sets), symbol)
            bounds = [(image, checker.margin(image, output))]
            bounds.append((tuple(part[symbol] for part in images), net.margins(images, np.full(2, output))[symbol]))
            for _ in range(3):
                after, logits = Machine(rng).step(net, points, symbol)
                lead = (logits[:, [output]] - np.delete(logits, output, axis=1)).min()
                for (middle, generators, low, high), least in bounds:
                    assert (after >= low).all()
                    assert (after <= high).all()
                    assert lead >= least
                    directions = np.concatenate([rng.normal(size=(10, net.width)), np.eye(net.width)])
                    along = (after.astype(np.float64) - middle) @ directions.T
                    assert (np.abs(along) <= np.abs(generators @ directions.T).sum(axis=0) * (1 + 1e-12)).all()


def point(values):
    """A form of one state that is known, and the checker's."""
    reals = values.astype(np.float64)
    none = np.zeros_like(reals)
    return AffineForms(reals[None], np.zeros((1, 0, len(reals))), none[None], reals[None], reals[None]), Value(
        reals, none[None][:0], none, reals, reals
    )


def test_a_sum_errs_by_less_than_both_allow_and_by_no_thousandth_of_it():
    rng = np.random.default_rng(0)
    largest = [0.0, 0.0]
    for _ in range(40):
        state, matrix, bias = singles(rng.uniform(-1, 1, 30)), singles(rng.normal(size=(30, 8)) * 3), singles(rng.normal(size=8))
        form, value = point(state)
        none = np.zeros((1, 8))
        reals = matrix.astype(np.float64)
        radii = (
            weighted_sum([(form, reals)], Known(none, none, 0).plus(bias.astype(np.float64))).radius[0],
            float_sum([(value, reals)], CheckerKnown.none(8).plus(bias.astype(np.float64))).radius,
        )
        exact = state.astype(np.float64) @ reals + bias
        terms = np.concatenate([terms_of(state[None], matrix)[0], bias[:, None]], axis=-1)
        for _ in range(20):
            off = np.abs(shuffled_sum(terms, rng) - exact)
            for at, radius in enumerate(radii):
                assert (off <= radius).all()
                largest[at] = max(largest[at], (off / radius).max())
    assert min(largest) > 1e-2  # the bound is put to the test


def test_a_blend_errs_by_less_than_both_allow_and_by_no_hundredth_of_it():
    rng = np.random.default_rng(0)
    largest = [0.0, 0.0]
    for _ in range(300):
        z, h, n = singles(rng.uniform(0, 1, 50)), singles(rng.uniform(-1, 1, 50)), singles(rng.uniform(-1, 1, 50))
        h[:10] = np.nextafter(n[:10], np.float32(2))
        exact = z.astype(np.float64) * h + (1 - z.astype(np.float64)) * n
        forms = [point(part) for part in (z, h, n)]
        proved, checked = blend(*(form for form, _ in forms)), checker_between(*(value for _, value in forms))
        off = np.abs(Machine(rng).blend(z, h, n) - exact)
        for at, radius in enumerate((proved.radius[0], np.abs(checked.axes).sum(axis=0) + checked.radius)):
            assert (off <= radius).all()
            largest[at] = max(largest[at], (off / radius).max())
    assert min(largest) > 0.1


@pytest.mark.parametrize("wide", [0.0, 0.3, 1.0])
def test_a_blend_of_sets_encloses_the_blends_of_their_points(wide):
    rng = np.random.default_rng(2)
    for _ in range(50):
        generators = rng.normal(size=(4, 3, 6)) * wide / 4
        centers = np.stack([rng.uniform(0.2, 0.8, 6), rng.uniform(-1, 1, 6), rng.uniform(-1, 1, 6)])
        reach = np.abs(generators).sum(axis=0)
        low, high = centers - reach, centers + reach
        low[0], high[0] = np.maximum(low[0], 0), np.minimum(high[0], 1)
        none = np.zeros(6)
        forms = [AffineForms(centers[i][None], generators[None, :, i], none[None], low[i][None], high[i][None]) for i in range(3)]
        values = [Value(centers[i], generators[:, i], none, low[i], high[i]) for i in range(3)]
        errors = rng.uniform(-1, 1, size=(400, 4))
        errors[::2] = np.sign(errors[::2])
        z, h, n = np.moveaxis(centers + np.einsum("ng,gik->nik", errors, generators), 1, 0)
        inside = ((z >= 0) & (z <= 1)).all(axis=1)
        exact, errors = (z * h + (1 - z) * n)[inside], errors[inside]
        proved, checked = blend(*forms), checker_between(*values)
        found = ((proved.center[0], proved.generators[0], proved.radius[0], proved.low[0], proved.high[0]),)
        for center, axes, radius, low_end, high_end in (*found, (checked.center, checked.axes, checked.radius, checked.low, checked.high)):
            left = np.abs(axes[4:]).sum(axis=0) + radius
            assert (np.abs(exact - center - errors @ axes[:4]) <= left + 1e-12).all()
            assert (exact >= low_end - 1e-12).all()
            assert (exact <= high_end + 1e-12).all()


@pytest.fixture(scope="module", params=NETS)
def proof(request, tmp_path_factory):
    net, folder = NETS[request.param], tmp_path_factory.mktemp("proof")
    found = prove(net, PARITY, "parity")
    assert isinstance(found, Certificate)
    found.save(folder / "certificate.json")
    np.savez(folder / "weights.npz", **net.weights())
    return net, folder / "certificate.json", folder / "weights.npz"


def test_a_right_net_is_certified_and_the_checker_agrees(proof):
    net, certificate, weights = proof
    assert check(certificate, weights, PARITY, net.description()) > 0
    assert Certificate.load(certificate).net["kind"] in ("gru", "layers")
    assert json.loads(certificate.read_text())["format"] == "trailing-nines certificate 3"


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_certificates_are_rejected(proof, tmp_path, forgery):
    _, certificate, weights = proof
    found = json.loads(certificate.read_text())
    FORGERIES[forgery](found)
    with pytest.raises(Rejected) as rejected:
        check(sealed(found, tmp_path / "certificate.json"), weights)
    assert "changed after" not in str(rejected.value)


@pytest.mark.parametrize(
    "change",
    [{"kind": "tanh"}, {"input": "table"}, {"layers": []}, {"layers": [{"kind": "gru"}]}, {"more": 1}, {"reset": "never"}, {"kind": "gru"}],
)
def test_another_description_is_rejected(proof, tmp_path, change):
    _, certificate, weights = proof
    found = json.loads(certificate.read_text())
    assert {**found["net"], **change} != found["net"] or change == {"kind": "gru"}
    found["net"] |= {"more": 1} if found["net"] | change == found["net"] else change
    with pytest.raises(Rejected):
        check(sealed(found, tmp_path / "certificate.json"), weights)


def test_the_place_of_the_reset_gate_is_bound(tmp_path):
    """With open reset gates both are the same equations up to rounding; a certificate is for one of them all the same."""
    net = NETS["after"]
    prove(net, PARITY).save(tmp_path / "certificate.json")
    np.savez(tmp_path / "weights.npz", **net.weights())
    with pytest.raises(Rejected, match="for a net of"):
        check(tmp_path / "certificate.json", tmp_path / "weights.npz", PARITY, NETS["before"].description())


@pytest.mark.parametrize("name", ["after", "before", "stacked"])
@pytest.mark.parametrize("seed", range(8))
def test_a_weight_nudged_until_the_net_errs_is_never_certified(name, seed):
    net, rng = NETS[name], np.random.default_rng(seed)
    inputs = np.array(list(itertools.product(range(2), repeat=9)))
    part, sign = rng.choice(["kernel", "recurrent", "bias"]), rng.choice([-1, 1])
    at, layer = rng.random(), int(rng.integers(len(net.layers)))
    proofs = 0
    for nudge in 0.5 * 2.0 ** np.arange(9):
        given = net.layers[layer]
        parts = {name: getattr(given, name).copy() for name in ("kernel", "recurrent", "bias", "recurrent_bias")}
        flat = parts[part].reshape(-1)
        flat[int(at * flat.size)] += sign * nudge
        layers = [*net.layers[:layer], Layer(given.kind, **parts, reset=given.reset), *net.layers[layer + 1 :]]
        changed = LayeredNet(tuple(layers), net.readout, net.offset)
        outcome = prove(changed, PARITY, effort=QUICK)
        if (run(changed, inputs) != PARITY.run(inputs)).any():
            assert isinstance(outcome, Refusal)
            assert outcome.counterexample is not None
            return
        if isinstance(outcome, Certificate):
            proofs += 1
            long = rng.integers(2, size=(50, 1000))
            np.testing.assert_array_equal(run(changed, long), PARITY.run(long))
    assert proofs


@pytest.mark.parametrize(("gain", "right"), [(0.8, False), (1.1, False), (1.5, True), (3.0, True)])
@pytest.mark.parametrize("reset", ["after", "before"])
def test_a_gru_that_fades_is_refuted_and_one_that_does_not_is_certified(gain, right, reset):
    outcome = prove(gru_parity(gain, reset), PARITY, effort=Effort(ks=(1,), splits=4))
    assert bool(outcome) == right
    assert right or outcome.counterexample is not None


def test_a_gru_whose_update_gate_lets_go_slowly_is_never_certified():
    """Gates that leak a thousandth at every step: right on short inputs, and the state is gone after some thousand symbols."""
    rng = np.random.default_rng(0)
    net = gru_parity(1.05)
    assert isinstance(prove(net, PARITY, effort=QUICK), Refusal)
    for _ in range(10):
        assert isinstance(prove(random_net(rng, [("gru", "after")], outputs=2), PARITY, effort=QUICK), Refusal)


def test_sets_beyond_the_range_have_no_margin():
    net = NETS["after"]
    wide = Zonotopes(np.zeros((1, 2)), np.zeros((1, 1, 2)), np.full((1, 2), -2.5), np.zeros((1, 2)))
    assert net.margins(wide, np.array([0]))[0] == -np.inf
    assert checker_of(net).margin(tuple(part[0] for part in wide), 0) == -np.inf


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel": np.zeros((2, 5), np.float32)}, "layer_0/kernel: expected float32"),
        ({"bias": np.full(6, np.nan, np.float32)}, "finite"),
        ({"recurrent": np.full((2, 6), 3e38, np.float32)}, r"2\^127"),
        ({"reset": None}, "reset"),
        ({"kind": "attention"}, "attention"),
    ],
)
def test_layers_that_cannot_be_proved_are_refused_by_name(change, message):
    net = NETS["after"]
    given = net.layers[0]
    parts = {name: getattr(given, name) for name in ("kind", "kernel", "recurrent", "bias", "recurrent_bias", "reset")}
    with pytest.raises(NotCertifiable, match=message):
        LayeredNet((Layer(**(parts | change)),), net.readout, net.offset)


@pytest.mark.parametrize("reset", ["after", "before"])
def test_a_gru_of_this_project_is_read_by_its_model_parameters_and_its_equations_are_the_trained_layers(reset):
    module = registry.load("models", "gru")
    model = module.Params(name="gru", units=5, kernels="fused", readout="glorot_uniform", reset=reset)
    network = module.build(TaskSpec(inputs=2, outputs=2, answer="sequence"), model, (0,))
    rng = np.random.default_rng(0)
    weights = {path: rng.normal(scale=0.5, size=weight.shape).astype(np.float32) for path, weight in network.weights_of(0).items()}
    network.assign([weights])
    inputs = rng.integers(2, size=(40, 30))
    net = read(model.model_dump(), weights, 2)
    assert net.description() == {"kind": "gru", "reset": reset}
    logits = np.asarray(network(inputs[None].astype(np.int32)))[0]
    state = np.zeros((40, net.width), np.float32)
    for t in range(30):
        state, _ = net.step(state, inputs[:, t])
        np.testing.assert_allclose(net.logits(state), logits[:, t], atol=1e-5)
    for wrong in ({}, weights | {"more": weights["recurrent/bias"]}):
        with pytest.raises(NotCertifiable, match="expected the weights"):
            read(model.model_dump(), wrong, 2)
