"""Guarantees of nets with a hard stack: hand-built nets, the machines against the tasks, and mutations that are digested anew."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.core import registry
from pipeline.core.examples import IGNORE
from pipeline.core.sampled_task import SampledTask
from pipeline.guarantees import document, stacking
from pipeline.guarantees.checker.checker import Rejected, check_document
from pipeline.guarantees.checker.machines import DONE, MACHINES, PUSH, Machine, outcome
from pipeline.models.pushdown_rnn import Params, build

Weights = dict[str, np.ndarray]
TASKS = sorted(MACHINES)
STATES = {"reverse_string": ["read", "write"], "dyck_2": ["read"], "stack_manipulation": ["start", "bits", "actions", "write"]}


def task_of(name: str, **keys: Any) -> SampledTask:
    known = {
        "seed": 0,
        "length": 8,
        "from_length": 1,
        "training_examples": 10,
        "validation_examples": 0,
        "test_examples": 1,
        "test_lengths": "1",
    }
    kind = registry.load("tasks", name).TASK
    return kind(kind.Params(**(known | keys)))


def hand_built(name: str, code: tuple[int, int] = (0, 1), extra: float = 0.0) -> Weights:
    """A net with a unit for each symbol and top, that is 1 where it sees both; ``code`` says what it pushes for 0 and 1.

    With ``extra`` it has one more unit that creeps up by about so much at each position, and turns the answer in the end.
    """
    machine, draw = MACHINES[name][0], np.random.default_rng(0)
    seen = [(symbol, top) for symbol in range(machine.symbols) for top in (None, 0, 1)]
    units = len(seen) + 1
    w = {
        "recurrent/kernel": np.full((machine.symbols, units), -6.0), "recurrent/top_kernel": np.full((2, units), -6.0),
        "recurrent/recurrent_kernel": draw.normal(0, 0.05, (units, units)), "recurrent/bias": np.full(units, -3.0),
        "recurrent_actions/kernel": np.zeros((units, 3)), "recurrent_actions/bias": np.zeros(3),
        "recurrent_pushed/kernel": np.zeros((units, 2)), "recurrent_pushed/bias": np.zeros(2),
        "readout/kernel": np.zeros((units + 2, machine.outputs)), "readout/bias": np.zeros(machine.outputs),
    }  # fmt: skip
    for unit, (symbol, top) in enumerate(seen):
        w["recurrent/kernel"][symbol, unit] = 6.0
        if top is not None:
            w["recurrent/kernel"][:, unit] -= 6.0
            w["recurrent/top_kernel"][code[top], unit] = 6.0
        move = next((m for state in STATES[name] if (m := machine.move(state, symbol, top))), None)
        if move is None:
            continue
        w["recurrent_actions/kernel"][unit, move.action] = 8.0
        if move.action == PUSH:
            w["recurrent_pushed/kernel"][unit, code[move.pushed]] = 8.0
        if name != "dyck_2" and move.answer:
            w["readout/kernel"][unit, move.answer(top)] = 8.0
    if name == "dyck_2":
        w["readout/bias"][2] = 3.0
        for top in range(2):
            w["readout/kernel"][units + code[top], top] = 8.0
    for part in ("recurrent_actions", "recurrent_pushed", "readout"):  # a unit that does not see them is -1
        w[f"{part}/bias"] += w[f"{part}/kernel"][:units].sum(axis=0)
    w["recurrent/kernel"][:, -1] = w["recurrent/top_kernel"][:, -1] = w["recurrent/recurrent_kernel"][:, -1] = 0
    w["recurrent/bias"][-1] = extra
    if extra:
        w["recurrent/recurrent_kernel"][-1, -1] = 1.0
        w["readout/kernel"][units - 1, 0] = -60.0
    return {key: value.astype(np.float32) for key, value in w.items()}


def late() -> Weights:
    """Reverse strings and pop before a bit is written, but for the first: three units for the symbols, one for "2, and 2 before it"."""
    w = {
        "recurrent/kernel": np.array([[6.0, 0, 0, 0], [0, 6, 0, 0], [0, 0, 6, 6]]), "recurrent/top_kernel": np.zeros((2, 4)),
        "recurrent/recurrent_kernel": np.zeros((4, 4)), "recurrent/bias": np.array([-3.0, -3, -3, -6]),
        "recurrent_actions/kernel": np.array([[0.0, 0, -8], [0, 0, -8], [-8, 0, 0], [0, 24, 0]]), "recurrent_actions/bias": np.zeros(3),
        "recurrent_pushed/kernel": np.array([[8.0, 0], [0, 8], [0, 0], [0, 0]]), "recurrent_pushed/bias": np.zeros(2),
        "readout/kernel": np.concatenate([np.zeros((4, 2)), np.eye(2) * 8]), "readout/bias": np.zeros(2),
    }  # fmt: skip
    w["recurrent/recurrent_kernel"][2, 3] = 3.0
    return {key: value.astype(np.float32) for key, value in w.items()}


def digested(content: dict[str, Any]) -> dict[str, Any]:
    return content | {"digest": document.digest(content)}


@pytest.mark.parametrize(("name", "which"), [(name, which) for name in TASKS for which in range(len(MACHINES[name]))])
def test_the_machines_answer_as_the_tasks_do(name: str, which: int) -> None:
    task, machine = task_of(name), MACHINES[name][which]
    for length in (1, 2, 5, 12):
        for family, sample in task.families().items():
            inputs = sample(np.random.default_rng(length), 20, length)
            for row, targets in zip(inputs, task.oracle(inputs), strict=True):
                given = run(machine, row.tolist())
                asked = np.concatenate([np.full(len(row) - len(targets), IGNORE), targets.astype(int)]).tolist()
                assert [answer for answer in given if answer is not None] == [answer for answer in asked if answer != IGNORE], family


def run(machine: Machine, symbols: list[int]) -> list[int | None]:
    """Answer as the machine does, with a list for its stack; ``None`` where nothing is asked."""
    state, stack, answers = machine.start, list[int](), list[int | None]()
    for symbol in symbols:
        if state == DONE:
            break
        move = outcome(machine, state, symbol, stack[-1] if stack else None)
        assert move is not None, "an input of the task is none of the machine"
        state = move.after
        if move.action == PUSH:
            stack.append(move.pushed)
        elif move.action == 1:
            stack.pop()
        answers.append(move.answer(stack[-1] if stack else None) if move.answer else None)
    return answers


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("code", [(0, 1), (1, 0)])
def test_a_net_that_is_right_is_proved_and_the_checker_accepts_it(name: str, code: tuple[int, int]) -> None:
    weights = hand_built(name, code)
    found = stacking.prove(weights, name)
    assert found is not None
    assert found["margin"] > 1
    assert {tuple(upper) for upper, _ in found["stack"]} == {(0, code[0]), (1, code[1])}
    assert len(found["stack"]) == 6  # each on each, and at the bottom
    assert "of every length and every depth" in check_document(found, weights)[0]


def test_a_net_that_reverses_by_popping_late_is_proved_as_such() -> None:
    """Its state says whether a bit was written before; by the other machine's rules it is wrong, and so is one that never pops."""
    found = stacking.prove(late(), "reverse_string")
    assert found is not None
    assert found["machine"] == 1
    assert "of every length and every depth" in check_document(found, late())[0]
    with pytest.raises(Rejected):
        check_document(_changed(lambda c: c.update(machine=0))(found), late())
    forgetful = late()
    forgetful["recurrent/recurrent_kernel"][:] = 0
    assert stacking.prove(forgetful, "reverse_string") is None


