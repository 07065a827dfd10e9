"""The engine against textbooks, against Keras, and against itself."""

import contextlib

import keras
import numpy as np
import pytest
from keras import ops

from pipeline.core import registry
from pipeline.core.examples import IGNORE, TrainingPool
from pipeline.experiment.training import StopParams, TrainingParams
from pipeline.layers.basic import Encoding, Readout
from pipeline.layers.networks import CausalNetwork
from pipeline.layers.recurrent import Elman
from pipeline.layers.xla import gradient, value_of
from pipeline.training.engine import errors, snapshots
from pipeline.training.engine.batches import Schedule
from pipeline.training.engine.data import Bucket, TrainingData, together, turns
from pipeline.training.engine.fit import Architecture, fit, seed_groups
from pipeline.training.engine.program import begin, program
from pipeline.training.engine.runs import Observation, Outcome, Run

RECIPE = {
    "seeds": 2, "loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.5, "batch_size": 4, "order": "reshuffled", "steps": 60,
    "log_every": 20,
}  # fmt: skip


def recipe(**changes) -> TrainingParams:
    return TrainingParams.model_validate(RECIPE | changes)


def network(seeds: tuple[int, ...]) -> CausalNetwork:
    return CausalNetwork(
        "net", [(Elman("recurrent", seeds, 3, 4, "fused"), Readout("readout", seeds, 4, 3, "glorot_uniform"))], Encoding(3)
    )


def examples(n: int = 16, positions: int = 5) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).integers(3, size=(n, positions)).astype(np.uint8)
    return x, np.roll(x, 1, axis=1)


def data_for(seeds: tuple[int, ...], targets: np.ndarray | None = None) -> TrainingData:
    x, y = examples()
    return TrainingData([Bucket(x, y if targets is None else targets, [Schedule(seed, np.arange(16, dtype=np.int32)) for seed in seeds])])


def trained(seeds: tuple[int, ...], params: TrainingParams, targets: np.ndarray | None = None, **options) -> Run:
    return fit(Architecture(network, params), data_for(seeds, targets), **options)


def losses_of(run: Run, seed: int) -> list[float]:
    return [value for _, s, metric, value in run.history if (s, metric) == (seed, "loss")]


def assert_same_weights(run: Run, other: Run, seed: int, atol: float = 0.0) -> None:
    assert run.trained[seed].weights.keys() == other.trained[seed].weights.keys()
    for path, weights in run.trained[seed].weights.items():
        np.testing.assert_allclose(weights, other.trained[seed].weights[path], rtol=0, atol=atol)


def test_a_seed_trains_the_same_alone_and_among_others() -> None:
    together, alone = trained(tuple(range(10)), recipe(seeds=10)), trained((2,), recipe(seeds=1))
    assert_same_weights(together, alone, 2, atol=1e-5)
    np.testing.assert_allclose(losses_of(together, 2), losses_of(alone, 2), atol=1e-5)


def test_training_twice_gives_the_same_bits() -> None:
    first, second = (trained((0, 1), recipe()) for _ in range(2))
    assert_same_weights(first, second, 1)


def test_training_learns() -> None:
    run = trained((0, 1), recipe(steps=400, optimizer="adam", learning_rate=0.02))
    assert max(losses_of(run, s)[-1] for s in (0, 1)) < 0.6 * min(losses_of(run, s)[0] for s in (0, 1))
    assert [step for step, seed, metric, _ in run.history if (seed, metric) == (0, "loss")] == list(range(20, 401, 20))


def test_a_seed_whose_loss_is_no_number_stops_and_the_others_go_on() -> None:
    def one_broken(seeds: tuple[int, ...]) -> CausalNetwork:
        net = network(seeds)
        broken = {"recurrent/kernel": np.full((3, 4), np.nan)}
        net.assign([net.weights_of(seed) | (broken if seed == 1 else {}) for seed in seeds])
        return net

    run = fit(Architecture(one_broken, recipe(steps=40)), data_for((0, 1)))
    assert run.trained[0].outcome == Outcome(steps=40)
    assert run.trained[1].outcome == Outcome(steps=1, diverged_at=0)
    np.testing.assert_array_equal(run.trained[1].weights["readout/kernel"], network((1,)).weights_of(1)["readout/kernel"])
    np.testing.assert_allclose(
        run.trained[0].weights["readout/kernel"], trained((0,), recipe(steps=40)).trained[0].weights["readout/kernel"], atol=1e-5
    )
    assert losses_of(run, 1) == []


