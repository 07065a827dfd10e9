"""The tasks of the study of 1997 that build on others, as the paper describes them."""

import numpy as np
import paper_tasks as paper
import pytest
from pydantic import ValidationError

from pipeline.core import registry
from pipeline.core.examples import scored
from pipeline.core.task import Task
from pipeline.jobs.train import WATCHED
from pipeline.models.lstm_1997 import Params
from pipeline.tasks.reber_successors import SYMBOLS
from pipeline.trained import build


def make(name: str, **changes: object) -> Task:
    kind = registry.load("tasks", name).TASK
    return kind(kind.Params(**(paper.PARAMS[name] | changes)))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("length", "places"), [(100, [(10, 20), (33, 43), (66, 76)]), (39, [(3, 7), (13, 16), (26, 29)]), (10, [(1, 2), (3, 4), (6, 7)])]
)
def test_three_marks_are_where_the_paper_puts_them(length: int, places: list[tuple[int, int]]) -> None:
    task, n = make("temporal_order_three"), 8000
    inputs = task.sample(rng(), n, length)
    rows, found = (inputs >= 6).nonzero()
    assert np.bincount(rows, minlength=n).tolist() == [3] * n
    for mark, (low, high) in zip(found.reshape(n, 3).T, places, strict=True):
        counts = np.bincount(mark, minlength=high + 1)
        assert not counts[:low].any()
        assert counts[low:].min() > 0.7 * n / (high - low + 1)
    others = np.bincount(inputs[inputs < 6], minlength=6)[2:]
    np.testing.assert_allclose(others / others.sum(), 0.25, atol=0.01)
    classes = task.oracle(inputs)
    np.testing.assert_allclose(np.bincount(classes[scored(classes)], minlength=8) / n, 1 / 8, atol=0.02)


def test_factors_are_uniform_between_0_and_1() -> None:
    inputs = make("multiplication").sample(rng(), 2000, 100)
    share, _ = np.histogram(inputs[:, :100, 0], bins=4, range=(0, 1))
    np.testing.assert_allclose(share / share.sum(), 0.25, atol=0.01)
    assert inputs[..., 0].min() == 0  # behind the ends


def test_a_hidden_factor_counts_as_one() -> None:
    pairs = np.array([[[0.9, -1], [0.4, 1], [0.7, 0], [0.8, -1]]], dtype=np.float32)
    assert make("multiplication").oracle(pairs) == pytest.approx(0.4)


def test_first_elements_tell_the_class_and_all_others_are_noise() -> None:
    inputs = make("two_sequence", telling=3).sample(rng(), 4000, 100)
    np.testing.assert_array_equal(inputs[:, :3], np.repeat(inputs[:, :1], 3, axis=1))
    assert set(inputs[:, 0].tolist()) == {-1.0, 1.0}
    assert abs(inputs[:, 0].mean()) < 0.06
    noise = inputs[:, 3:100]
    assert noise.mean() == pytest.approx(0, abs=0.005)
    assert noise.var() == pytest.approx(0.2, rel=0.02)


def test_noise_hides_the_class_as_often_as_in_the_paper() -> None:
    """Inputs and targets have the distribution of a class drawn first: among targets of 1 the element has mean 1 and variance 0.2."""
    (pool,) = make("two_sequence_noise", training_examples=40_000, length=10, test_lengths=[10]).training_pools().values()
    classes = np.nansum(pool.targets, axis=1)
    for target, mean in ((1, 1), (0, -1)):
        first = pool.inputs[classes == target, 0]
        assert first.mean() == pytest.approx(mean, abs=0.015)
        assert first.var() == pytest.approx(0.2, rel=0.05)
        assert (first * mean < 0).mean() == pytest.approx(0.0127, abs=0.003)


def test_noisy_targets_have_the_exact_ones_as_their_means() -> None:
    task = make("two_sequence_targets", training_examples=20_000, length=10, test_lengths=[10])
    (pool,) = task.training_pools().values()
    noise = pool.targets - task.oracle(pool.inputs)
    assert np.nanmean(noise) == pytest.approx(0, abs=0.01)
    assert np.nanvar(noise) == pytest.approx(0.1, rel=0.05)


def test_no_length_is_all_class() -> None:
    with pytest.raises(ValidationError, match="telling of less than 4 \\(the least of length and test_lengths\\), got 4"):
        make("two_sequence", telling=4, test_lengths=[4, 100])