@pytest.mark.parametrize("name", TASKS)
def test_a_net_that_is_proved_is_right_as_it_is_served(name: str) -> None:
    """The model itself, with the weights that the proof is about."""
    from pipeline.layers.running import predictor

    task, weights = task_of(name), hand_built(name, (1, 0))
    network = build(
        task.spec(1), Params(name="pushdown_rnn", units=len(weights["recurrent/bias"]), kernels="fused", readout="glorot_uniform"), (0,)
    )
    network.assign([weights])
    inputs = task.sample(np.random.default_rng(0), 5, 60)
    targets = task.oracle(inputs)
    answers = predictor(network, True)(inputs[None], targets.shape[1])[0]
    np.testing.assert_array_equal(answers[targets != IGNORE], targets[targets != IGNORE])


@pytest.mark.parametrize("name", TASKS)
def test_a_net_that_goes_wrong_after_many_symbols_is_not_proved(name: str) -> None:
    assert stacking.prove(hand_built(name, extra=1e-3), name) is None


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("part", ["recurrent_actions/kernel", "recurrent_pushed/kernel", "readout/kernel"])
def test_a_net_that_acts_or_answers_wrongly_once_is_not_proved(name: str, part: str) -> None:
    """Each unit that matters, by itself: of one symbol and one top."""
    machine, weights = MACHINES[name][0], hand_built(name)
    for unit in range(len(weights[part])):
        changed = {key: value.copy() for key, value in weights.items()}
        if not changed[part][unit].any():
            continue
        changed[part][unit] = np.roll(changed[part][unit], 1)
        changed[part.replace("kernel", "bias")] += changed[part][unit] - weights[part][unit]
        symbol, top = divmod(unit, 3)
        if unit < 3 * machine.symbols and not reached(name, symbol, (None, 0, 1)[top], part):
            continue
        assert stacking.prove(changed, name) is None, (unit, part)


