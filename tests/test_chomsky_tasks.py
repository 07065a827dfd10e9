"""What is particular to the tasks of the study of the Chomsky hierarchy: which strings there are, and how they are drawn."""

from collections import Counter
from itertools import product

import chomsky_tasks as chomsky
import numpy as np
import pytest

from pipeline.core import registry
from pipeline.core.notation import InputError
from pipeline.strings import expressions
from pipeline.strings.text import StringTask

NAMES = sorted(chomsky.PARAMS)


def make(name: str) -> StringTask:
    kind = registry.load("tasks", name).TASK
    return kind(kind.Params(**chomsky.PARAMS[name]))


def drawn(name: str, n: int, length: int) -> list[str]:
    task = make(name)
    return [task.show(row) for row in task.sample(np.random.default_rng(0), n, length)]


def zero(text: str) -> bool:
    return any("1" not in part for part in text.replace("*", "+").split("+"))


# What people may type and nobody draws, besides expressions that have not all their brackets.
NEVER = {
    "binary_addition": zero,
    "binary_multiplication": zero,
    "compute_sqrt": zero,
    "stack_manipulation": lambda text: set(text) <= set("01"),  # no action
}


@pytest.mark.parametrize("name", sorted({*NAMES} - {"modular_arithmetic_brackets", "solve_equation"}))
@pytest.mark.parametrize("length", [3, 5])
def test_the_sampler_draws_all_strings_that_there_are_and_no_others(name, length):
    task = make(name)
    readable = set()
    for characters in product(task.characters, repeat=length):
        try:
            readable.add(task.show(task.parse("".join(characters))))
        except InputError:
            continue
    seen = set(drawn(name, 50_000, length))
    assert len(seen) == task.params.space(length)
    assert seen == {text for text in readable if not NEVER.get(name, lambda text: False)(text)}


@pytest.mark.parametrize("name", ["modular_arithmetic_brackets", "solve_equation"])
@pytest.mark.parametrize("length", [3, 4, 5, 6, 7])
def test_expressions_are_as_many_as_is_said(name, length):
    assert len(set(drawn(name, 20_000, length))) >= make(name).params.space(length)


@pytest.mark.parametrize("length", [9, 11])
def test_enough_expressions_are_drawn(length):
    assert len(set(drawn("modular_arithmetic_brackets", 20_000, length))) >= min(expressions.drawable(length), 10_000)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 12, 41, 500])
def test_expressions_are_bracketed_as_the_authors_draw_them(length):
    def parts(text: str) -> None:
        inner = text[1:-1]
        if len(text) < 5:
            assert text.strip("(-)") in "01234"
            assert text in {f"{d}" for d in range(5)} | {f.format(d) for f in ("-{}", "({})", "(-{})") for d in range(5)}
            return
        depth = 0
        for place, character in enumerate(inner):
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0 and character in "+-*" and place and inner[place - 1] not in "+-*(":
                assert (text[0], text[-1]) == ("(", ")")
                parts(inner[:place])
                parts(inner[place + 1 :])
                return
        raise AssertionError(f"no operator in {text}")

    texts = drawn("modular_arithmetic_brackets", 20, length)
    for text in texts:
        parts(text)
    assert length < 7 or set("".join(texts)) == set(expressions.CHARACTERS)


@pytest.mark.parametrize(("name", "sign", "low", "high"), [("stack_manipulation", "-ab", 1, 19), ("binary_addition", "+", 1, 18)])
def test_the_first_part_has_a_uniform_length(name, sign, low, high):
    texts = drawn(name, 20_000, 20)
    lengths = Counter(next(i for i, character in enumerate(text) if character in sign) for text in texts)
    assert sorted(lengths) == list(range(low, high + 1))
    assert min(lengths.values()) > 0.8 * 20_000 / len(lengths)


def test_equations_have_one_solution_even_where_they_are_long():
    task = make("solve_equation")
    inputs = task.sample(np.random.default_rng(0), 50, 400)
    assert task.oracle(inputs).ravel().tolist() == [chomsky.slow_solve_equation(row) for row in inputs.tolist()]
    assert {len(set(row)) > 8 for row in inputs.tolist()} == {True}
    np.testing.assert_allclose(np.bincount(task.oracle(task.sample(np.random.default_rng(0), 5000, 40)).ravel()) / 5000, 0.2, atol=0.03)


def test_brackets_nest_as_deep_as_half_of_the_length():
    task = make("dyck_2")
    nested = task.families()["nested"](np.random.default_rng(0), 3, 10_000)
    heights = np.cumsum(np.where(nested < 2, 1, -1), axis=1)
    assert heights.max() == 5000
    assert (heights[:, -1] == 0).all()
    assert (task.oracle(nested)[:, -1] == 2).all()
    deep = task.families()["deep"](np.random.default_rng(0), 3, 10_000)
    assert np.cumsum(np.where(deep < 2, 1, -1), axis=1).max() > 3500


def test_every_bit_carries():
    task = make("binary_addition")
    for row in task.families()["carry"](np.random.default_rng(0), 20, 30):
        first, second = task.show(row).split("+")
        assert set(first) == {"1"}
        assert task.answer(task.show(row)) == "".join(map(str, chomsky.added(list(map(int, first)), [1]))) + "."
        assert second.rstrip("0") == "1"


def test_balanced_majorities_are_decided_by_the_last_bit():
    task = make("majority")
    inputs = task.families()["balanced"](np.random.default_rng(0), 20, 31)
    assert (inputs.sum(axis=1) == 16).all()
    assert task.oracle(inputs)[:, -1].all()
    assert not task.oracle(task.families()["zeros_first"](np.random.default_rng(0), 1, 31))[:, :-1].any()
