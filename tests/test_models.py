"""One contract for every architecture in ``pipeline/models``: shapes, weights, save and load, steps, seeds, learning."""

import re

import numpy as np
import pytest
from keras import ops

from pipeline.certification.nets.tanh_net import PATHS
from pipeline.core import registry
from pipeline.core.examples import TaskSpec
from pipeline.experiment.training import TrainingParams
from pipeline.files import checkpoints
from pipeline.layers import basic
from pipeline.layers.networks import Network
from pipeline.layers.running import SEGMENT, free_run, predictor
from pipeline.layers.xla import BACKEND, ONE_FUNCTION_BYTES, Tensor, compiled, gradient, scan, value_of
from pipeline.training.engine.batches import Schedule
from pipeline.training.engine.data import Bucket, TrainingData
from pipeline.training.engine.fit import Architecture, fit

SYMBOLS = TaskSpec(inputs=5, outputs=5, answer="sequence")
MANY = TaskSpec(inputs=20, outputs=5, answer="sequence")
LABEL = TaskSpec(inputs=2, outputs=7, answer="label")
REALS = TaskSpec(inputs=None, outputs=None, answer="sequence")
CLASSES = TaskSpec(inputs=5, outputs=3, answer="label")
REAL_LABEL = TaskSpec(inputs=None, outputs=None, answer="label", features=2)
TAIL = TaskSpec(inputs=5, outputs=3, answer="tail")
ORDERED = TaskSpec(inputs=5, outputs=5, answer="sequence", permutation=True)
POSITIONS = ("none", "sinusoidal", "relative", "randomised")
# They write only when all has been read.
WHOLE = {"seq2seq", "pointer", "attention-content", "attention-location", *(f"transformer-{p}" for p in POSITIONS)}
NUMERIC = {"carousel", "counters-numbers"}  # the readout is one number, the nearest whole one of which is the answer
SETS = {"lstm_1997-sets"}  # the outputs are the symbols, and the answers sets of them
SERIES = {"oscillators"}  # they continue waves, and nothing else
# With scrambled weights these grow without bound, and so does what rounding does.
ROUNDING = {"oscillators": 1e-3, "relu": 1e-4}