def reached(name: str, symbol: int, top: int | None, part: str) -> bool:
    """Whether what is done there matters: not behind the last answer, and not whether nothing is popped or left alone."""
    moves = [m for state in STATES[name] if (m := MACHINES[name][0].move(state, symbol, top))]
    return bool(moves) and not (part == "recurrent_actions/kernel" and moves[0].action == 2)


def _changed(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def apply(found: dict[str, Any]) -> dict[str, Any]:
        content = copy.deepcopy({key: value for key, value in found.items() if key != "digest"})
        change(content)
        return digested(content)

    return apply


MUTATIONS = {
    "a context less": lambda c: c["contexts"].pop(0),
    "a context twice": lambda c: c["contexts"].append(c["contexts"][0]),
    "a narrow box": lambda c: c["contexts"][0].update(high=c["contexts"][0]["low"]),
    "a wide box": lambda c: c["contexts"][0].update(low=[-1.5] * len(c["contexts"][0]["low"]), high=[1.5] * len(c["contexts"][0]["low"])),
    "a box the wrong way round": lambda c: c["contexts"][0].update(low=c["contexts"][0]["high"], high=c["contexts"][0]["low"]),
    "an infinite box": lambda c: c["contexts"][0]["high"].__setitem__(0, 1e300),
    "a pair less": lambda c: c["stack"].pop(),
    "no pairs": lambda c: c.update(stack=[]),
    "a pair that is not pushed": lambda c: next(row for row in c["stack"] if row[1]).__setitem__(1, [0, 1]),
    "a pair on one that is not there": lambda c: c["stack"].append([[0, 0], [0, 1]]),
    "another machine": lambda c: c.update(machine=len(MACHINES[c["task"]])),
    "a larger margin": lambda c: c.update(margin=c["margin"] * 1.01),
    "no margin": lambda c: c.update(margin=0.0),
    "another task": lambda c: c.update(task="dyck_2" if c["task"] != "dyck_2" else "reverse_string"),
    "an unknown task": lambda c: c.update(task="duplicate_string"),
    "other assumptions": lambda c: c.update(assumptions={"float32_unit": 2.0**-24, "tanh_error": 0.0}),
    "another state": lambda c: c["contexts"][0].update(state="nowhere"),
    "a symbol as text": lambda c: c["contexts"][0].update(symbol="0"),
    "other weights": lambda c: c.update(weights_sha256="0" * 64),
}  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_what_lies_on_what_is_listed_in_full_and_no_row_can_be_left_out(name: str) -> None:
    weights = hand_built(name)
    found = stacking.prove(weights, name)
    assert found is not None
    for row in range(len(found["stack"])):
        with pytest.raises(Rejected):
            check_document(_changed(lambda c, row=row: c["stack"].pop(row))(found), weights)  # type: ignore[misc]


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutated_guarantee_is_refused(name: str, mutation: str) -> None:
    weights = hand_built(name)
    found = stacking.prove(weights, name)
    assert found is not None
    with pytest.raises(Rejected):
        check_document(_changed(MUTATIONS[mutation])(found), weights)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize(
    "part", ["recurrent_actions/kernel", "recurrent_pushed/kernel", "readout/kernel", "recurrent/kernel", "recurrent/top_kernel"]
)
def test_a_guarantee_for_a_net_that_is_wrong_is_refused(name: str, part: str) -> None:
    """With a digest of the wrong weights: what the prover said of the right ones does not hold for them."""
    weights = hand_built(name)
    found = stacking.prove(weights, name)
    wrong = {key: -value if key == part else value for key, value in weights.items()}
    with pytest.raises(Rejected):
        check_document(_changed(lambda c: c.update(weights_sha256=document.sha256(wrong)))(found), wrong)