@pytest.mark.parametrize(("length", "mean"), [(100, 9.0), (10, 9.0 - 11 * 0.9**11 / (1 - 0.9**11))])
def test_very_long_sequences_end_as_often_as_in_the_paper(length: int, mean: float) -> None:
    """Beyond the q-th distractor each further one comes with nine tenths; no more than q are drawn."""
    task, n = make("very_long_lag"), 20_000
    inputs = task.sample(rng(), n, length)
    counts = np.array([task.length_of(row) for row in inputs])
    assert (counts.min(), counts.max() <= 2 * length) == (length, True)
    assert (counts - length).mean() == pytest.approx(mean, abs=0.3)
    assert (inputs[:, 0] == 51).all()
    assert (inputs[:, 1] == 53).mean() == pytest.approx(0.5, abs=0.02)
    distractors = inputs[:, 2 : length + 2]
    np.testing.assert_allclose(np.bincount(distractors.ravel(), minlength=50) / distractors.size, 1 / 50, rtol=0.1)


# --- experiment 1 -----------------------------------------------------------------------------------------------------------------


def reber() -> Task:
    return make("reber_successors", training_sets=3, training_examples=256, test_examples=256)


def test_either_of_two_ways_is_taken_as_often() -> None:
    """Strings have 12 symbols on average, and of two symbols that may follow each does in half of all cases."""
    inputs = make("reber_successors").sample(rng(), 4000, 60)
    targets = reber().oracle(inputs)
    assert (scored(targets).sum(axis=1) + 1).mean() == pytest.approx(12, abs=0.2)
    after = np.roll(inputs % 7, -1, axis=1)
    for pair in ("TP", "SX", "TV", "PV"):
        there = targets == sum(2 ** SYMBOLS.index(symbol) for symbol in pair)
        assert set(after[there].tolist()) == {SYMBOLS.index(symbol) for symbol in pair}
        assert (after[there] == SYMBOLS.index(pair[0])).mean() == pytest.approx(0.5, abs=0.03)


def test_an_input_asks_for_as_many_symbols_as_may_follow() -> None:
    inputs = reber().sample(rng(), 500, 30)
    targets = reber().oracle(inputs)
    np.testing.assert_array_equal((inputs // 7 + 1)[scored(targets)], np.bitwise_count(targets[scored(targets)]))


def test_a_net_is_watched_on_all_strings_with_exact_answers_and_trained_on_its_own_set_alone() -> None:
    """The engine asks a net about the first so many examples of a pool that keeps none for validation."""
    task = reber()
    (pool,) = task.training_pools().values()
    assert pool.validation == 0
    np.testing.assert_array_equal(pool.targets[:WATCHED], task.oracle(pool.inputs[:WATCHED]))
    assert pool.order is not None
    sets = [{row.tobytes() for row in pool.inputs[start : start + 256]} for start in range(0, WATCHED, 256)]
    assert not sets[3] & (sets[0] | sets[1] | sets[2])
    for trial, order in enumerate(pool.order):
        assert order.min() >= WATCHED
        assert {row.tobytes() for row in pool.inputs[order]} <= sets[trial % 3]


def test_a_stream_has_the_symbols_of_each_string_in_turn_and_the_one_that_follows_as_target() -> None:
    (pool,) = make("reber_successors", symbols=200).training_pools().values()
    assert pool.order is not None
    inputs, targets = pool.inputs[pool.order[0]] % 7, pool.targets[pool.order[0]]
    places = scored(targets).argmax(axis=1)
    assert (scored(targets).sum(axis=1) == 1).all()
    assert set(np.diff(places)[places[1:] > 0].tolist()) == {1}
    last = np.append(places[1:] == 0, False)
    for row, place, target in zip(inputs[~last], places[~last], targets[~last], strict=True):
        assert 2 ** int(row[place + 1]) == target[place]
    assert set(targets[last, places[last]].tolist()) == {2 ** SYMBOLS.index("E")}


def test_a_net_answers_with_its_most_active_outputs_and_does_not_see_how_many_are_asked_for() -> None:
    task = reber()
    params = Params(name="lstm_1997", blocks=2, size=2, weights="uniform_pm_0_2", biased="gates", answers="set")
    network = build(task, params, 30, (0, 1))
    inputs = np.stack([task.sample(rng(), 20, 30)] * 2).astype(np.int32)
    active = np.asarray(network(inputs, keys=np.zeros((2, 2), np.int32)))
    np.testing.assert_array_equal(active, np.asarray(network(inputs % 7, keys=np.zeros((2, 2), np.int32))))
    answered = np.asarray(network.answers(network(inputs), symbols=True))
    ranked = np.argsort(-active, axis=-1)
    expected = 2 ** ranked[..., 0] + np.where(inputs >= 7, 2 ** ranked[..., 1], 0)
    np.testing.assert_array_equal(answered, expected)


def test_sets_are_asked_of_tasks_that_have_them() -> None:
    params = Params(name="lstm_1997", blocks=1, size=1, weights="uniform_pm_0_2", answers="set")
    with pytest.raises(ValueError, match="expected sets of input symbols for the answers 'set', got 8 inputs and 8 outputs"):
        build(make("temporal_order_three"), params, 100, (0,))