# Each architecture with options, the kind of examples, and the number of weights that its equations give.
VARIANTS = {
    "rnn": ("simple_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1"}, SYMBOLS, 5 * 6 + 6 * 6 + 6 + 6 * 5 + 5),
    "relu": ("relu_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1"}, SYMBOLS, 5 * 6 + 6 * 6 + 6 + 6 * 5 + 5),
    "rnn-many": ("simple_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1"}, MANY, 20 * 6 + 6 * 6 + 6 + 6 * 5 + 5),
    "rnn-reals": ("simple_rnn", {"units": 6, "kernels": "stacked", "readout": "glorot_uniform"}, REALS, 1 * 6 + 6 * 6 + 6 + 6 + 1),
    "lstm": (
        "lstm", {"units": 6, "kernels": "stacked", "forget_bias": 0.0, "readout": "glorot_uniform"}, SYMBOLS,
        4 * (5 * 6 + 6 * 6 + 6) + 6 * 5 + 5,
    ),
    "lstm-label": (
        "lstm", {"units": 6, "kernels": "fused", "forget_bias": 1.0, "scalar_input": True, "readout": "truncated_normal"}, LABEL,
        4 * (1 * 6 + 6 * 6 + 6) + 6 * 7 + 7,
    ),
    "lstm-projection": (
        "lstm", {"units": 6, "kernels": "fused", "forget_bias": 1.0, "projection": True}, SYMBOLS, 4 * (5 * 6 + 5 * 6 + 6) + 6 * 5,
    ),
    "lstm-projection-reals": (
        "lstm", {"units": 6, "kernels": "fused", "forget_bias": 1.0, "projection": True}, REALS, 4 * (1 * 6 + 1 * 6 + 6) + 6 * 1,
    ),
    "seq2seq": (
        "seq2seq",
        {"units": 6, "kernels": "separate", "forget_bias": 1.0, "gates": "hard_sigmoid", "dropout_summary": 0.25, "dropout_logits": 0.5},
        SYMBOLS, 4 * (5 * 6 + 6 * 6 + 6) + 4 * (6 * 6 + 6 * 6 + 6) + 6 * 5 + 5,
    ),
    "attention-content": (
        "attention", {"units": 6, "kernels": "fused", "mechanism": "content", "readout": "uniform_0_1"}, SYMBOLS,
        (5 * 6 + 6 * 6 + 6) + (6 * 6 + 6 * 6 + 6) + 6 * 6 + 6 * 5 + 5,
    ),
    "attention-location": (
        "attention", {"units": 6, "kernels": "fused", "mechanism": "location", "readout": "uniform_0_1"}, SYMBOLS,
        (5 * 6 + 6 * 6 + 6) + (6 * 6 + 6 * 6 + 6) + (6 * 2 + 2) + 6 * 5 + 5,
    ),
    "multi_layer_rnn": (
        "multi_layer_rnn", {"layers": 3, "units": 6, "kernels": "stacked", "readout": "glorot_uniform"}, SYMBOLS,
        3 * (5 * 6 + 6 * 6 + 6 + 6 * 5 + 5),
    ),
    "lstm_1997-symbols": (
        "lstm_1997", {"blocks": 2, "size": 3, "weights": "uniform_pm_0_1", "input_gate_biases": [-2.0, -4.0]}, CLASSES,
        5 * 10 + 10 * 10 + 10 + 6 * 3 + 3,
    ),
    "lstm_1997-reals": (
        "lstm_1997", {"blocks": 2, "size": 3, "weights": "uniform_pm_0_1", "input_gate_biases": [-3.0, -6.0]}, REAL_LABEL,
        2 * 10 + 10 * 10 + 10 + 6 + 1,
    ),
    "lstm_1997-linear": (
        "lstm_1997",
        {"blocks": 2, "size": 3, "weights": "uniform_pm_0_1", "input_gate_biases": [-3.0, -6.0], "output": "linear", "recurrent": "cells"},
        REAL_LABEL, 2 * 10 + 10 * 10 + 10 + 6 + 1,
    ),
    "lstm_1997-sets": (
        "lstm_1997",
        {"blocks": 2, "size": 3, "weights": "uniform_pm_0_2", "output_gate_biases": [-1.0, -2.0], "biased": "gates", "answers": "set"},
        TaskSpec(inputs=10, outputs=2**5, answer="sequence"), 5 * 10 + 10 * 10 + 4 + 6 * 5,
    ),
    "lstm-noisy": (
        "lstm",
        {"units": 6, "kernels": "fused", "forget_bias": 1.0, "input_bias": -1.0, "gates": "hard_sigmoid", "noise": 0.05, "cell_noise": 0.05,
         "gate_noise": 0.05, "readout": "glorot_uniform"}, SYMBOLS, 4 * (5 * 6 + 6 * 6 + 6) + 6 * 5 + 5,
    ),
    "rnn-noisy": (
        "simple_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1", "noise": 0.05}, SYMBOLS, 5 * 6 + 6 * 6 + 6 + 6 * 5 + 5,
    ),
    "carousel": ("carousel", {"units": 6}, LABEL, 6 + 6 + 1),
    "differencing": ("differencing_rnn", {"units": 6, "kernels": "fused"}, REALS, 6 + 6 * 6 + 6 + 6 + 1),
    "oscillators": (
        "oscillators", {"oscillators": 3, "step": 0.3, "fastest": 3.0, "shortest_run": 1, "longest_run": 2}, REALS, 3 + 4 * 3 + 4 * 3,
    ),
    "stack_rnn": (
        "stack_rnn", {"units": 6, "kernels": "fused", "cell_size": 2, "readout": "glorot_uniform", "noise": 0.05}, SYMBOLS,
        5 * 6 + 6 * 6 + 2 * 6 + 6 + (6 * 2 + 2) + (6 * 3 + 3) + 6 * 5 + 5,
    ),
    "pushdown_rnn": (
        "pushdown_rnn", {"units": 6, "kernels": "fused", "stack_symbols": 2, "readout": "glorot_uniform", "noise": 0.05}, SYMBOLS,
        5 * 6 + 6 * 6 + 2 * 6 + 6 + (6 * 3 + 3) + (6 * 2 + 2) + 8 * 5 + 5,
    ),
    "tape_rnn": (
        "tape_rnn", {"units": 6, "kernels": "fused", "cell_size": 2, "readout": "glorot_uniform", "noise": 0.05}, SYMBOLS,
        5 * 6 + 6 * 6 + 2 * 6 + 6 + (6 * 2 + 2) + (6 * 3 + 3) + 6 * 5 + 5,
    ),
    "tape_rnn-jumps": (
        "tape_rnn", {"units": 6, "kernels": "separate", "cell_size": 2, "jumps": True, "readout": "glorot_uniform"}, TAIL,
        5 * 6 + 6 * 6 + 2 * 6 + 6 + (6 * 2 + 2) + (6 * 5 + 5) + 6 * 3 + 3,
    ),
    "pointer": (
        "pointer", {"units": 6, "kernels": "fused"}, ORDERED, (5 * 6 + 6 * 6 + 6) + (6 * 6 + 6 * 6 + 6) + 6 * 6,
    ),
    "rnn-tail": ("simple_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1"}, TAIL, 5 * 6 + 6 * 6 + 6 + 6 * 3 + 3),
    "gru": ("gru", {"units": 6, "kernels": "separate", "readout": "glorot_uniform"}, SYMBOLS, 3 * (5 * 6 + 6 * 6 + 6) + 6 + 6 * 5 + 5),
    "gru-before": (
        "gru", {"units": 6, "kernels": "fused", "reset": "before", "readout": "glorot_uniform", "noise": 0.05}, SYMBOLS,
        3 * (5 * 6 + 6 * 6 + 6) + 6 * 5 + 5,
    ),
    "counters": ("counters", {"units": 6}, CLASSES, 5 * 6 + 6 * 3 + 3),
    "counters-many": ("counters", {"units": 6}, MANY, 20 * 6 + 6 * 5 + 5),
    "counters-numbers": ("counters", {"units": 6, "numbers": True}, LABEL, 6 + 6 + 1),
    "deltanet": (
        "deltanet", {"units": 6, "heads": 2, "layers": 2}, SYMBOLS,
        (5 + 1 + 6 + 1) * (4 * 6 + 2) + 2 * (6 * 6 + 6 * 12 + 12 + 12 * 6 + 6) + 6 * 5 + 5,
    ),
    "deltanet-positive": (
        "deltanet", {"units": 6, "heads": 1, "layers": 1, "eigenvalues": "0..1"}, TAIL,
        (5 + 1) * (4 * 6 + 1) + 6 * 6 + (6 * 12 + 12 + 12 * 6 + 6) + 6 * 3 + 3,
    ),
    **{
        f"transformer-{positions}": (
            "transformer", {"units": 6, "heads": 3, "layers": 2, "positions": positions, "longest": 200}, SYMBOLS,
            5 * 6 + 2 * (4 * 6 * 6 + (6 * 24 + 24 + 24 * 6 + 6) + (positions == "relative") * (6 * 6 + 2 * 6)) + 6 * 5 + 5,
        )
        for positions in POSITIONS
    },
}  # fmt: skip


