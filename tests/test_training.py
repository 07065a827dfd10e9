"""The engine against textbooks, against Keras, and against itself."""

import keras
import numpy as np
import pytest
from keras import ops

from pipeline.core.params import StopParams, TrainingParams
from pipeline.layers.basic import Readout
from pipeline.layers.networks import CausalNetwork
from pipeline.layers.recurrent import Elman
from pipeline.layers.xla import value_of
from pipeline.training import losses, optimizers
from pipeline.training.batches import Schedule, chunks
from pipeline.training.engine import begin, program
from pipeline.training.fit import Outcome, TrainingData, fit, seed_groups

RECIPE = {
    "seeds": 2, "loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.5, "batch_size": 4, "order": "reshuffled", "steps": 60,
    "log_every": 20,
}  # fmt: skip


def recipe(**changes) -> TrainingParams:
    return TrainingParams.model_validate(RECIPE | changes)


def network(seeds: tuple[int, ...]) -> CausalNetwork:
    return CausalNetwork(
        "net", Elman("recurrent", seeds, 3, 4, "fused"), Readout("readout", seeds, 4, 3, "glorot_uniform"), 3, scalar=False, last_only=False
    )


def examples(n: int = 16, positions: int = 5) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).integers(3, size=(n, positions)).astype(np.uint8)
    return x, np.roll(x, 1, axis=1)


def trained(seeds: tuple[int, ...], params: TrainingParams, targets: np.ndarray | None = None):
    x, y = examples()
    net = network(seeds)
    data = TrainingData(x, y if targets is None else targets, [Schedule(seed, np.arange(16, dtype=np.int32)) for seed in seeds])
    curve: list[dict[str, list[float]]] = []
    outcomes = fit(net, program(net, params), data, params, lambda step, values: curve.append({"step": step, **values}))
    return net, outcomes, curve


def test_a_seed_trains_the_same_alone_and_among_others() -> None:
    together, _, curve = trained((0, 1, 2), recipe(seeds=3))
    alone, _, own_curve = trained((2,), recipe(seeds=1))
    for path, weights in alone.weights_of(2).items():
        np.testing.assert_allclose(together.weights_of(2)[path], weights, atol=1e-5)
    np.testing.assert_allclose([c["loss"][2] for c in curve], [c["loss"][0] for c in own_curve], atol=1e-5)


def test_training_twice_gives_the_same_bits() -> None:
    first, second = (trained((0, 1), recipe())[0] for _ in range(2))
    for path, weights in first.weights_of(1).items():
        np.testing.assert_array_equal(weights, second.weights_of(1)[path])


def test_training_learns() -> None:
    curve = trained((0, 1), recipe(steps=400, optimizer="adam", learning_rate=0.02))[2]
    assert max(curve[-1]["loss"]) < 0.6 * min(curve[0]["loss"])
    assert [c["step"] for c in curve] == list(range(20, 401, 20))


def test_a_seed_whose_loss_is_no_number_stops_and_the_others_go_on() -> None:
    x, y = examples()
    params = recipe(steps=40)
    net = network((0, 1))
    net.assign([net.weights_of(0), net.weights_of(1) | {"recurrent/kernel": np.full((3, 4), np.nan)}])
    data = TrainingData(x, y, [Schedule(seed, np.arange(16, dtype=np.int32)) for seed in (0, 1)])
    before = net.weights_of(1)["readout/kernel"].copy()
    outcomes = fit(net, program(net, params), data, params, lambda step, values: None)
    assert outcomes == [Outcome(40, None, None), Outcome(1, None, 0)]
    np.testing.assert_array_equal(net.weights_of(1)["readout/kernel"], before)
    assert np.isfinite(net.weights_of(0)["readout/kernel"]).all()


def test_stopping_rule_counts_successes_in_a_row() -> None:
    """One target symbol only: the error falls below the threshold and stays there, so seeds end; their weights then stand still."""
    params = recipe(stop={"max_abs_error": 0.25, "successes": 30}, steps=400, log_every=50)
    net, outcomes, curve = trained((0, 1), params, targets=np.zeros((16, 5), np.uint8))
    assert all(o.solved_at is not None and o.steps == o.solved_at + 1 for o in outcomes)
    assert curve[-1]["step"] < 400
    one_by_one = recipe(stop={"max_abs_error": 0.25, "successes": 30}, steps=400, log_every=1)
    again, same, _ = trained((0, 1), one_by_one, targets=np.zeros((16, 5), np.uint8))
    assert same == outcomes
    for path, weights in net.weights_of(1).items():
        np.testing.assert_allclose(weights, again.weights_of(1)[path], atol=1e-6)


