"""One contract for every task that has a file, and what is particular to each."""

import doctest
import math
import random
from collections import Counter

import chomsky_tasks as chomsky
import numpy as np
import paper_tasks as paper
import pytest
import regular_tasks as regular
import yaml
from checkouts import all_params
from pydantic import ValidationError

from pipeline.config.faults import explain
from pipeline.core import registry
from pipeline.core.examples import IGNORE, scored
from pipeline.core.notation import InputError
from pipeline.core.sampled_task import SampledTask
from pipeline.core.task import Task

PARAMS = {
    **all_params()["tasks"],
    "counting": {
        "seed": 0, "length": 3, "training_examples": 90, "validation_examples": 10, "test_examples": 50, "trailing_nines": "5, 10",
        "test_lengths": "1-20, 40",
    },
    **regular.PARAMS,
    **chomsky.PARAMS,
    **paper.PARAMS,
}  # fmt: skip
TASKS = registry.names("tasks")
LENGTHS = (8, 9, 30)
COARSE = {"curve": {"points": 100}}  # at fine steps any curve looks like a polynomial, and a wrong recurrence would pass


def make(name: str, **changes: object) -> Task:
    kind = registry.load("tasks", name).TASK
    return kind(kind.Params(**(PARAMS[name] | changes)))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def fitting(task: Task, length: int) -> int:
    """``length``, or the least that the task has inputs of."""
    return max(length, getattr(task.params, "shortest", 1))


ENDS = {
    "adding": lambda pairs: max(i for i, (_, marker) in enumerate(pairs) if marker == -1.0) + 1,
    "temporal_order": lambda symbols: symbols.index(1) + 1,
    **paper.ENDS,
}


def filled(task: Task, inputs: np.ndarray) -> np.ndarray:
    """Which positions ``[n, positions]`` belong to the sequences, and do not stand behind their ends."""
    if task.name not in ENDS:
        return np.ones(inputs.shape[:2], dtype=bool)
    return np.arange(inputs.shape[1]) < np.array([ENDS[task.name](row) for row in inputs.tolist()])[:, None]


PADDED = list(ENDS)


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


def slow_noisy_lag(symbols: list[int]) -> int:
    return [*symbols, symbols[0]].pop()


def slow_adding(pairs: list[list[float]]) -> float:
    total = 0.0
    for value, marker in pairs:
        if marker == 1.0:
            total += value
    return 0.5 + total / 4.0


def slow_temporal_order(symbols: list[int]) -> int:
    relevant = [symbol for symbol in symbols if symbol in (6, 7)]
    return [[6, 6], [6, 7], [7, 6], [7, 7]].index(relevant)


SLOW = {
    "increment": slow_increment,
    "counting": slow_increment,
    "sort": slow_sort,
    "count_ones": slow_count_ones,
    "parity": slow_parity,
    "long_lag": slow_long_lag,
    "noisy_lag": slow_noisy_lag,
    "adding": slow_adding,
    "temporal_order": slow_temporal_order,
    **regular.SLOW,
    **chomsky.SLOW,
    **paper.SLOW,
}
ROUNDING = {"curve": 1e-8, "adding": 1e-7, **paper.ROUNDING}


def curve_value(x: float) -> float:
    return x * math.sin(x) + x * math.cos(2 * x)