def build(variant: str, seeds: tuple[int, ...] = (0, 1, 2), **changes) -> Network:
    name, options, spec, _ = VARIANTS[variant]
    module = registry.load("models", name)
    return module.build(spec, module.Params(name=name, **options | changes), seeds)


def scramble(network: Network) -> None:
    """Give every weight its own random value, so that permuted units or mixed-up seeds show."""
    rng = np.random.default_rng(5)
    for v in network.trainable_variables:
        v.assign(rng.normal(0, 0.5, v.shape))


def inputs_for(variant: str, n: int, positions: int, seeds: int = 3) -> np.ndarray:
    rng, spec = np.random.default_rng(1), VARIANTS[variant][2]
    if spec.inputs is None:
        x = rng.normal(size=(seeds, n, positions, spec.features)).astype(np.float32)
        x = x[..., 0] if spec.features == 1 else x
    else:
        x = rng.integers(spec.inputs, size=(seeds, n, positions)).astype(np.uint8)
    return x


def test_every_architecture_is_here() -> None:
    assert {name for name, *_ in VARIANTS.values()} == set(registry.names("models"))


@pytest.mark.parametrize("variant", VARIANTS)
def test_shapes_at_two_lengths(variant: str) -> None:
    network, spec = build(variant), VARIANTS[variant][2]
    for positions in (3, 40):
        x = inputs_for(variant, 4, positions)
        outputs = np.asarray(network(x))
        width = 1 if variant in NUMERIC else 5 if variant in SETS else spec.outputs or 1
        assert outputs.shape == (3, 4, positions, width)
        assert np.isfinite(outputs).all()
        for answers in () if variant in WHOLE else (1, 2, positions):
            np.testing.assert_allclose(network(x, answers=answers), outputs[:, :, -answers:], atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_number_of_weights(variant: str) -> None:
    assert sum(v.size for v in build(variant).weights_of(1).values()) == VARIANTS[variant][3]


@pytest.mark.parametrize("variant", ["rnn", "relu"])
def test_a_gain_scales_all_initial_weights_and_no_bias(variant: str) -> None:
    drawn, scaled = (build(variant, **options).weights_of(1) for options in ({}, {"gain": 4.0}))
    for path, weights in drawn.items():
        np.testing.assert_array_equal(scaled[path], 4 * weights)
        assert weights.any() != path.endswith("bias")


def test_a_rectified_net_computes_its_equations() -> None:
    network = build("relu", (3,))
    scramble(network)
    x = inputs_for("relu", 4, 6, seeds=1)
    w, u, b, v, c = (network.weights_of(3)[path] for path in PATHS)
    h = np.zeros((4, 6))
    for t in range(6):
        h = np.maximum(0, w[x[0, :, t]] + h @ u + b)
        np.testing.assert_allclose(network(x)[0, :, t], h @ v + c, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_weights_survive_the_disk(variant: str, tmp_path) -> None:
    network, again = build(variant), build(variant)
    scramble(network)
    x = inputs_for(variant, 4, 6)
    assert not np.allclose(network(x), again(x))
    for seed in network.seeds:
        checkpoints.save(network.weights_of(seed), tmp_path / f"{seed}.npz")
    shapes = {v.path: tuple(v.shape[1:]) for v in again.trainable_variables}
    again.assign([checkpoints.load(tmp_path / f"{seed}.npz", shapes) for seed in again.seeds])
    np.testing.assert_array_equal(network(x), again(x))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_seed_is_the_same_net_alone_and_among_others(variant: str) -> None:
    together, alone = build(variant), build(variant, (2,))
    for path, weights in alone.weights_of(2).items():
        np.testing.assert_array_equal(weights, together.weights_of(2)[path])
    drawn = [path for path in together.weights_of(0) if "bias" not in path]
    assert all(not np.array_equal(together.weights_of(0)[path], together.weights_of(1)[path]) for path in drawn)


@pytest.mark.parametrize("variant", VARIANTS)
def test_seeds_do_not_mix(variant: str) -> None:
    network, alone = build(variant), build(variant, (1,))
    scramble(network)
    alone.assign([network.weights_of(1)])
    x = inputs_for(variant, 4, 6)
    together = np.asarray(network(x)[1])
    np.testing.assert_allclose(together, alone(x[1:2])[0], rtol=1e-5, atol=1e-6 * max(1, abs(together).max()))


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v not in WHOLE])
def test_whole_sequence_equals_step_by_step(variant: str) -> None:
    network = build(variant)
    scramble(network)
    x = inputs_for(variant, 4, 20)
    whole = np.asarray(network(x))
    state = network.initial_state(4)
    steps = []
    for t in range(20):
        outputs, state = network.segment(x[:, :, t : t + 1], state)
        steps.append(np.asarray(outputs))
    np.testing.assert_allclose(whole, np.concatenate(steps, axis=2), rtol=ROUNDING.get(variant, 1e-7), atol=2e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_predictions_do_not_depend_on_segments(variant: str) -> None:
    network, spec = build(variant), VARIANTS[variant][2]
    scramble(network)
    x = inputs_for(variant, 4, 2 * SEGMENT + 3)
    whole = np.asarray(network(x))
    expected = np.round(whole[..., 0]) if variant in NUMERIC else whole.argmax(-1) if spec.outputs else whole[..., 0]
    expected = whole @ 2 ** np.arange(5) if variant in SETS else expected
    predict = predictor(network, symbols=spec.outputs is not None)
    for answers in (1, 2, 3, 4, SEGMENT + 5, 2 * SEGMENT + 3):
        np.testing.assert_allclose(predict(x, answers), expected[:, :, -answers:], rtol=ROUNDING.get(variant, 1e-7), atol=2e-6)


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v not in WHOLE])
def test_what_stands_behind_an_answer_does_not_change_it(variant: str) -> None:
    """So shorter sequences of a batch may be filled up at their end with anything."""
    network = build(variant)
    scramble(network)
    x = inputs_for(variant, 6, 17)
    np.testing.assert_allclose(np.asarray(network(x))[:, :, :12], network(x[:, :, :12]), atol=1e-6)


