"""One contract for every task that has a file, and what is particular to each."""

import doctest
import math
import random
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from pipeline.core import registry
from pipeline.tasks.base import InputError, SampledTask, Task

PARAMS = yaml.safe_load((Path(__file__).parents[1] / "params.yaml").read_text())["tasks"]
TASKS = registry.names("tasks")
LENGTHS = (8, 9, 30)
COARSE = {"curve": {"points": 100}}  # at fine steps any curve looks like a polynomial, and a wrong recurrence would pass


def make(name: str, **changes: object) -> Task:
    kind = registry.load("tasks", name).TASK
    return kind(kind.Params(**(PARAMS[name] | changes)))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- the answers once more, in plain Python -------------------------------------------------------------------------------------


def slow_increment(digits: list[int]) -> list[int]:
    number = int("".join(map(str, reversed(digits)))) + 1
    return [number // 10**place % 10 for place in range(len(digits))]


def slow_sort(numbers: list[int]) -> list[int]:
    return [value for value in range(100) for _ in range(sum(number == value for number in numbers))]


def slow_count_ones(bits: list[int]) -> int:
    return "".join(map(str, bits)).count("1")


def slow_parity(bits: list[int]) -> list[int]:
    return [int(sum(bits[: t + 1]) % 2 == 1) for t in range(len(bits))]


def slow_long_lag(symbols: list[int]) -> list[int]:
    return [*symbols[1:], symbols[0]]


SLOW = {
    "increment": slow_increment,
    "sort": slow_sort,
    "count_ones": slow_count_ones,
    "parity": slow_parity,
    "long_lag": slow_long_lag,
}


def curve_value(x: float) -> float:
    return x * math.sin(x) + x * math.cos(2 * x)


def answered(name: str, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and their answers by another way than ``solve``."""
    if name == "curve":
        step = 20 / (COARSE["curve"]["points"] - 1)
        starts = [random.Random(i).uniform(0, 20) for i in range(50)]
        values = np.array([[curve_value(start + step * i) for i in range(length + 1)] for start in starts])
        return values[:, :-1], values[:, 1:]
    inputs = make(name).sample(rng(), 50, length)
    return inputs, np.array([SLOW[name](row) for row in inputs.tolist()])


# --- the contract ---------------------------------------------------------------------------------------------------------------


def test_every_task_has_params_and_every_entry_a_task():
    assert sorted(PARAMS) == TASKS


@pytest.mark.parametrize("name", TASKS)
def test_is_named_after_its_file(name):
    task = make(name)
    assert task.name == name
    assert task.version >= 1


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", TASKS)
def test_samples_are_their_streams_alone(name, length):
    task = make(name)
    first, again, other = (task.sample(rng(seed), 20, length) for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    assert len(first) == 20


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", TASKS)
def test_shapes_and_ranges_are_what_the_spec_says(name, length):
    task = make(name)
    spec, inputs = task.spec(length), task.sample(rng(), 50, length)
    outputs = task.solve(inputs)
    assert outputs.shape == (inputs.shape if spec.answer == "sequence" else (50,))
    for count, values in ((spec.inputs, inputs), (spec.outputs, outputs)):
        if count is None:
            assert values.dtype.kind == "f"
            assert np.isfinite(values).all()
        else:
            assert values.dtype.kind == "u"
            assert values.max() < count


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", TASKS)
def test_solve_agrees_with_another_way(name, length):
    task = make(name, **COARSE.get(name, {}))
    inputs, answers = answered(name, length)
    np.testing.assert_allclose(task.solve(inputs), answers, rtol=0, atol=1e-8 if name == "curve" else 0)


@pytest.mark.parametrize("name", TASKS)
def test_solve_leaves_its_inputs(name):
    task = make(name)
    inputs = task.sample(rng(), 50, 12)
    before = inputs.copy()
    outputs = task.solve(inputs)
    assert not np.shares_memory(inputs, outputs)
    outputs[...] = 0
    np.testing.assert_array_equal(inputs, before)


@pytest.mark.parametrize("name", TASKS)
def test_render_writes_what_parse_reads(name):
    task = make(name)
    for inputs in task.sample(rng(), 20, 12):
        if task.spec(12).answer == "label":
            answer = task.solve(inputs[None])[0]
            assert int(task.render(inputs, answer)) == answer
        else:
            np.testing.assert_allclose(task.parse(task.render(inputs, inputs)), inputs, rtol=1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_training_size_is_that_of_the_pools(name):
    task = make(name)
    pools = task.training_pools()
    assert task.training_size.lengths == tuple(pools)
    for pool in pools.values():
        examples = len(pool.inputs) - pool.validation if pool.order is None else pool.order.shape[1]
        assert task.training_size.examples == examples
        assert task.training_size.trials == (None if pool.order is None else len(pool.order))


@pytest.mark.parametrize("name", TASKS)
def test_worked_example_runs(name):
    module = registry.load("tasks", name)
    found = doctest.DocTestFinder().find(module.TASK, module.TASK.__name__, extraglobs={"task": make(name), "np": np})
    example = next(test for test in found if test.name == module.TASK.__name__)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


# --- what people type -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("increment", "1476233999", "1476234000"),
        ("increment", "0", "1"),
        ("increment", "9", "10"),
        ("increment", " 007 ", "8"),
        ("increment", "9" * 10_000, "1" + "0" * 10_000),
        ("sort", "31 4 15 9", "4 9 15 31"),
        ("sort", "31,4, 15,4", "4 4 15 31"),
        ("sort", "7", "7"),
        ("count_ones", "1000011011", "5"),
        ("count_ones", "0", "0"),
        ("count_ones", "1" * 1000, "1000"),
        ("parity", "10110", "11011"),
        ("parity", "1100111110011101", "1000101011101001"),
        ("long_lag", "y a1 a2 a3", "a1 a2 a3 y"),
        ("long_lag", "x a1", "a1 x"),
        ("curve", "0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0"),
    ],
)
def test_answers_a_person(name, text, answer):
    assert make(name).answer(text) == answer


def test_nothing_but_zeros_is_written_as_one_zero():
    assert make("increment").render(np.zeros(4), np.zeros(4, dtype=np.uint8)) == "0"


BAD = {
    "increment": ["12a4", "", "  ", "-3", "1.5", "1 2", "1_000", "²", "١٢"],
    "sort": ["", ",", "100", "-1", "3 x", "1.5", "²", "9" * 5000],
    "count_ones": ["", "012", "1 0", "-1"],
    "parity": ["", "012", "1 0", "-1"],
    "long_lag": ["", "y", "a1 a2", "y a2", "z a1", "y a1 a1", "y a1 y"],
    "curve": ["", "1 2 3 4 5 6 7", "1 2 3 4 5 6 7 nan", "1 2 3 4 5 6 7 inf", "1 2 3 4 5 6 7 eight"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in TASKS for text in BAD[name]])
def test_refuses_what_it_cannot_read_in_one_short_line(name, text):
    with pytest.raises(InputError, match=r"^expected .+, got .+$") as caught:
        make(name).parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_points_at_the_character_it_cannot_read():
    with pytest.raises(InputError, match=r"got '12a4' \(character 3 is 'a'\)"):
        make("increment").parse("12a4")


# --- params ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("parity", {"training_examples": 4097}, "at most 4096"),
        ("count_ones", {"length": 9}, "at most 512"),
        ("increment", {"test_lengths": [1, 3, 2]}, "ascending"),
        ("increment", {"test_lengths": [1, 1]}, "ascending"),
        ("increment", {"test_lengths": []}, "at least 1 item"),
        ("increment", {"trailing_nines": [-1]}, "greater than 0"),
        ("increment", {"trailing_nines": [20, 20]}, "ascending"),
        ("sort", {"colour": "red"}, "not permitted"),
        ("curve", {"points": 1001}, "whole windows"),
        ("curve", {"points": 10}, "two or more"),
        ("curve", {"warm_up": 1001}, "at most 1000"),
        ("long_lag", {"time_steps": [2, 3]}, "at least 3"),
    ],
)
def test_params_that_cannot_be_are_refused(name, changes, message):
    with pytest.raises(ValidationError, match=message):
        make(name, **changes)


# --- probes ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in TASKS if issubclass(registry.load("tasks", name).TASK, SampledTask)])
@pytest.mark.parametrize("length", [1, 2, 9, 31])
def test_probes_draw_inputs_of_their_length(name, length):
    task = make(name)
    positions = task.sample(rng(), 1, length).shape[1]
    for probe, sampler in task.probes().items():
        inputs = sampler(rng(), 40, length)
        assert inputs.shape[1] == positions, probe
        assert len(inputs) <= 40, probe
        assert inputs.dtype == np.uint8, probe
        if len(inputs):
            assert inputs.max() < task.spec(length).inputs, probe
            assert task.solve(inputs).max() < task.spec(length).outputs, probe


@pytest.mark.parametrize("k", [20, 23, 30])
def test_trailing_nines_are_exactly_as_many(k):
    sampler = make("increment").probes()[f"trailing_nines_{k}"]
    assert len(sampler(rng(), 50, k)) == 0
    for length in (k + 1, k + 2, 3 * k):
        numbers = [make("increment").render(row, row) for row in sampler(rng(), 50, length)]
        assert len(numbers) == 50
        assert {len(number) for number in numbers} == {length}
        assert {length - len(number.rstrip("9")) for number in numbers} == {k}


def test_random_numbers_have_all_their_digits_and_training_numbers_need_not():
    task = make("increment")
    tested, trained = task.sample(rng(), 2000, 3), task.sample_training(rng(), 2000, 3)
    assert (tested[:, 2] > 0).all()
    assert set(tested[:, 0]) == set(trained[:, 2]) == set(range(10))
    assert not tested[:, 3].any()
    assert not trained[:, 3].any()
    assert set(task.sample(rng(), 200, 1)[:, 0]) == set(range(10))


@pytest.mark.parametrize(
    ("name", "probe", "texts"),
    [
        ("increment", "all_nines", {"9990"}),
        ("count_ones", "all_ones", {"111"}),
        ("count_ones", "all_zeros", {"000"}),
        ("count_ones", "single_one", {"100", "010", "001"}),
        ("parity", "all_ones", {"111"}),
        ("parity", "all_zeros", {"000"}),
        ("parity", "single_one_first", {"100"}),
    ],
)
def test_probes_without_chance_give_each_input_once(name, probe, texts):
    inputs = make(name).probes()[probe](rng(), 40, 3)
    written = ["".join(map(str, row)) for row in inputs.tolist()]
    assert sorted(written) == sorted(texts)


def test_sort_probes_are_what_they_are_called():
    draw = {name: sampler(rng(), 60, 20).astype(int) for name, sampler in make("sort").probes().items()}
    assert len(np.unique(draw["all_equal"])) == 60
    assert (draw["all_equal"] == draw["all_equal"][:, :1]).all()
    assert (np.diff(draw["sorted"]) >= 0).all()
    assert (np.diff(draw["reversed"]) <= 0).all()
    assert max(len(set(row)) for row in draw["few_distinct"].tolist()) == 3


# --- the curve and the long lag as their posts build them -------------------------------------------------------------------------


def test_curve_windows_are_the_posts():
    pool = make("curve").training_pools()[10]
    values = [curve_value(20 * i / 999) for i in range(1000)]
    windows = [values[start : start + 10] for start in range(0, 1000, 10)]
    answers = []
    for i, window in enumerate(windows):
        rolled = window[1:] + window[:1]
        rolled[-1] = windows[i + 1][0] if i + 1 < len(windows) else rolled[-2]
        answers.append(rolled)
    np.testing.assert_allclose(pool.inputs, windows, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(pool.targets, answers, rtol=1e-6, atol=1e-6)
    assert pool.inputs.dtype == pool.targets.dtype == np.float32
    assert pool.targets[-1, -1] == pool.inputs[-1, -1]


def test_curve_test_sets_lie_where_they_say():
    task = make("curve", warm_up=30)
    step = 20 / 999
    sets = {test.probe: test for test in task.test_sets(task.training_pools())}
    assert list(sets) == ["interpolation", "extrapolation", "free_run"]
    for probe, first in (("interpolation", step / 2), ("extrapolation", 20 + step)):
        inputs, targets = sets[probe].inputs, sets[probe].targets
        assert inputs.shape == targets.shape == (99, 10)
        x = first + step * np.arange(991)
        assert x[-1] < first + 20 - step / 2
        expected = np.array([curve_value(value) for value in x])
        np.testing.assert_allclose(inputs.ravel(), expected[:-1], rtol=1e-6, atol=1e-5)
        np.testing.assert_allclose(targets.ravel(), expected[1:], rtol=1e-6, atol=1e-5)
    free = sets["free_run"]
    assert (free.length, free.inputs.shape, free.targets.shape) == (999, (1, 30), (1, 999))
    np.testing.assert_allclose(free.inputs[0], [curve_value(20 - step * (29 - i)) for i in range(30)], rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(free.targets[0], [curve_value(20 + step * (i + 1)) for i in range(999)], rtol=1e-6, atol=1e-5)


def test_curve_refuses_windows_that_do_not_determine_the_next_value():
    with pytest.raises(InputError, match=r"at least 8 values .* got 7"):
        make("curve").solve(np.zeros((3, 7)))


def test_long_lag_sequences_are_the_posts():
    task = make("long_lag", sequences=10)
    for t, pool in task.training_pools().items():
        hot = np.zeros((2, t, t), dtype=int)  # the post's sequences for its argument time_steps = t - 1
        for i in range(t - 2):
            hot[:, i + 1, i] = 1
        hot[0, [0, -1], t - 2] = 1
        hot[1, [0, -1], t - 1] = 1
        whole = hot.argmax(axis=2)
        np.testing.assert_array_equal(pool.inputs, whole[:, :-1])
        np.testing.assert_array_equal(pool.targets, whole[:, 1:])


def test_long_lag_orders_are_fair_and_all_different():
    task = make("long_lag", time_steps=[4, 5], trials=3, sequences=10_000)
    orders = [pool.order for pool in task.training_pools().values()]
    assert [order.shape for order in orders] == [(3, 10_000)] * 2
    streams = [row for order in orders for row in order]
    assert all(abs(row.mean() - 0.5) < 0.02 for row in streams)
    assert len({row.tobytes() for row in streams}) == 6
    fewer = make("long_lag", time_steps=[5], trials=2, sequences=10_000).training_pools()[5].order
    np.testing.assert_array_equal(fewer, orders[1][:2])