def test_stopping_rule_is_that_of_the_post() -> None:
    """The post's own loop, on the errors of a run that is logged step by step."""
    threshold, successes = 0.25, 30
    params = recipe(stop={"max_abs_error": threshold, "successes": successes}, steps=400, log_every=1)
    x, _ = examples()
    y = np.zeros((16, 5), np.uint8)
    schedule = Schedule(0, np.arange(16, dtype=np.int32))
    solved, last_failure = None, 0
    fresh = network((0,))
    run = program(fresh, recipe(steps=400, log_every=1))
    progress = begin(fresh, params)
    for step, indices in enumerate(chunks([schedule], params, 400)):
        logits, _ = fresh.stateless_call(progress.weights, [], x[indices[0]].astype(np.int32))
        error = float(losses.max_abs_error(logits, ops.convert_to_tensor(y[indices[0]].astype(np.int32)))[0])
        keys = ops.convert_to_tensor(np.array([0], np.int32))
        progress, _ = run(progress, keys, indices, ops.convert_to_tensor(x.astype(np.int32)), ops.convert_to_tensor(y.astype(np.int32)))
        if error > threshold:
            last_failure = step
        if step - last_failure >= successes:
            solved = step
            break
    net = network((0,))
    outcome = fit(net, program(net, params), TrainingData(x, y, [schedule]), params, lambda step, values: None)[0]
    assert outcome.solved_at == solved


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("sgd", lambda: keras.optimizers.SGD(0.1)),
        ("adagrad", lambda: keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.1, epsilon=1e-20)),
        ("adam", lambda: keras.optimizers.Adam(0.1, epsilon=1e-8)),
    ],
)
def test_optimizers_agree_with_keras(name: str, reference) -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=(2, 3)).astype(np.float32)
    rule = optimizers.build(recipe(optimizer=name, learning_rate=0.1))
    weights, variable, other = [ops.convert_to_tensor(start)], keras.Variable(start), reference()
    slots = rule.start(weights)
    for step in range(5):
        gradient = ops.convert_to_tensor(rng.normal(size=(2, 3)).astype(np.float32))
        weights, slots = rule.update(weights, slots, [gradient], ops.convert_to_tensor(step))
        other.apply([gradient], [variable])
    np.testing.assert_allclose(weights[0], ops.convert_to_numpy(value_of(variable)), rtol=2e-5)


def test_gradients_are_clipped_by_element() -> None:
    """With a tiny clip every weight that moves in one step of gradient descent moves by rate times clip."""
    net = network((0,))
    before = net.weights_of(0)
    x, y = examples()
    params = recipe(seeds=1, steps=1, log_every=1, clip_value=1e-6, learning_rate=100.0)
    fit(net, program(net, params), TrainingData(x, y, [Schedule(0, np.arange(16, dtype=np.int32))]), params, lambda s, v: None)
    moved = np.concatenate([np.abs(weights - before[path]).ravel() for path, weights in net.weights_of(0).items()])
    assert moved.max() <= 1.01e-4
    assert np.median(moved) > 0.99e-4


def test_losses_by_hand() -> None:
    logits = np.log(np.array([[[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]], dtype=np.float32))[None]
    targets = np.array([[[0, 1]]], dtype=np.int32)
    np.testing.assert_allclose(losses.cross_entropy(logits, targets), [-(np.log(0.7) + np.log(0.1)) / 2], rtol=1e-5)
    np.testing.assert_allclose(losses.max_abs_error(logits, targets), [0.9], rtol=1e-5)
    label_logits, labels = np.array([[[0.0, 100.0], [0.0, 0.0]]], dtype=np.float32), np.array([[0, 1]], dtype=np.int32)
    np.testing.assert_allclose(losses.summed_cross_entropy(label_logits, labels), [-np.log(1e-10) + np.log(2)], rtol=1e-5)
    outputs = np.array([[[[1.0], [2.0]]]], dtype=np.float32)
    np.testing.assert_allclose(losses.mean_squared_error(outputs, np.array([[[0.0, 4.0]]], dtype=np.float32)), [2.5])


def test_batches_of_an_epoch_are_every_example_once() -> None:
    schedule = Schedule(0, np.arange(10, 30, dtype=np.int32))
    batches = schedule.batches(5, "reshuffled")
    first, second = ([next(batches) for _ in range(4)] for _ in range(2))
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(10, 30))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    fixed = schedule.batches(5, "fixed")
    assert np.array_equal([next(fixed) for _ in range(4)], [next(fixed) for _ in range(4)])


def test_a_stream_ends() -> None:
    stream = Schedule(0, np.arange(10, dtype=np.int32)).batches(5, "stream")
    assert len([next(stream), next(stream)]) == 2
    with pytest.raises(ValueError, match="expected a stream long enough"):
        next(stream)


def test_groups_of_seeds_cover_all() -> None:
    assert seed_groups(10, 100) == [tuple(range(10))]
    assert seed_groups(3, 4096) == [(0,), (1,), (2,)]
    assert seed_groups(5, 2048) == [(0, 1), (2, 3), (4,)]


def test_stop_params_are_checked() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        StopParams(max_abs_error=0, successes=3)
    with pytest.raises(ValueError, match="either epochs or steps"):
        recipe(epochs=3)
