"""The sweep scores functions: an oracle gets 1, a constant gets chance, whatever the task."""

from typing import Any

import numpy as np
import pytest

from pipeline.config import settings
from pipeline.core import metrics
from pipeline.core.examples import IGNORE
from pipeline.evaluation import chance, linear_forecast
from pipeline.evaluation.sweep import CHANCES, Case, score, summarise, sweep
from pipeline.files.scores import Score

SEEDS = (0, 1, 2)
TASKS = {name: task for name, task in settings.read().tasks.items() if task.spec(10).outputs is not None}


def case(name: str, length: int = 10, n: int = 4000) -> Case:
    task = TASKS[name]
    inputs = task.sample(np.random.default_rng(0), n, length)
    return Case("random", length, inputs, task.oracle(inputs), symbols=True, in_range=True)


@pytest.mark.parametrize("name", TASKS)
def test_an_oracle_is_perfect(name: str) -> None:
    def oracle(inputs: np.ndarray, answers: int) -> np.ndarray:
        return np.stack([TASKS[name].oracle(one) for one in inputs])

    rows = sweep(oracle, [case(name), case(name, 12, 50)], SEEDS)
    assert {row.value for row in rows} == {1.0}
    assert len(rows) == 2 * 2 * len(SEEDS)
    assert {share["share"] for families in summarise(rows).values() for share in families["random"].values()} == {1.0}


# By hand: answers, and what the best constant gets of their symbols and of them whole.
HIDDEN = [[1, IGNORE, 0], [IGNORE, IGNORE, 1], [IGNORE, 1, 1]]
BEST = [
    ([[0, 1], [0, 2], [3, 1], [0, 1]], 6 / 8, 2 / 4),
    ([[5]], 1.0, 1.0),
    (HIDDEN, 4 / 5, 1 / 3),  # places are those among the scored answers: 1, 1, 1 come first, 0 and 1 second
]


@pytest.mark.parametrize(("targets", "tokens", "whole"), BEST)
def test_chance_is_the_best_constant(targets: list[list[int]], tokens: float, whole: float) -> None:
    assert chance.of_tokens(np.array(targets)) == pytest.approx(tokens)
    assert chance.of_sequences(np.array(targets)) == pytest.approx(whole)


def test_chance_of_counting_ten_bits_is_that_of_the_commonest_count() -> None:
    every = (np.arange(1024)[:, None] >> np.arange(10) & 1).astype(np.uint8)
    one = Case("random", 10, every, TASKS["count_ones"].oracle(every), symbols=True, in_range=True)
    assert {row.baseline for row in score(one, np.full((1, 1024, 1), 5), (0,))} == {round(252 / 1024, 6)}
    assert {row.value for row in score(one, np.full((1, 1024, 1), 5), (0,))} == {round(252 / 1024, 9)}


@pytest.mark.parametrize("name", TASKS)
def test_no_constant_beats_chance(name: str) -> None:
    """Each answer of the test set in turn, given to every input, whole and symbol by symbol; a label wherever an input may end."""
    one = case(name, n=60)
    label = one.targets.max(axis=1, keepdims=True)
    answers = np.where(one.targets == IGNORE, label, one.targets) if IGNORE in one.targets.astype(int) else one.targets
    constants = np.broadcast_to(answers[:, None], (len(answers), *answers.shape))
    best = {metric: max(row.value for row in score(one, constants, range(60)) if row.metric == metric) for metric in CHANCES}
    levels = {row.metric: row.baseline for row in score(one, constants, range(60))}
    assert best["sequence_accuracy"] == pytest.approx(levels["sequence_accuracy"], abs=1e-5)
    assert best["token_accuracy"] <= levels["token_accuracy"] + 1e-5


def test_chance_of_reals_is_the_constant_that_most_sequences_allow() -> None:
    targets = np.array([[0.1, np.nan], [np.nan, 0.17], [0.5, np.nan], [0.9, np.nan], [np.nan, 0.18]])
    assert chance.within(0.04, targets) == 3 / 5
    assert chance.within(0.039, targets) == 2 / 5
    assert chance.within(0.04, np.array([[0.1, 0.1], [0.1, 0.9]])) == 1 / 2