def test_looking_symbols_up_is_multiplying_by_one_hot_vectors(monkeypatch) -> None:
    """In outputs and in gradients."""
    network = build("rnn-many")
    scramble(network)
    x = inputs_for("rnn-many", 4, 6)
    weights = [value_of(v) for v in network.trainable_variables]

    def total(weights: list[Tensor]) -> tuple[Tensor, Tensor]:
        outputs = network.stateless_call(weights, [], x)[0]
        return ops.sum(ops.square(outputs)), outputs

    (_, looked_up), gradients = gradient(total, weights)
    monkeypatch.setattr(basic, "MANY_SYMBOLS", 21)
    (_, multiplied), same_gradients = gradient(total, weights)
    np.testing.assert_allclose(looked_up, multiplied, atol=1e-6)
    for one, other in zip(gradients, same_gradients, strict=True):
        np.testing.assert_allclose(ops.convert_to_tensor(one), other, rtol=1e-4, atol=1e-5)


def test_free_run_feeds_on_itself() -> None:
    network = build("lstm-projection-reals")
    scramble(network)
    warm_up = inputs_for("lstm-projection-reals", 1, 5)
    ran = free_run(network, warm_up, 4)
    fed = np.concatenate([warm_up, ran[:, :, :-1]], axis=2)
    np.testing.assert_allclose(ran, np.asarray(network(fed))[:, :, 4:, 0], atol=2e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_batch_can_be_learnt(variant: str) -> None:
    undisturbed = {"dropout_summary": 0.0, "dropout_logits": 0.0} if variant == "seq2seq" else {}
    spec = VARIANTS[variant][2]
    rng = np.random.default_rng(3)
    x = inputs_for(variant, 8, 4, seeds=1)[0]
    if variant in NUMERIC:
        y = x.sum(axis=1, keepdims=True)
    elif variant in SERIES:
        x, y = (np.tile(np.sin(np.arange(4) + after), (8, 1)).astype(np.float32) for after in (0, 1))
    elif spec.answer == "sequence":
        y = np.sort(x) if spec.permutation else x
    else:
        y = rng.integers(spec.outputs, size=(8, 1)).astype(np.uint8) if spec.outputs else rng.uniform(size=(8, 1)).astype(np.float32)
    loss = (
        "half_squared_error"
        if variant.startswith("lstm_1997")
        else "cross_entropy"
        if spec.outputs and variant not in NUMERIC
        else "mean_squared_error"
    )
    params = TrainingParams(
        seeds=2, loss=loss, optimizer="adam", learning_rate=0.02, batch_size=8, order="fixed", steps=600, log_every=200,
    )  # fmt: skip
    losses: list[list[float]] = []
    data = TrainingData([Bucket(x, y, [Schedule(seed, np.arange(8, dtype=np.int32)) for seed in (0, 1)])])
    architecture = Architecture(lambda seeds: build(variant, seeds, **undisturbed), params)
    fit(architecture, data, log=lambda step, values: losses.append(values["loss"]))
    assert max(losses[-1]) < 0.5 * min(losses[0]), losses


def test_wrong_weights_are_refused(tmp_path) -> None:
    network = build("rnn")
    checkpoints.save({"other": np.zeros(3, np.float32)}, tmp_path / "seed-0.npz")
    with pytest.raises(checkpoints.CheckpointError, match=r"seed-0\.npz: expected the weights .* got \{'other'"):
        checkpoints.load(tmp_path / "seed-0.npz", {v.path: tuple(v.shape[1:]) for v in network.trainable_variables})
    with pytest.raises(checkpoints.CheckpointError, match="seed-1"):
        checkpoints.load(tmp_path / "seed-1.npz", {})
    whole = (tmp_path / "seed-0.npz").read_bytes()
    for damaged in (b"", b"weights", whole[:-40], whole[:60]):
        (tmp_path / "seed-0.npz").write_bytes(damaged)
        with pytest.raises(checkpoints.CheckpointError, match=r"seed-0\.npz: expected .* a damaged file; .* 'dvc checkout'"):
            checkpoints.load(tmp_path / "seed-0.npz", {"other": (3,)})


def test_dropout_is_in_training_only_and_its_own_for_each_seed_and_step() -> None:
    network, x = build("seq2seq"), inputs_for("seq2seq", 16, 4, seeds=1).repeat(3, axis=0)
    network.assign([network.weights_of(0)] * 3)
    keys = np.array([[1, 0], [2, 0], [2, 1]], dtype=np.int32)
    noisy = np.asarray(network(x, keys=keys))
    np.testing.assert_array_equal(noisy, network(x, keys=keys))
    np.testing.assert_allclose(network(x)[0], network(x)[1], atol=1e-6)
    assert not np.allclose(noisy[0], noisy[1])
    assert not np.allclose(noisy[1], noisy[2])
    # The logits' dropout is the last thing that happens: half of them are zero, to within five standard deviations.
    assert abs((noisy == 0).mean() - 0.5) < 5 * 0.5 / noisy.size**0.5


def test_a_small_loop_is_one_function_and_a_large_one_is_not() -> None:
    """What the threshold of ``layers/xla.py`` does, seen in what XLA made of a loop over ``count`` numbers at a time."""
    if BACKEND != "tensorflow":
        pytest.skip("compiled programs are looked into on TensorFlow")

    def program_of(count: int) -> str:
        def run(start: Tensor, inputs: Tensor) -> Tensor:
            return scan(lambda state, x: (ops.tanh(state * 0.5 + x),) * 2, start, inputs, inputs.shape[0])[0]

        start, inputs = ops.ones((count,)), ops.ones((30, count))
        text: str = compiled(run).experimental_get_compiler_ir(start, inputs)(stage="optimized_hlo")
        return text

    assert "xla_cpu_small_call" in program_of(1000)  # XLA's own threshold is some hundred numbers
    assert "xla_cpu_small_call" not in program_of(ONE_FUNCTION_BYTES)


def test_the_gradient_of_a_loop_copies_no_array_of_all_positions_at_each_position() -> None:
    """Else training is quadratic in length: seen in what XLA made of it, and not timed."""
    if BACKEND != "tensorflow":
        pytest.skip("compiled programs are looked into on TensorFlow")
    inputs = ops.ones((333, 2048))

    def loss(at: list[Tensor]) -> tuple[Tensor, None]:
        return ops.sum(scan(lambda state, x: (ops.tanh(state * at[0] + x),) * 2, ops.ones((2048,)), inputs, 333)[1] ** 2), None

    program: str = compiled(lambda factor: gradient(loss, [factor])).experimental_get_compiler_ir(ops.ones((2048,)))(stage="optimized_hlo")
    assert "f32[333,2048]" in program
    assert re.search(r"f32\[333,2048\]\S* copy\(%get-tuple-element", program) is None