def answered(name: str, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and their answers by another way than the oracle."""
    if name == "curve":
        step = 20 / (COARSE["curve"]["points"] - 1)
        starts = [random.Random(i).uniform(0, 20) for i in range(50)]
        values = np.array([[curve_value(start + step * i) for i in range(length + 1)] for start in starts])
        return values[:, :-1], values[:, 1:]
    task = make(name)
    inputs = task.sample(rng(), 50, fitting(task, length))
    if name in ENDS:
        alone = [row[: ENDS[name](row)] for row in inputs.tolist()]
        first = min(map(len, alone)) - 1
        targets = [[None] * inputs.shape[1] for _ in alone]
        for row, sequence in zip(targets, alone, strict=True):
            row[len(sequence) - 1] = SLOW[name](sequence)
        nothing = np.nan if task.spec(length).outputs is None else IGNORE
        return inputs, np.array([[nothing if value is None else value for value in row[first:]] for row in targets])
    answers = [SLOW[name](row) for row in inputs.tolist()]
    return inputs, np.array([answer if isinstance(answer, list) else [answer] for answer in answers])


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
    first, again, other = (task.sample(rng(seed), 20, fitting(task, length)) for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    assert len(first) == 20


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", TASKS)
def test_shapes_and_ranges_are_what_the_spec_says(name, length):
    task = make(name)
    spec, inputs = task.spec(length), task.sample(rng(), 50, fitting(task, length))
    outputs = task.oracle(inputs)
    assert inputs.shape[2:] == (() if spec.features == 1 else (spec.features,))
    positions = inputs.shape[1]
    if name not in PADDED:
        assert outputs.shape == (50, task.answer_length(positions))
        cells = chomsky.CELLS.get(name, int)(fitting(task, length))
        assert task.answer_length(positions) == {"sequence": positions, "label": 1, "tail": cells}[spec.answer]
    counts = scored(outputs).sum(axis=1)
    assert ((counts > 0) & (counts <= task.answer_length(positions))).all()
    assert name in (*chomsky.ENDING, *paper.ENDING) or (counts == task.answer_length(positions)).all()
    for count, values in ((spec.inputs, inputs), (spec.outputs, outputs[scored(outputs)])):
        if count is None:
            assert values.dtype.kind == "f"
            assert np.isfinite(values).all()
        else:
            assert values.dtype.kind == ("i" if name in (*PADDED, *chomsky.ENDING, *paper.ENDING) and values.ndim == 1 else "u")
            assert values.min() >= 0
            assert values.max() < count


@pytest.mark.parametrize("name", PADDED)
def test_what_stands_behind_a_sequence_means_nothing(name):
    """Each has one answer, at its last symbol: the one that it has alone."""
    task = make(name)
    inputs = task.sample(rng(), 50, 30)
    targets = task.oracle(inputs)
    first = inputs.shape[1] - targets.shape[1]
    for row, own, end in zip(inputs, targets, filled(task, inputs).sum(axis=1), strict=True):
        assert scored(own).nonzero()[0].tolist() == [end - 1 - first]
        np.testing.assert_array_equal(task.oracle(row[None, :end])[0], own[[end - 1 - first]])
        assert task.show(row) == task.show(row[:end])


@pytest.mark.parametrize("name", [name for name in PADDED if name not in paper.LONGER])
def test_padded_sequences_are_up_to_a_tenth_longer(name):
    task = make(name)
    for length, longest in ((30, 33), (39, 42), (100, 110)):
        inputs = task.sample(rng(), 11_000, length)
        assert inputs.shape[1] == longest
        counts = Counter(filled(task, inputs).sum(axis=1).tolist())
        assert sorted(counts) == list(range(length, longest + 1))
        assert min(counts.values()) > 0.85 * 11_000 / len(counts)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", TASKS)
def test_solve_agrees_with_another_way(name, length):
    task = make(name, **COARSE.get(name, {}))
    inputs, answers = answered(name, length)
    np.testing.assert_allclose(task.oracle(inputs), answers, rtol=0, atol=ROUNDING.get(name, 0), equal_nan=True)


@pytest.mark.parametrize("name", TASKS)
def test_solve_leaves_its_inputs(name):
    task = make(name)
    inputs = task.sample(rng(), 50, 12)
    before = inputs.copy()
    outputs = task.oracle(inputs)
    assert not np.shares_memory(inputs, outputs)
    outputs[...] = 0
    np.testing.assert_array_equal(inputs, before)


@pytest.mark.parametrize("name", [name for name in TASKS if make(name).spec(12).answer == "sequence"])
def test_show_writes_what_parse_reads(name):
    task = make(name)
    for inputs in task.sample(rng(), 20, 12):
        np.testing.assert_allclose(task.parse(task.show(inputs)), inputs, rtol=1e-5)


# How a person writes an input of twelve (the shortest may have one symbol more), and reads its label.
LABELS = {
    "count_ones": (lambda bits: "".join(map(str, bits)), str),
    "noisy_lag": (lambda symbols: " ".join("yx"[s - 10] if s >= 10 else f"a{s + 1}" for s in symbols), lambda label: "yx"[label - 10]),
    "adding": (lambda pairs: " ".join(f"{x!r}{'*' * (mark == 1)}" for x, mark in pairs), lambda label: f"{label:.4g}"),
    "temporal_order": (lambda symbols: " ".join("EBabcdXY"[s] for s in symbols), lambda label: "QRSU"[label]),
    **paper.LABELS,
}


@pytest.mark.parametrize("name", [name for name in TASKS if make(name).spec(12).answer == "label"])
def test_what_is_drawn_can_be_written_and_its_label_read(name):
    task = make(name)
    write, read = LABELS[name]
    drawn = task.sample(rng(), 100, 12)
    answers = {}
    for inputs, there in zip(drawn, filled(task, drawn), strict=True):
        label = task.oracle(inputs[there][None])[0]
        text = write(inputs[there].tolist())
        parsed = task.parse(text)
        assert parsed.dtype == inputs.dtype
        np.testing.assert_array_equal(parsed, inputs[there])
        assert task.answer(text) == task.render(inputs, label) == read(label.item())
        answers[label.item()] = task.answer(text)
    assert len(answers) > 1


@pytest.mark.parametrize("name", TASKS)
def test_training_size_is_that_of_the_pools(name):
    task = make(name)
    pools = task.training_pools()
    assert task.training_size.lengths == tuple(pools)
    for length, pool in pools.items():
        if length not in task.training_size.nets:
            continue
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
        ("sort", "31, 4, 15, 4", "4 4 15 31"),
        ("sort", "7", "7"),
        ("count_ones", "1000011011", "5"),
        ("count_ones", "0", "0"),
        ("count_ones", "1" * 1000, "1000"),
        ("count_ones", "1" * 70_000, "70000"),
        ("parity", "10110", "11011"),
        ("parity", "1100111110011101", "1000101011101001"),
        ("long_lag", "y a1 a2 a3", "a1 a2 a3 y"),
        ("long_lag", "x a1", "a1 x"),
        ("curve", "0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0"),
        ("noisy_lag", "y a3 a1 a1", "y"),
        ("noisy_lag", "x,a1", "x"),
        ("adding", "0.5 -0.2* 0.1 0.3* 0.9", "0.525"),
        ("adding", "0,1*,0", "0.75"),
        ("adding", "1 -1* -1.0* 1", "0"),
        ("adding", ".5 +1e-1* 0. 0", "0.525"),
        ("adding", "0 0.12345* 0 " + 5000 * "1 " + "0.3* 0", "0.6059"),
        *chomsky.ANSWERS,
        *paper.ANSWERS,
        ("temporal_order", "E a X b Y B", "R"),
        ("temporal_order", "EXXB", "Q"),
        ("temporal_order", "E Y, X a B", "S"),
        ("temporal_order", "E" + "abcd" * 2000 + "Y" + "dcba" * 2000 + "YB", "U"),
    ],
)
def test_answers_a_person(name, text, answer):
    assert make(name).answer(text) == answer


def test_nothing_but_zeros_is_written_as_one_zero():
    assert make("increment").render(np.zeros(4), np.zeros(4, dtype=np.uint8)) == "0"


BAD = {
    "increment": ["12a4", "", "  ", "-3", "1.5", "1 2", "1_000", "²", "١٢"],
    "counting": ["12a4", "", "-3", "1.5", "1 2", "²"],
    "sort": ["", ",", "100", "-1", "3 x", "1.5", "²", "9" * 5000],
    "count_ones": ["", "012", "1 0", "-1"],
    "parity": ["", "012", "1 0", "-1"],
    "long_lag": ["", "y", "a1 a2", "y a2", "z a1", "y a1 a1", "y a1 y"],
    "noisy_lag": ["", "y", "a1 a2", "y a2", "z a1", "y a1 y", "y a0", "y a01", "y A1", "ya1", "y a1 x a1"],
    "adding": [
        "", "0* 0*", "0 0 0", "0* 0* 0", "0 0* 0*", "0 0* 0* 0* 0", "0 1.1* 0", "0 -2* 0", "0 nan* 0", "0 inf* 0", "0 x* 0", "0 * 0",
        "0 0** 0", "0 *0 0", "0 0_1* 0", "0 ١* 0", "0 " + "9" * 5000 + "* 0",
    ],
    "temporal_order": ["", "E", "EB", "EXB", "EXYXB", "XYB", "EXY", "EaEXYB", "EBXYB", "BXYE", "EXYeB", "exyb", "EXY²B", "E" * 5000],
    "curve": ["", "1 2 3 4 5 6 7", "1 2 3 4 5 6 7 nan", "1 2 3 4 5 6 7 inf", "1 2 3 4 5 6 7 1e31", "1 2 3 4 5 6 7 eight"],
    **regular.BAD,
    **chomsky.BAD,
    **paper.BAD,
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in TASKS for text in BAD[name]])
def test_refuses_what_it_cannot_read_in_one_short_line(name, text):
    with pytest.raises(InputError, match=r"^expected .+, got .+$") as caught:
        make(name).parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_points_at_the_character_it_cannot_read():
    with pytest.raises(InputError, match=r"got '12a4' \(character 3 is 'a'\)"):
        make("increment").parse("12a4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5 0.1*", "at least 3 numbers, such as .* got '0.5 0.1\\*'$"),
        ("0 1.5* 0", "numbers of -1..1, .* got '1.5\\*'$"),
        ("0 1 0", "a star behind one or two numbers between the first and the last, .* got none$"),
        ("0* 1 0*", "a star behind one or two numbers between the first and the last, .* got one behind number 1, 3$"),
    ],
)
def test_adding_says_which_of_its_rules_is_broken(text, message):
    with pytest.raises(InputError, match=message):
        make("adding").parse(text)


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
        ("counting", {"length": 2}, "a length in which 100 can be written"),
        ("counting", {"from_length": 1}, "no from_length"),
        ("curve", {"points": 1001}, "whole windows"),
        ("curve", {"points": 2, "length": 2, "warm_up": 2}, "at least 3"),
        ("curve", {"free_run_to": [20, 40]}, "free_run_to beyond 20, got 20"),
        ("curve", {"warm_up": 1001}, "at most 1000"),
        ("long_lag", {"time_steps": [2, 3]}, "at least 3"),
        ("noisy_lag", {"time_steps": [2, 3]}, "at least 3"),
        ("adding", {"test_lengths": [2, 100]}, "length and test_lengths of at least 3, got 2"),
        ("temporal_order", {"length": 9}, "length and test_lengths of at least 10, got 9"),
        # 2 · 2 places, 2 · 2 symbols there, 4 distractors everywhere else but at the ends: of 10 and of 11 symbols.
        ("temporal_order", {"length": 10, "training_examples": 2**4 * (4**6 + 4**7) + 1}, "at most 327680 "),
        ("parity", {"example": "10210"}, "expected bits in quotes such as \"10110\", got '10210'"),
        ("parity", {"example": ""}, "expected bits in quotes"),
        ("parity", {"example": "٠١"}, "expected bits in quotes"),
    ],
)
def test_params_that_cannot_be_are_refused(name, changes, message):
    with pytest.raises(ValidationError, match=message):
        make(name, **changes)


def test_bits_that_lost_their_quotes_are_refused_in_one_line():
    kind = registry.load("tasks", "parity").TASK.Params
    with pytest.raises(ValidationError) as caught:
        kind(**(PARAMS["parity"] | yaml.safe_load("example: 1100111110011101")))
    expected = 'tasks.parity.example: expected bits in quotes such as "10110", got 1100111110011101'
    assert explain(caught.value, kind, "tasks.parity") == [expected]


# --- families ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in TASKS if issubclass(registry.load("tasks", name).TASK, SampledTask)])
@pytest.mark.parametrize("length", [1, 2, 9, 31])
def test_families_draw_inputs_of_their_length(name, length):
    task = make(name)
    length, spec = fitting(task, length), task.spec(fitting(task, length))
    drawn = task.sample(rng(), 1, length)
    for family, sampler in task.families().items():
        inputs = sampler(rng(), 40, length)
        assert inputs.shape[1:] == drawn.shape[1:], family
        assert len(inputs) <= 40, family
        assert inputs.dtype == drawn.dtype == (np.float32 if spec.inputs is None else np.min_scalar_type(spec.inputs - 1)), family
        if len(inputs) and spec.inputs is not None:
            assert inputs[filled(task, inputs)].max() < spec.inputs, family
            assert task.oracle(inputs).max() < spec.outputs, family


@pytest.mark.parametrize("k", [20, 23, 30])
def test_trailing_nines_are_exactly_as_many(k):
    sampler = make("increment").families()[f"trailing_nines_{k}"]
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
    ("name", "family", "texts"),
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
def test_families_without_chance_give_each_input_once(name, family, texts):
    inputs = make(name).families()[family](rng(), 40, 3)
    written = ["".join(map(str, row)) for row in inputs.tolist()]
    assert sorted(written) == sorted(texts)


def test_sort_families_are_what_they_are_called():
    draw = {name: sampler(rng(), 60, 20).astype(int) for name, sampler in make("sort").families().items()}
    assert len(np.unique(draw["all_equal"])) == 60
    assert (draw["all_equal"] == draw["all_equal"][:, :1]).all()
    assert (np.diff(draw["sorted"]) >= 0).all()
    assert (np.diff(draw["reversed"]) <= 0).all()
    assert max(len(set(row)) for row in draw["few_distinct"].tolist()) == 3


def test_the_posts_string_is_there_at_its_own_length_alone():
    sets = {test.length: test for test in make("parity").test_sets({}) if test.family == "the_posts"}
    assert list(sets) == [16]
    np.testing.assert_array_equal(sets[16].inputs, [[1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1]])
    np.testing.assert_array_equal(sets[16].targets, [slow_parity(sets[16].inputs[0].tolist())])
    other = make("parity", example="011").families()["the_posts"]
    assert [other(rng(), 40, length).tolist() for length in (2, 3, 16)] == [[], [[0, 1, 1]], []]


# --- the curve and the long lag as their posts build them -------------------------------------------------------------------------


def test_counting_is_learnt_from_all_the_first_numbers_and_no_others():
    task = make("counting")
    (pool,) = task.training_pools().values()
    assert sorted(int(task.render(row, row)) for row in pool.inputs) == list(range(1, 101))
    assert pool.inputs.shape == (100, 4)
    assert pool.validation == 10
    beyond = {test.length: task.in_range(test, 3) for test in task.test_sets(task.training_pools())}
    assert [length for length, inside in beyond.items() if inside] == [1, 2]


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
    sets = {test.family: test for test in task.test_sets(task.training_pools())}
    assert list(sets) == ["interpolation", "extrapolation", "free_run"]
    for family, first in (("interpolation", step / 2), ("extrapolation", 20 + step)):
        inputs, targets = sets[family].inputs, sets[family].targets
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


def test_the_whole_curve_may_be_one_window_and_free_runs_go_on_to_where_they_are_told():
    task = make("curve", length=1000, warm_up=1000, free_run_to=[40, 100])
    pools = task.training_pools()
    values = [curve_value(20 * i / 999) for i in range(1000)]
    np.testing.assert_allclose(pools[1000].inputs, [values], rtol=1e-6, atol=1e-6)
    *windows, near, far = task.test_sets(pools)
    assert [(test.family, test.length, test.inputs.shape) for test in windows] == [
        ("interpolation", 998, (1, 998)), ("extrapolation", 998, (1, 998)),
    ]  # fmt: skip
    assert [(test.family, test.length, test.inputs.shape, test.targets.shape) for test in (near, far)] == [
        ("free_run", 999, (1, 1000), (1, 999)), ("free_run", 3996, (1, 1000), (1, 3996)),
    ]  # fmt: skip
    np.testing.assert_array_equal(far.inputs, pools[1000].inputs)
    np.testing.assert_array_equal(far.targets[:, :999], near.targets)
    assert far.targets[0, -1] == pytest.approx(curve_value(100.0), abs=1e-4)


def test_curve_refuses_windows_that_do_not_determine_the_next_value():
    with pytest.raises(InputError, match=r"at least 8 values .* got 7"):
        make("curve").oracle(np.zeros((3, 7)))


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


# --- the tasks of the paper on LSTM as it describes them --------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "ten", "choice"), [(100, 10, 49), (41, 10, 19), (6, 5, 2), (3, 2, 1)])
def test_adding_marks_are_where_the_paper_puts_them(length, ten, choice):
    """The chance of each pair to bear the 1, counted over all that can be drawn."""
    n, chance = 40_000, np.zeros(length)
    for first in range(ten):
        unmarked = [pair for pair in range(length) if pair != first][:choice]
        chance[first] += 1 / ten
        chance[unmarked] += 1 / ten / choice
    task = make("adding")
    inputs = task.sample(rng(), n, length)
    markers, last = inputs[..., 1], filled(task, inputs).sum(axis=1) - 1
    assert (markers[:, 0] == -1).all()
    assert (markers[np.arange(n), last] == -1).all()
    assert ((markers == -1).sum(axis=1) == 2).all()
    ones = markers == 1
    assert not ones[:, length:].any()
    np.testing.assert_allclose(ones[:, 1:length].mean(axis=0), chance[1:], atol=5 * math.sqrt(0.25 / n))
    np.testing.assert_array_equal(ones[:, :length].mean(axis=0) > 0, np.r_[False, chance[1:] > 0])
    assert (ones.sum(axis=1) == 1).mean() == pytest.approx(chance[0], abs=0.01)  # the mark that the first pair's -1 hides
    assert set(ones.sum(axis=1)) <= {1, 2}
    assert set(np.unique(markers[filled(task, inputs)])) <= {-1.0, 0.0, 1.0}


def test_adding_reals_are_uniform():
    reals = make("adding").sample(rng(), 2000, 100)[..., 0]
    for place in (reals[:, 0], reals[:, 99], reals[:, :100].ravel()):
        share, _ = np.histogram(place, bins=4, range=(-1, 1))
        np.testing.assert_allclose(share / len(place), 0.25, atol=0.05)
        assert abs(place).max() <= 1


def test_adding_does_not_count_a_hidden_mark():
    task = make("adding")
    pairs = np.array([[[0.9, -1], [0.4, 1], [0.7, 0], [0.8, -1]]], dtype=np.float32)
    assert task.oracle(pairs) == pytest.approx(0.5 + 0.4 / 4)


@pytest.mark.parametrize(("length", "first", "second"), [(100, (10, 20), (50, 60)), (1000, (100, 200), (500, 600)), (39, (3, 7), (19, 22))])
def test_temporal_order_sequences_are_the_papers(length, first, second):
    task, n = make("temporal_order"), 20_000
    inputs = task.sample(rng(), n, length)
    there, rows = filled(task, inputs), np.arange(n)
    last = there.sum(axis=1) - 1
    assert ((inputs == 0).sum(axis=1) == 1).all()
    assert (inputs[:, 0] == 0).all()
    assert ((inputs == 1) == (np.arange(inputs.shape[1]) >= last[:, None])).all()
    assert (inputs[rows, last] == 1).all()
    relevant = inputs >= 6
    relevant &= there
    assert (relevant.sum(axis=1) == 2).all()
    places = relevant.nonzero()[1].reshape(n, 2)
    for found, (low, high) in zip(places.T, (first, second), strict=True):
        counts = Counter(found.tolist())
        assert sorted(counts) == list(range(low, high + 1))
        assert min(counts.values()) > 0.5 * n / len(counts)
    distractors = inputs[there & ~relevant & (inputs > 1)]
    np.testing.assert_allclose(np.bincount(distractors, minlength=6)[2:] / len(distractors), 0.25, atol=0.01)
    np.testing.assert_allclose(np.bincount(task.oracle(inputs)[scored(task.oracle(inputs))]) / n, 0.25, atol=0.02)


def test_noisy_lag_noise_is_uniform_and_independent():
    task = make("noisy_lag")
    inputs = task.sample(rng(), 20_000, 6)
    assert inputs.shape == (20_000, 5)
    np.testing.assert_allclose(np.bincount(inputs[:, 0]) / 20_000, [0, 0, 0, 0, 0.5, 0.5], atol=0.02)
    for place in range(1, 5):
        np.testing.assert_allclose(np.bincount(inputs[:, place]) / 20_000, [0.25] * 4, atol=0.02)
        pairs = 8 * inputs[:, place - 1].astype(int) + inputs[:, place]
        shares = np.bincount(pairs)[np.unique(pairs)] / 20_000
        np.testing.assert_allclose(shares, 1 / len(shares), atol=0.01)
        assert len(shares) == (8 if place == 1 else 16)


def test_noisy_lag_has_nets_of_their_own_at_each_length():
    task = make("noisy_lag", time_steps=[5, 300], sequences=40)
    assert task.training_size.lengths == (5, 300)
    for t, dtype in ((5, np.uint8), (300, np.uint16)):
        pool = task.training_pools()[t]
        assert (pool.inputs.shape, pool.inputs.dtype, pool.targets.dtype) == ((40, t - 1), dtype, dtype)
        assert (task.spec(t).inputs, task.spec(t).outputs) == (t, t)
        assert task.length_of(pool.inputs[0]) == t
        assert set(pool.targets.ravel().tolist()) == {t - 2, t - 1}


@pytest.mark.parametrize("name", TASKS)
def test_inputs_are_shown_as_they_are_read(name):
    task = make(name)
    for one in task.sample(rng(), 20, 12):
        text = task.show(one)
        assert task.show(task.parse(text)) == text
        typed, drawn = (task.oracle(x[None])[0] for x in (task.parse(text), one))
        # Six digits are shown of a curve's values, and the next value is more uncertain than they are.
        np.testing.assert_allclose(typed[scored(typed)], drawn[scored(drawn)], rtol=1e-3)