def test_each_seeds_own_examples_have_their_own_chance() -> None:
    targets = np.array([[[1], [1]], [[1], [2]]])
    one = Case("held_out", 1, targets, targets, symbols=True, in_range=True, per_seed=True)
    assert {row.baseline for row in score(one, targets, (0, 1))} == {0.75}


def test_one_wrong_symbol_costs_a_token_and_a_sequence() -> None:
    targets = np.arange(12).reshape(1, 3, 4)
    outputs = targets.copy()
    outputs[0, 1, 2] = 99
    assert metrics.token_accuracy(outputs, targets).tolist() == [11 / 12]
    assert metrics.sequence_accuracy(outputs, targets).tolist() == [2 / 3]
    assert metrics.sequence_accuracy(np.array([[[1], [2]], [[1], [1]]]), np.array([[1], [2]])).tolist() == [1.0, 0.5]


def test_errors_of_reals_are_held_against_persistence() -> None:
    inputs, targets = np.array([[1.0, 2.0, 4.0]]), np.array([[2.0, 4.0, 8.0]])
    one = Case("windows", 3, inputs, targets, symbols=False, in_range=True, series=True)
    perfect, off = score(one, np.stack([targets, targets + np.array([3.0, 0.0, 0.0])]), (0, 1))
    assert (perfect.value, off.value) == (0.0, pytest.approx(3**0.5, abs=1e-6))
    assert perfect.baseline == pytest.approx(((1 + 4 + 16) / 3) ** 0.5, rel=1e-5)


def test_a_free_run_is_held_against_the_last_value_read() -> None:
    one = Case("free_run", 4, np.array([[5.0, 2.0]]), np.array([[2.0, 3.0, 2.0, 3.0]]), symbols=False, in_range=False, series=True)
    assert score(one, np.zeros((1, 1, 4)), (0,))[0].baseline == pytest.approx(0.5**0.5, rel=1e-5)


def test_series_are_also_held_against_a_linear_forecast() -> None:
    """A forecast of order 2 continues a straight line; it is scored where it has the values it needs, and so is the net."""
    inputs = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0]])
    targets = np.array([[2.0, 3.0, 4.0, 5.0], [4.0, 6.0, 8.0, 11.0]])
    forecast = linear_forecast.fit(inputs, 2 * inputs - np.roll(inputs, 1, axis=1), 2)
    np.testing.assert_allclose(forecast.weights, [-1, 2], atol=1e-9)
    outputs = np.stack([targets + np.array([9.0, 0.0, 0.0, 3.0])])
    rows = {
        row.metric: row
        for row in score(Case("windows", 4, inputs, targets, False, True, series=True), outputs, (0,), {"rmse_from_2": forecast})
    }
    assert rows["rmse_from_2"].value == pytest.approx((18 / 6) ** 0.5, abs=1e-6)
    assert rows["rmse_from_2"].baseline == pytest.approx((1 / 6) ** 0.5, rel=1e-5)
    assert rows["rmse"].value == pytest.approx((180 / 8) ** 0.5, abs=1e-6)


def test_eight_values_determine_the_next_of_the_curve() -> None:
    task = settings.read().tasks["curve"]
    (pool,) = task.training_pools().values()
    forecast = linear_forecast.fit(pool.inputs, pool.targets, 8)
    beyond = next(test for test in task.test_sets({}) if test.family == "extrapolation")
    persistence = metrics.persistence_rmse(beyond.inputs, beyond.targets)
    assert metrics.rmse(forecast(beyond.inputs)[None], beyond.targets[:, 7:])[0] < 0.02 * persistence


def test_real_labels_are_held_against_their_mean_and_counted_within_the_tolerance() -> None:
    targets = np.array([[0.2], [0.4], [0.6], [0.8]])
    one = Case("random", 3, np.zeros((4, 3, 2)), targets, symbols=False, in_range=True, tolerance=0.05)
    outputs = np.stack([targets + 0.04, targets + np.array([[0.0], [0.06], [0.0], [0.0]])])
    rows = sweep(lambda inputs, answers: outputs, [one], (0, 1))
    assert [(r.metric, r.value) for r in rows] == [
        ("rmse", 0.04), ("rmse", 0.03), ("sequence_accuracy", 1.0), ("sequence_accuracy", 0.75)
    ]  # fmt: skip
    assert rows[0].baseline == pytest.approx(np.std(targets), rel=1e-5)
    assert rows[2].baseline == 0.25  # no two lie within a tenth of each other
    assert rows[0].sequences == 4