def test_a_seed_whose_weights_would_be_no_numbers_keeps_the_last_that_were() -> None:
    run = trained((0, 1), recipe(steps=40, learning_rate=3e38))
    for ended in run.trained.values():
        assert ended.outcome.diverged_at is not None
        assert all(np.isfinite(weights).all() for weights in ended.weights.values())


SOLVABLE = np.zeros((16, 5), np.uint8)  # one target symbol only: the error falls below the threshold and stays there
STOPPING = {"stop": {"max_abs_error": 0.25, "successes": 30}, "steps": 400}


def test_stopping_rule_counts_successes_in_a_row() -> None:
    run = trained((0, 1), recipe(**STOPPING, log_every=50), SOLVABLE)
    assert all(t.outcome.solved_after is not None and t.outcome.steps == t.outcome.solved_after for t in run.trained.values())
    again = trained((0, 1), recipe(**STOPPING, log_every=1), SOLVABLE)
    assert [run.trained[s].outcome for s in (0, 1)] == [again.trained[s].outcome for s in (0, 1)]
    for seed in (0, 1):
        assert_same_weights(run, again, seed, atol=1e-6)


def test_a_rule_that_is_met_at_once_is_met_after_as_many_steps_as_it_asks_for() -> None:
    """One step is no success, since the count of successes begins with the step after: with n of them in a row, n + 1 steps are done."""
    rule = {"max_abs_error": 1.0, "successes": 7}
    outcome = trained((0,), recipe(seeds=1, steps=40, log_every=40, stop=rule), SOLVABLE).trained[0].outcome
    assert (outcome.solved_after, outcome.steps) == (8, 8)


def test_a_program_ends_with_its_last_seed() -> None:
    run = trained((0, 1), recipe(**STOPPING, log_every=400), SOLVABLE)
    assert run.done == max(t.outcome.steps for t in run.trained.values()) < 400


def test_seeds_that_have_ended_leave_the_program() -> None:
    """One seed learns what can be solved, three what cannot; from when the rule is met on, the program holds the others alone."""
    sizes: list[tuple[int, int]] = []

    def observe(net: CausalNetwork, step: int) -> Observation:
        sizes.append((step, len(net.seeds)))
        return Observation({})

    x, _ = examples()
    # Examples 0 to 15 have the answer 0 everywhere, 16 to 31 answers that no net can know.
    noise = np.random.default_rng(2).integers(3, size=x.shape).astype(np.uint8)
    halves = {seed: np.arange(16, dtype=np.int32) + (16 if seed == 3 else 0) for seed in range(4)}
    bucket = Bucket(np.concatenate([x, x]), np.concatenate([SOLVABLE, noise]), [Schedule(s, e) for s, e in halves.items()])
    data = TrainingData([bucket])
    run = fit(Architecture(network, recipe(seeds=4, **STOPPING, log_every=50)), data, observe)
    assert run.trained[3].outcome == Outcome(steps=400)
    ended = max(run.trained[seed].outcome.steps for seed in range(3))
    assert ended < 350
    assert {size for step, size in sizes if step > ended + 50} == {1}
    lone = TrainingData([Bucket(bucket.inputs, bucket.targets, bucket.schedules[3:])])
    assert_same_weights(run, fit(Architecture(network, recipe(seeds=1, **STOPPING, log_every=50)), lone), 3, atol=1e-3)


