"""The machines of the board's tasks: how many states they have, that no smaller one will do, and that they answer as the tasks do."""

from itertools import combinations, product

import numpy as np
import pytest
from regular_tasks import PARAMS, SIZES, SLOW

from pipeline.core import registry
from pipeline.core.transducer import Transducer
from pipeline.finite_state.machines import minimal

NAMES = sorted(SIZES)


def machine(name: str) -> Transducer:
    return registry.load("tasks", name).TASK.transducer


@pytest.mark.parametrize("name", NAMES)
def test_it_has_as_many_states_as_are_known(name: str) -> None:
    assert (len(machine(name).states), machine(name).symbols) == SIZES[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_state_is_reached_and_no_two_answer_alike(name: str) -> None:
    found = machine(name)
    reached = [found.start]
    for state in reached:  # grows while it is walked
        reached += dict.fromkeys(after for s in range(found.symbols) if (after := found.step(state, s)[0]) not in reached)
    assert set(reached) == set(found.states)
    told = set()  # pairs that some word tells apart (Hopcroft, Motwani and Ullman 2006, section 4.4)
    while True:
        more = {
            (p, q)
            for p, q in combinations(found.states, 2)
            if (p, q) not in told
            and any(
                found.step(p, s)[1] != found.step(q, s)[1]
                or {(found.step(p, s)[0], found.step(q, s)[0]), (found.step(q, s)[0], found.step(p, s)[0])} & told
                for s in range(found.symbols)
            )
        }
        if not more:
            break
        told |= more
    assert len(told) == len(found.states) * (len(found.states) - 1) // 2


@pytest.mark.parametrize("name", sorted(SLOW))
def test_it_answers_as_the_task_does(name: str) -> None:
    kind = registry.load("tasks", name).TASK
    task = kind(kind.Params(**PARAMS[name]))
    for family, length in product(task.families(), (1, 2, 5, 31)):
        inputs = task.families()[family](np.random.default_rng(length), 50, length)
        np.testing.assert_array_equal(machine(name).run(inputs), [SLOW[name](row) for row in inputs.tolist()], err_msg=family)


def test_states_that_no_word_tells_apart_become_one() -> None:
    def rule(count: int, bit: int) -> tuple[int, int]:
        after = (count + bit) % 6
        return after, after % 2

    found = minimal(0, 2, rule)
    assert found.states == ("0", "1")
    assert found.run(np.array([[1, 1, 0, 1, 1, 1]])).tolist() == [[1, 0, 0, 1, 0, 1]]