def test_answers_that_are_not_scored_count_neither_as_right_nor_as_wrong() -> None:
    targets = np.array([[1, IGNORE, 0], [IGNORE, IGNORE, 1]])
    outputs = np.array([[[1, 9, 0], [9, 9, 0]], [[0, 9, 0], [9, 9, 1]]])
    assert metrics.token_accuracy(outputs, targets).tolist() == [2 / 3, 2 / 3]
    assert metrics.sequence_accuracy(outputs, targets).tolist() == [0.5, 0.5]
    one = Case("random", 3, np.zeros((2, 3)), targets, symbols=True, in_range=True)
    assert {row.metric: row.baseline for row in score(one, outputs, (0, 1))} == {"token_accuracy": 1.0, "sequence_accuracy": 0.5}
    reals = np.array([[np.nan, 1.0], [2.0, np.nan]])
    guesses = np.array([[[7.0, 1.0], [2.5, 7.0]]])
    assert metrics.rmse(guesses, reals).tolist() == [pytest.approx((0.25 / 2) ** 0.5)]
    assert metrics.accuracy_within(0.1, guesses, reals).tolist() == [0.5]


def test_each_seed_may_have_its_own_examples() -> None:
    inputs = np.arange(6, dtype=np.uint8).reshape(3, 1, 2)
    one = Case("held_out", 2, inputs, inputs, symbols=True, in_range=True, per_seed=True)
    assert {row.value for row in sweep(lambda x, answers: x, [one], SEEDS)} == {1.0}
    reals = Case("held_out", 2, inputs, inputs[..., -1:] / 4, symbols=False, in_range=True, per_seed=True, tolerance=0.1)
    assert {row.metric: row.value for row in sweep(lambda x, answers: x[..., -1:] / 4, [reals], SEEDS)} == {
        "rmse": 0.0,
        "sequence_accuracy": 1.0,
    }
    wrong = sweep(lambda x, answers: x[::-1], [one], SEEDS)
    assert [row.value for row in wrong if row.metric == "token_accuracy"] == [0.0, 1.0, 0.0]


def test_summary_states_share_worst_and_median() -> None:
    def scores(metric: str, baseline: float, values: list[float]) -> list[Score]:
        shared: dict[str, Any] = {
            "family": "random",
            "length": 3,
            "in_range": True,
            "sequences": 10,
            "metric": metric,
            "baseline": baseline,
        }
        return [Score(seed=seed, value=value, **shared) for seed, value in enumerate(values)]

    rows = scores("sequence_accuracy", 0.1, [1.0, 0.5, 1.0, 0.0])
    errors = [score for metric in ("rmse", "rmse_from_8") for score in scores(metric, 0.3, [0.1, 0.5, 0.2, 0.3])]
    assert summarise(rows + errors) == {
        "sequence_accuracy": {"random": {"3": {"share": 0.5, "worst": 0.0, "median": 0.75, "baseline": 0.1}}},
        "rmse": {"random": {"3": {"share": 0.5, "worst": 0.5, "median": 0.25, "baseline": 0.3}}},
        "rmse_from_8": {"random": {"3": {"share": 0.5, "worst": 0.5, "median": 0.25, "baseline": 0.3}}},
    }


def test_a_horizon_ends_where_an_answer_is_a_tenth_of_the_amplitude_off() -> None:
    targets = np.array([[0.0, 10.0, -10.0, 5.0]])
    answers = np.array([[[0.9, 10.0, -9.1, 5.0]], [[0.0, 8.9, -10.0, 5.0]], [[0.0, 10.0, -10.0, 9.0]]])
    np.testing.assert_array_equal(metrics.steps_within(0.1, answers, targets), [4, 1, 3])