def test_mean_loss_is_part_of_the_rule_where_it_is_asked_for() -> None:
    lenient = trained((0,), recipe(**STOPPING), SOLVABLE).trained[0].outcome.solved_after - 1
    rule = STOPPING["stop"] | {"mean_loss": 0.02}
    strict = trained((0,), recipe(stop=rule, steps=400), SOLVABLE).trained[0].outcome.solved_after - 1
    one_by_one = trained((0,), recipe(stop=rule, steps=400, log_every=1), SOLVABLE)
    assert lenient < strict
    last_failure = lenient - 30
    curve = losses_of(one_by_one, 0)
    mean = {step: np.mean(curve[last_failure + 1 : step + 1]) for step in range(lenient, strict + 1)}
    assert min(step for step, value in mean.items() if value < 0.02) == strict


def test_stopping_rule_is_that_of_the_post() -> None:
    """The post's own loop, on the errors of a run that is made step by step."""
    threshold, successes = 0.25, 30
    params = recipe(stop={"max_abs_error": threshold, "successes": successes}, steps=400, log_every=1)
    x, _ = examples()
    schedule = Schedule(0, np.arange(16, dtype=np.int32))
    solved, last_failure = None, 0
    fresh = network((0,))
    run = program(fresh, recipe(steps=400, log_every=1), 400)
    progress = begin(fresh, params)
    inputs, targets, keys = (ops.convert_to_tensor(v.astype(np.int32)) for v in (x, SOLVABLE, np.zeros(1)))
    for step, batch in zip(range(400), schedule.batches(params.batch_size, params.order), strict=False):
        logits, _ = fresh.stateless_call(progress.weights, [], x[batch][None].astype(np.int32))
        answers = ops.convert_to_tensor(SOLVABLE[batch][None].astype(np.int32))
        error = float(errors.max_abs_error(params)(logits, answers)[0])
        progress, _ = run(progress, keys, ops.convert_to_tensor(batch[None, None]), inputs, targets)
        if error > threshold:
            last_failure = step
        if step - last_failure >= successes:
            solved = step
            break
    assert trained((0,), params, SOLVABLE).trained[0].outcome.solved_after == solved + 1


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("chunks", [1, 3, 7])
def test_a_run_that_was_interrupted_goes_on_to_the_same_bits(chunks: int, tmp_path) -> None:
    """Also where seeds have left the program, and in the optimizer's memory and the order of the examples."""
    options = {"optimizer": "adam", "learning_rate": 0.02, "log_every": 20, "seeds": 3}
    params = recipe(**options, stop={"max_abs_error": 0.5, "successes": 25}, steps=200, keep_weights=True)
    targets = SOLVABLE.copy()
    whole = trained((0, 1, 2), params, targets)
    left = iter(range(chunks))

    def keep(run: Run) -> None:
        snapshots.save(run, tmp_path / "run.npz")
        if next(left, None) is None:
            raise Interrupted

    with contextlib.suppress(Interrupted):
        trained((0, 1, 2), params, targets, keep=keep)
    resumed = snapshots.load(tmp_path / "run.npz", network((0, 1, 2)), params)
    ended = trained((0, 1, 2), params, targets, run=resumed)
    assert ended.history == whole.history
    for seed in (0, 1, 2):
        assert ended.trained[seed].outcome == whole.trained[seed].outcome
        assert_same_weights(whole, ended, seed)
        assert list(ended.kept[seed]) == list(whole.kept[seed])
        for step, weights in whole.kept[seed].items():
            assert weights.keys() == ended.kept[seed][step].keys()
            assert all(np.array_equal(values, ended.kept[seed][step][path]) for path, values in weights.items())


def test_kept_weights_are_those_of_a_training_that_ends_there() -> None:
    run = trained((0, 1), recipe(steps=60, keep_weights=True))
    for seed in (0, 1):
        assert list(run.kept[seed]) == [20, 40, 60] == [step for step, s, metric, _ in run.history if (s, metric) == (seed, "loss")]
        for steps in (20, 40, 60):
            shorter = trained((0, 1), recipe(steps=steps))
            assert not shorter.kept
            assert run.kept[seed][steps].keys() == shorter.trained[seed].weights.keys()
            assert all(np.array_equal(values, shorter.trained[seed].weights[path]) for path, values in run.kept[seed][steps].items())


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
    rule = registry.load("training.optimizers", name).build(recipe(optimizer=name).epsilon)
    weights, variable, other = [ops.convert_to_tensor(start)], keras.Variable(start), reference()
    slots = rule.start(weights)
    for step in range(5):
        gradient = ops.convert_to_tensor(rng.normal(size=(2, 3)).astype(np.float32))
        weights, slots = rule.update(weights, slots, [gradient], ops.convert_to_tensor(step), 0.1)
        other.apply([gradient], [variable])
    np.testing.assert_allclose(weights[0], ops.convert_to_numpy(value_of(variable)), rtol=2e-5)


def test_gradients_are_clipped_by_element() -> None:
    """With a tiny clip every weight that moves in one step of gradient descent moves by rate times clip."""
    before = network((0,)).weights_of(0)
    run = trained((0,), recipe(seeds=1, steps=1, log_every=1, clip_value=1e-6, learning_rate=100.0))
    moved = np.concatenate([np.abs(weights - before[path]).ravel() for path, weights in run.trained[0].weights.items()])
    assert moved.max() <= 1.01e-4
    assert np.median(moved) > 0.99e-4


def test_losses_by_hand() -> None:
    logits = np.log(np.array([[[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]], dtype=np.float32))[None]
    targets = np.array([[[0, 1]]], dtype=np.int32)
    chosen = recipe()
    np.testing.assert_allclose(errors.loss(chosen)(logits, targets), [-(np.log(0.7) + np.log(0.1)) / 2], rtol=1e-5)
    np.testing.assert_allclose(errors.max_abs_error(chosen)(logits, targets), [0.9], rtol=1e-5)
    label_logits, labels = np.array([[[[0.0, 100.0]], [[0.0, 0.0]]]], dtype=np.float32), np.array([[[0], [1]]], dtype=np.int32)
    summed = errors.loss(recipe(loss="summed_cross_entropy"))
    np.testing.assert_allclose(summed(label_logits, labels), [-np.log(1e-10) + np.log(2)], rtol=1e-5)
    outputs, exact = np.array([[[[1.0], [2.0]]]], dtype=np.float32), np.array([[[0.0, 4.0]]], dtype=np.float32)
    np.testing.assert_allclose(errors.loss(recipe(loss="mean_squared_error"))(outputs, exact), [2.5])
    np.testing.assert_allclose(errors.loss(recipe(loss="mean_absolute_error"))(outputs, exact), [1.5])
    two = np.array([[[[0.2, 0.9]], [[0.6, 0.4]]]], dtype=np.float32)  # two sequences, labels of two symbols
    half = recipe(loss="half_squared_error")
    np.testing.assert_allclose(errors.loss(half)(two, labels), [(0.8**2 + 0.9**2 + 0.6**2 + 0.6**2) / 4], rtol=1e-5)
    np.testing.assert_allclose(errors.max_abs_error(half)(two, labels), [0.9], rtol=1e-5)
    sets = errors.loss(recipe(loss="half_squared_error_of_sets"))
    np.testing.assert_allclose(sets(two, np.array([[[0b10], [0b11]]])), [(0.2**2 + 0.1**2 + 0.4**2 + 0.6**2) / 4], rtol=1e-5)
    reals = np.array([[[0.5], [0.4]]], dtype=np.float32)
    np.testing.assert_allclose(errors.loss(half)(two[..., :1], reals), [(0.3**2 + 0.2**2) / 4], rtol=1e-5)


@pytest.mark.parametrize("loss", registry.names("training.losses"))
def test_answers_that_are_not_scored_count_in_no_loss_gradient_or_error(loss: str) -> None:
    """With targets of IGNORE or NaN in between, a loss is that of the scored answers alone, and so are its gradients."""
    rng, params = np.random.default_rng(0), recipe(loss=loss)
    reals = registry.load("training.losses", loss).LOSS.of == "reals"
    outputs = rng.normal(size=(2, 3, 4, 1 if reals else 3)).astype(np.float32)
    targets = rng.normal(size=(2, 3, 4)).astype(np.float32) if reals else rng.integers(3, size=(2, 3, 4)).astype(np.int32)
    known = np.array([True, False, True, False])
    some = np.where(known, targets, np.float32(np.nan) if reals else np.int32(IGNORE))
    for make in (errors.loss, errors.max_abs_error):

        def value(at: list, make=make) -> tuple:
            answers = make(params, False)(at[0], ops.convert_to_tensor(some))
            return ops.sum(answers), answers

        (_, masked), slopes = gradient(value, [ops.convert_to_tensor(outputs)])
        alone = make(params, True)(ops.convert_to_tensor(outputs[:, :, known]), ops.convert_to_tensor(targets[:, :, known]))
        np.testing.assert_allclose(masked, alone, rtol=1e-5)
        assert np.isfinite(slopes[0]).all()
        assert not np.asarray(slopes[0])[:, :, ~known].any()
        assert np.asarray(slopes[0])[:, :, known].any()


def test_a_range_of_lengths_is_trained_in_buckets_and_resumed_to_the_same_bits(tmp_path) -> None:
    """Two buckets take turns in an order that does not depend on where training was interrupted; both are learnt from."""
    rng = np.random.default_rng(0)
    short, long = (rng.integers(3, size=(16, positions)).astype(np.uint8) for positions in (3, 6))
    schedules = [Schedule(seed, np.arange(16, dtype=np.int32)) for seed in (0, 1)]
    data = TrainingData([Bucket(x, np.roll(x, 1, axis=1)[:, 1:], schedules) for x in (short, long)])
    params = recipe(optimizer="adam", learning_rate=0.02, steps=70, log_every=35)

    def keep(run: Run) -> None:
        snapshots.save(run, tmp_path / f"{run.done}.npz")

    whole = fit(Architecture(network, params), data, keep=keep)
    resumed = fit(Architecture(network, params), data, run=snapshots.load(tmp_path / "35.npz", network((0, 1)), params))
    assert whole.history == resumed.history
    for seed in (0, 1):
        assert_same_weights(whole, resumed, seed)
    assert whole.done == 70
    steps = list(turns(data, 0, 1000))
    assert sum(count for _, count in steps) == 1000
    assert {bucket for bucket, _ in steps} == {0, 1}
    parts = [*turns(data, 0, 333), *turns(data, 333, 667)]
    assert [bucket for bucket, count in steps for _ in range(count)] == [bucket for bucket, count in parts for _ in range(count)]


def test_examples_of_several_lengths_in_one_bucket_keep_their_answers() -> None:
    """Aligned so that a causal net's answers stand where they stood; what is filled in is not scored."""
    pools = [
        TrainingPool(np.full((2, 4), n, np.uint8), np.full((2, answers), n, np.uint8)) if positions == 4
        else TrainingPool(np.full((1, positions), n, np.uint8), np.full((1, answers), n, np.uint8))
        for n, positions, answers in ((1, 4, 2), (2, 6, 3))
    ]  # fmt: skip
    inputs, targets = together(pools)
    assert inputs.tolist() == [[1, 1, 1, 1, 0, 0]] * 2 + [[2] * 6]
    assert targets.tolist() == [[1, 1, IGNORE, IGNORE]] * 2 + [[IGNORE, 2, 2, 2]]
    reals = together([TrainingPool(np.ones((1, n, 2), np.float32), np.ones((1, 1), np.float32)) for n in (2, 3)])
    assert reals[0].shape == (2, 3, 2)
    np.testing.assert_array_equal(reals[1], [[1, np.nan], [np.nan, 1]])


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
    assert seed_groups(10, 100, 1) == [tuple(range(10))]
    assert seed_groups(10, 100, 2) == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)]
    assert seed_groups(5, 32, 2) == [(0, 1, 2), (3, 4)]
    assert seed_groups(1, 32, 2) == [(0,)]
    assert seed_groups(3, 4096, 2) == [(0,), (1,), (2,)]
    assert seed_groups(5, 2048, 1) == [(0, 1), (2, 3), (4,)]


def test_stop_params_are_checked() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        StopParams(max_abs_error=0, successes=3)
    with pytest.raises(ValueError, match="either epochs or steps"):
        recipe(epochs=3)
