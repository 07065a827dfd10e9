"""Guarantees of other kinds: each against brute force, its checker against mutations that are digested anew."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkouts import ROOT

from pipeline.core import registry
from pipeline.guarantees import adding, comparing, counting, document, pointer
from pipeline.guarantees.checker import checker, rounding
from pipeline.guarantees.checker.adding import error_of
from pipeline.guarantees.checker.checker import Rejected, check_document
from pipeline.guarantees.checker.comparing import REGIONS

Weights = dict[str, np.ndarray]
rng = np.random.default_rng


def random_floats(n: int, seed: int = 0) -> list[float]:
    """float32 numbers of many magnitudes, with few bits and with many."""
    draw = rng(seed)
    full = draw.normal(size=n) * 2.0 ** draw.integers(-9, 2, n)
    short = np.round(draw.normal(size=n) * 8) / 2.0 ** draw.integers(2, 6, n)
    return [float(x) for x in np.concatenate([full, short]).astype(np.float32) if x]


# --- float32 in exact arithmetic --------------------------------------------------------------------------------------------------


def test_nearest_is_what_numpy_rounds_to():
    draw = rng(1)
    drawn = draw.normal(size=2000) * 2.0 ** draw.integers(-30, 30, 2000)
    for value in [*drawn.tolist(), 1 + 2.0**-24, 1 + 3 * 2.0**-24, 2 - 2.0**-25]:
        assert float(rounding.nearest(Fraction(value))) == float(np.float32(value))


@pytest.mark.parametrize("added", [*random_floats(12), 0.1, -0.1, 1.0, 1.5 * 2.0**-20, 3 * 2.0**-23, 2.0**-24 * (2**23 + 1)])
def test_runs_are_float32_sums(added):
    """Every single sum, as NumPy adds; ``checked_runs`` takes them."""
    added, length = float(np.float32(added)), 60_000
    found = counting.runs(Fraction(added), length)
    sums = np.concatenate([float(value) + np.arange(1, count + 1) * float(step) for _, value, step, count in found])
    exact, step = np.empty(length, np.float32), np.float32(added)
    total = np.float32(0)
    for i in range(length):
        total = total + step
        exact[i] = total
    np.testing.assert_array_equal(sums, exact)
    assert rounding.checked_runs(found, Fraction(added), length) == found
    assert len(found) < 150


def test_sums_come_to_a_stop():
    runs = counting.runs(Fraction(1), 2**24 + 5)
    assert runs[-1][1:3] == (2**24, 0)
    assert rounding.checked_runs(runs, Fraction(1), 2**24 + 5)
    small = Fraction(float(np.float32(1e-3)))
    stuck = counting.runs(small, 10**9)[-1]
    assert stuck[2] == 0
    assert np.float32(stuck[1]) + np.float32(1e-3) == np.float32(stuck[1])


@pytest.mark.parametrize("change", ["step", "value", "count", "order", "drop", "long"])
def test_runs_that_are_not_the_sums_are_refused(change):
    added = Fraction(float(np.float32(0.3)))
    runs = [list(run) for run in counting.runs(added, 5000)]
    at = max(range(len(runs)), key=lambda i: runs[i][3])
    if change == "step":
        runs[at][2] += Fraction(1, 2**20)
    elif change == "value":
        runs[at][1] += Fraction(1, 2**10)
    elif change == "count":
        runs[at][3] += 1
    elif change == "order":
        runs[0], runs[1] = runs[1], runs[0]
    elif change == "drop":
        runs.pop()
    else:
        runs = [[0, Fraction(0), added, 5000]]
    with pytest.raises(Rejected):
        rounding.checked_runs(runs, added, 5000)


@pytest.mark.parametrize("units", [-1, 1, 2])
@pytest.mark.parametrize("added", [0.3, -0.7, 1e-3])
def test_a_step_that_is_off_by_a_unit_is_refused(added, units):
    """In the last run, so that nothing behind it tells."""
    exact = Fraction(float(np.float32(added)))
    runs = counting.runs(exact, 5000)
    at = max(range(len(runs)), key=lambda i: runs[i][3])
    first, value, step, count = runs[at]
    unit = Fraction(2) ** (rounding.binade(value + step) - 23)
    whole = [*runs[:at], (first, value, step, count - 3)]
    assert rounding.checked_runs(whole, exact, first + count - 3) == whole
    with pytest.raises(Rejected):
        rounding.checked_runs([*runs[:at], (first, value, step + units * unit, count - 3)], exact, first + count - 3)
    alone = next(i for i in range(3, len(runs)) if runs[i][3] == 1)
    first, value, step, _ = runs[alone]
    unit = Fraction(2) ** (rounding.binade(value + step) - 23)
    assert rounding.checked_runs(runs[: alone + 1], exact, first + 1)
    with pytest.raises(Rejected):
        rounding.checked_runs([*runs[:alone], (first, value, step + units * unit, 1)], exact, first + 1)


@pytest.mark.parametrize("count", [8, 50])
def test_sums_that_need_more_bits_than_there_are_do_not_pass_for_exact(count):
    added = Fraction(float(np.float32(0.3)))
    with pytest.raises(Rejected, match="should be exact"):
        rounding.checked_runs([(0, Fraction(0), added, count)], added, count)


def test_halves_are_rounded_to_even_and_do_not_pass_for_one_run():
    """What is added lies half way between two steps: the sum's last bit decides."""
    added = Fraction(2**23 + 1, 2**24)  # 24 bits; from 1 on, half of a unit is left
    found = counting.runs(added, 1000)
    total = np.float32(0)
    for _, value, step, count in found:
        for k in range(count):
            assert Fraction(float(total)) == value + k * step
            total = total + np.float32(float(added))
    odd = [[0, 0, added, 1], [1, added, added + Fraction(1, 2**24), 3]]
    with pytest.raises(Rejected):
        rounding.checked_runs(odd, added, 4)


# --- counting -----------------------------------------------------------------------------------------------------------------------


def carousel(seed: int, units: int = 4, off: float = 0.0) -> Weights:
    """A net that counts: a readout that makes what a one adds come to 1, or nearly."""
    draw = rng(seed)
    kernel = draw.uniform(-1, 1, (1, units)).astype(np.float32)
    added = np.tanh(kernel[0].astype(np.float64))
    readout = (added / (added**2).sum() * (1 + off)).astype(np.float32)[:, None]
    return {"recurrent/kernel": kernel, "readout/kernel": readout, "readout/bias": np.array([off / 3], np.float32)}


def counted(weights: Weights, upto: int, error: float, seed: int) -> np.ndarray:
    """What float32 makes of 0 to ``upto`` ones, in some order of the sum, each tanh off by as much as it may."""
    draw, units = rng(seed), len(weights["readout/kernel"])
    exact = np.tanh(weights["recurrent/kernel"][0].astype(np.float64))
    state, order = np.zeros(units, np.float32), draw.permutation(units)
    side = draw.choice([-1, 1], units) if seed % 2 else None
    answers = []
    for _ in range(upto + 1):
        y = np.float32(0)
        for unit in order:
            y = y + state[unit] * weights["readout/kernel"][unit, 0]
        answers.append(int(np.round(y + weights["readout/bias"][0])))
        wrong = draw.uniform(-1, 1, units) if side is None else side
        state = state + (exact + wrong * error).astype(np.float32)
    return np.array(answers)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("off", [0.0, 1e-3, -2e-2, 0.3])
def test_what_is_counted_right_is_right_in_any_order(seed, off):
    weights = carousel(seed, off=off)
    proof = counting.reach(weights, "carousel")
    check_document(proof, weights)
    assert proof["fails"] <= 2**24 + 1
    upto = min(proof["fails"], 30_000)
    for attempt in range(2):
        answers = counted(weights, upto, 2.0**-18, 2 * seed + attempt)
        right = answers == np.arange(upto + 1)
        assert right[: proof["reach"] + 1].all()
        assert upto < proof["fails"] or not right[proof["fails"]]
    assert proof["reach"] > (100 if off < 0.01 and off > -0.01 else 0)


def test_the_reach_is_near_what_no_net_reaches():
    """The bracket is narrow: what is not proved fails soon."""
    for seed in range(4):
        proof = counting.reach(carousel(seed), "carousel")
        assert 500 < proof["reach"] < proof["fails"] < 3 * proof["reach"]


def whole_counter(kernel: list[float], readout: list[float], bias: float = 0.1) -> Weights:
    return {
        "recurrent/kernel": np.array([kernel], np.float32),
        "readout/kernel": np.array(readout, np.float32)[:, None],
        "readout/bias": np.array([bias], np.float32),
    }


def test_whole_counters_count_to_a_million_and_more():
    weights = whole_counter([0.9, 0.2, -3.0], [1.7, 5.0, 0.6], 0.2)  # 1, 0, -1 times 2, 5, 1, and 0
    proof = counting.reach(weights, "counters")
    check_document(proof, weights)
    assert proof["increments"]["low"] == [1.0, 0.0, -1.0]
    assert proof["reach"] == 2**23 // 3  # 2 n + n
    assert proof["fails"] == 2**24 + 1
    alone = counting.reach(whole_counter([1.0], [1.0], 0.0), "counters")
    assert alone["reach"] == 2**23
    assert counting.reach(whole_counter([1.0], [2.0]), "counters")["reach"] == 0
    assert counting.reach(whole_counter([1.0], [2.0]), "counters")["fails"] == 1


@pytest.mark.parametrize("net", ["carousel", "counters"])
def test_a_net_that_puts_out_something_for_nothing_counts_nothing_right(net):
    weights = whole_counter([1.0], [1.0], 0.8)
    proof = counting.reach(weights, net)
    assert (proof["reach"], proof["fails"]) == (-1, 0)
    assert "without ones wrongly" in check_document(proof, weights)[0]
    for reach in (0, 1):
        with pytest.raises(Rejected):
            check_document(mutated(proof, lambda p, reach=reach: p.update(reach=reach)), weights)
    right = counting.reach(whole_counter([1.0], [1.0], 0.1), net)
    with pytest.raises(Rejected):
        check_document(mutated(right, lambda p: p.update(reach=-1, fails=0, runs=[[[], []]])), whole_counter([1.0], [1.0], 0.1))


def grown(proof: dict[str, Any]) -> None:
    proof["reach"] += 1


COUNT_MUTATIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a greater reach": grown,
    "a failure that is none": lambda p: p.update(fails=p["reach"] + 1),
    "a failure far beyond": lambda p: p.update(fails=2**25),
    "a narrower tanh": lambda p: p["increments"]["low"].__setitem__(0, p["increments"]["high"][0]),
    "an increment that is no float32": lambda p: p["increments"]["high"].__setitem__(0, p["increments"]["high"][0] + 1e-12),
    "a run more": lambda p: p["runs"][0][0].append([10**6, 0.0, 0.0, 1]),
    "another step": lambda p: p["runs"][0][0][-1].__setitem__(2, 0.25),
    "ends the wrong way round": lambda p: p["runs"][0].reverse(),
    "a unit less": lambda p: p["runs"].pop(),
    "another assumption": lambda p: p["assumptions"].update(tanh_error=2.0**-30),
    "an assumption more": lambda p: p["assumptions"].update(order="left to right"),
    "another net": lambda p: p.update(net="counters"),
    "another kind": lambda p: p.update(kind="compare"),
    "no kind": lambda p: p.pop("kind"),
    "a reach that is no number": lambda p: p.update(reach="many"),
    "a reach that is a real": lambda p: p.update(reach=float(p["reach"])),
    "not a number": lambda p: p["runs"][0][0][-1].__setitem__(1, float("nan")),
    "infinity": lambda p: p["increments"]["high"].__setitem__(0, float("inf")),
    "another format": lambda p: p.update(format="trailing-nines guarantee 2"),
}


def mutated(proof: dict[str, Any], change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    other = copy.deepcopy(proof)
    change(other)
    return other | {"digest": document.digest(other)}


@pytest.mark.parametrize("mutation", COUNT_MUTATIONS)
def test_a_mutated_count_is_refused(mutation):
    weights = carousel(0)
    proof = counting.reach(weights, "carousel")
    check_document(proof, weights)
    with pytest.raises(Rejected):
        check_document(mutated(proof, COUNT_MUTATIONS[mutation]), weights)


@pytest.mark.parametrize("narrow", [0, 1])
def test_a_tanh_that_is_taken_to_be_finer_than_is_assumed_is_refused(monkeypatch, narrow):
    """Everything else follows from it, so nothing else tells."""
    weights = carousel(0)
    wide = counting._increments(weights["recurrent/kernel"][0].astype(np.float64), "carousel")
    near = np.tanh(weights["recurrent/kernel"][0]).astype(np.float64)
    monkeypatch.setattr(counting, "_increments", lambda *of: tuple(near if at == narrow else end for at, end in enumerate(wide)))
    proof = counting.reach(weights, "carousel")
    with pytest.raises(Rejected, match="a tanh may lie beyond"):
        check_document(proof, weights)


def test_other_weights_and_an_old_digest_are_refused():
    weights = carousel(0)
    proof = counting.reach(weights, "carousel")
    with pytest.raises(Rejected, match="other weights"):
        check_document(proof, weights | {"readout/bias": np.array([0.25], np.float32)})
    with pytest.raises(Rejected, match="changed after"):
        check_document(proof | {"reach": 1}, weights)
    double = {name: array.astype(np.float64) for name, array in weights.items()}
    with pytest.raises(Rejected, match="float32"):
        check_document(mutated(proof, lambda p: p.update(weights_sha256=document.sha256(double))), double)


# --- comparing ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "longest"), [("majority", 12), ("an_bn", 14), ("an_bn_cn", 14), ("bucket_sort", 5)])
def test_regions_are_what_the_tasks_ask(task, longest):
    """All counts of short inputs, by the oracle: each has its answer's cone, and no other answer's."""
    kind = registry.load("tasks", task).TASK
    made = kind(kind.Params(**SMALL[task]))
    symbols = made.spec(1).inputs
    seen: dict[tuple[int, ...], int] = {}
    for length in range(1, longest + 1):
        rows = np.array(list(product(range(symbols - (task == "bucket_sort")), repeat=length)), np.uint8)
        rows = rows if task == "majority" else np.unique(made.sample(rng(0), 20_000, length), axis=0)
        targets = made.oracle(rows)
        for row, target in zip(rows.tolist(), targets.tolist(), strict=True):
            for place, answer in enumerate(target, start=len(row) - len(target)):
                counts = tuple(row[: place + 1].count(symbol) for symbol in range(symbols))
                assert seen.setdefault(counts, answer) == answer
    spanned: dict[tuple[int, ...], set[int]] = {}
    for answer, base, generators in REGIONS[task]:
        for times in product(range(longest + 1), repeat=len(generators)):
            counts = np.array(base) + np.array(times) @ np.array(generators)
            if counts.sum() <= longest * (2 if task == "bucket_sort" else 1):
                spanned.setdefault(tuple(counts.tolist()), set()).add(answer)
    assert all(len(answers) == 1 for answers in spanned.values())
    for counts, answer in seen.items():
        assert spanned.get(counts) == {answer}, counts


SMALL = {
    task: {
        "seed": 0, "length": 6, "from_length": 1, "training_examples": 2, "validation_examples": 0, "test_lengths": [1], "test_examples": 1,
    }
    for task in REGIONS
}  # fmt: skip


def counters(kernel: list[list[float]], readout: list[list[float]], bias: list[float]) -> Weights:
    arrays = {"recurrent/kernel": kernel, "readout/kernel": readout, "readout/bias": bias}
    return {name: np.array(array, np.float32) for name, array in arrays.items()}


MAJORITY = counters([[-1.0], [1.0]], [[-3.0, 3.0]], [1.5, -1.5])
# Scores: a or b -2 b + 1; b 0; the end 2 (b - a) + 1.
AN_BN = counters([[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0, -2.0], [-2.0, 0.0, 2.0]], [1.0, 0.0, 1.0])


@pytest.mark.parametrize(("task", "weights", "reach"), [("majority", MAJORITY, 2**24), ("an_bn", AN_BN, 2_796_201)])
def test_nets_that_compare_right_are_right_as_far_as_sums_are_exact(task, weights, reach):
    """One count that is compared with 0 has no error that matters; two whose multiples must be equal may err by their size."""
    proof = comparing.reach(weights, task)
    said = check_document(proof, weights)
    assert (proof["reach"], proof["fails"]) == (reach, None)
    assert f"up to length {reach}" in said[0]


@pytest.mark.parametrize("seed", range(60))
def test_what_is_compared_right_is_right(seed):
    """Random nets near right ones, and every count up to a length, answered in float32 in some order."""
    task, weights = [("majority", MAJORITY), ("an_bn", AN_BN)][seed % 2]
    draw = rng(seed)
    near = {
        name: (array + np.round(draw.normal(size=array.shape) * (name.startswith("readout")) * draw.integers(0, 2))).astype(np.float32)
        for name, array in weights.items()
    }
    near["readout/bias"] = (near["readout/bias"] + draw.normal(size=near["readout/bias"].shape)).astype(np.float32)
    proof = comparing.reach(near, task)
    check_document(proof, near)
    kind = registry.load("tasks", task).TASK
    made = kind(kind.Params(**SMALL[task]))
    added, scores = np.clip(np.round(near["recurrent/kernel"]), -1, 1), np.round(near["readout/kernel"])
    wrong = []
    for length in range(1, 41):
        for ones in range(length + 1):
            row = np.array([0] * (length - ones) + [1] * ones, np.uint8)
            if task == "an_bn" and 2 * ones > length:
                continue
            state = np.array([length - ones, ones], np.float32) @ added
            given = state @ scores + np.round(2 * near["readout/bias"]) / 2
            if (np.delete(given, answer := made.oracle(row[None])[0, -1]) >= given[answer]).any():
                wrong.append(length)
    assert not wrong or min(wrong) > proof["reach"]
    if not wrong:
        assert proof["reach"] >= 1
    if proof["fails"] is not None:
        cone, times = proof["fails"]["cone"], np.array(proof["fails"]["times"])
        _, base, generators = REGIONS[task][cone]
        length = int((np.array(base) + times @ np.array(generators)).sum())
        assert length > proof["reach"]
        assert length > 40 or wrong


COMPARE_MUTATIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a greater reach": grown,
    "a failure that is none": lambda p: p.update(fails={"cone": 0, "times": [1, 0]}),
    "a cone that is not there": lambda p: p.update(fails={"cone": 9, "times": [1, 0]}),
    "a number less": lambda p: p.update(fails={"cone": 0, "times": [1]}),
    "a number below 0": lambda p: p.update(fails={"cone": 0, "times": [-1, 0]}),
    "another task": lambda p: p.update(task="an_bn"),
    "an unknown task": lambda p: p.update(task="parity"),
    "another net": lambda p: p.update(net="carousel"),
    "another assumption": lambda p: p["assumptions"].update(float32_unit=0.0),
}


@pytest.mark.parametrize("mutation", COMPARE_MUTATIONS)
def test_a_mutated_comparison_is_refused(mutation):
    proof = comparing.reach(MAJORITY, "majority")
    with pytest.raises(Rejected):
        check_document(mutated(proof, COMPARE_MUTATIONS[mutation]), MAJORITY)


# --- sorting by pointer ---------------------------------------------------------------------------------------------------------------


def pointing(symbols: int = 6, units: int = 2, mixing: float = 0.0, seed: int = 0) -> Weights:
    """A net that sorts: the first unit falls with the symbol, and the decoder's state stays where it always asks for the largest one."""
    draw = rng(seed)
    kernel = np.zeros((symbols, units), np.float32)
    kernel[:, 0] = np.linspace(0.5, -0.5, symbols)
    kernel[:, 1] = 1.0
    matrices = {name: mixing * draw.normal(size=(units, units)) for name in ("encoder/recurrent_kernel", "decoder/recurrent_kernel")}
    query = np.zeros((units, units))
    query[1, 0] = 10.0
    arrays = {
        "encoder/kernel": kernel, "encoder/bias": np.zeros(units), "decoder/kernel": np.diag([0.0, 2.0][:units]),
        "decoder/bias": np.zeros(units), "pointing/kernel": query, **matrices,
    }  # fmt: skip
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


@pytest.mark.parametrize("mixing", [0.0, 1e-3, 1e-2])
def test_a_net_that_sorts_is_proved_and_sorts(mixing):
    weights = pointing(mixing=mixing)
    proof = pointer.prove(weights)
    assert isinstance(proof, dict)
    said = check_document(proof, weights)
    assert "numbers 0 to 5, of every length" in said[0]
    for numbers in product(range(6), repeat=4):
        assert pointer.answer(weights, numbers) == tuple(sorted(numbers))


@pytest.mark.parametrize("seed", range(12))
def test_a_net_that_is_proved_sorts_every_short_list(seed):
    """Nets that were pushed about: those that are proved sort all short lists; the list that refutes one is sorted wrongly."""
    weights = pointing(symbols=4, mixing=0.05 * seed, seed=seed)
    draw = rng(seed)
    weights["pointing/kernel"] += draw.normal(size=(2, 2)).astype(np.float32) * seed / 3
    found = pointer.prove(weights)
    wrong = [n for length in (2, 3, 4) for n in product(range(4), repeat=length) if pointer.answer(weights, n) != tuple(sorted(n))]
    if isinstance(found, dict):
        check_document(found, weights)
        assert not wrong
    elif found is not None:
        assert found.answer == pointer.answer(weights, found.numbers) != tuple(sorted(found.numbers))


def test_outcomes_of_both_kinds_are_met():
    kinds = set()
    for seed in range(12):
        weights = pointing(symbols=4, mixing=0.05 * seed, seed=seed)
        weights["pointing/kernel"] += rng(seed).normal(size=(2, 2)).astype(np.float32) * seed / 3
        kinds.add(type(pointer.prove(weights)))
    assert {dict, pointer.Wrong} <= kinds


def scaled(part: str, end: str, by: float) -> Callable[[dict[str, Any]], None]:
    def change(proof: dict[str, Any]) -> None:
        proof[part][end] = (np.array(proof[part][end]) * by).tolist()

    return change


POINTER_MUTATIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a greater margin": lambda p: p.update(margin=p["margin"] * 1.01),
    "no margin": lambda p: p.update(margin=0.0),
    "a margin below 0": lambda p: p.update(margin=-1.0),
    "a smaller box of the encoder": scaled("encoder", "high", 0.999),
    "a smaller box of the decoder": scaled("decoder", "high", 0.999),
    "a box too large": scaled("decoder", "low", -3.0),
    "ends the wrong way round": lambda p: p["encoder"].update(low=p["encoder"]["high"], high=p["encoder"]["low"]),
    "a symbol less": lambda p: (p["encoder"]["low"].pop(), p["encoder"]["high"].pop()),
    "a decoder's box less": lambda p: p["decoder"]["low"].pop(),
    "two boxes changed places": lambda p: p["encoder"]["low"].reverse(),
    "a word": lambda p: p["encoder"]["low"][0].__setitem__(0, "0.5"),
    "not a number": lambda p: p["decoder"]["high"][0].__setitem__(0, float("nan")),
    "another assumption": lambda p: p["assumptions"].update(tanh_error=0.0),
    "another kind": lambda p: p.update(kind="count"),
    "no boxes": lambda p: p.pop("decoder"),
}


@pytest.mark.parametrize("mutation", POINTER_MUTATIONS)
def test_a_mutated_sort_is_refused(mutation):
    weights = pointing(mixing=1e-2)
    proof = pointer.prove(weights)
    assert isinstance(proof, dict)
    with pytest.raises(Rejected):
        check_document(mutated(proof, POINTER_MUTATIONS[mutation]), weights)


# --- adding -------------------------------------------------------------------------------------------------------------------------


def adder(leak: float = 0.0, mixing: float = 0.0, units: int = 3, seed: int = 0) -> tuple[Weights, dict[str, Any]]:
    """An LSTM that adds: its first unit takes in a tenth of a marked number and keeps it; others follow what is read."""
    draw = rng(seed)
    kernel, recurrent = np.zeros((2, 4 * units)), mixing * draw.normal(size=(units, 4 * units))
    kernel[0, 2 * units :] = 0.3 * draw.normal(size=2 * units)
    kernel[1, 0], kernel[:, 2 * units], kernel[:, 3 * units] = 8.0, (0.1, 0.0), (0.0, 0.0)
    bias = np.zeros(4 * units)
    bias[0], bias[units], bias[3 * units] = -4.0, 4.0 - 6.6 * leak, 5.0
    bias[units + 1 : 2 * units] = -1.0
    readout = np.zeros((units, 1))
    readout[0] = 2.5
    arrays = {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias}
    weights = {f"recurrent/{name}": np.asarray(array, np.float32) for name, array in arrays.items()}
    weights |= {"readout/kernel": readout.astype(np.float32), "readout/bias": np.array([0.5], np.float32)}
    return weights, {"name": "lstm", "gates": "hard_sigmoid", "forget_bias": 0.0, "input_bias": 0.0, "projection": False}


def added_up(weights: Weights, pairs: np.ndarray) -> np.ndarray:
    """What float32 makes of ``[n, T, 2]`` pairs."""
    units = len(weights["readout/kernel"])
    hidden = cell = np.zeros((len(pairs), units), np.float32)
    for t in range(pairs.shape[1]):
        z = pairs[:, t] @ weights["recurrent/kernel"] + hidden @ weights["recurrent/recurrent_kernel"] + weights["recurrent/bias"]
        into, forget, candidate, out = np.split(z, 4, axis=1)
        into, forget, out = (np.clip(np.float32(0.2) * gate + np.float32(0.5), 0, 1) for gate in (into, forget, out))
        cell = forget * cell + into * np.tanh(candidate)
        hidden = out * np.tanh(cell)
    return (hidden @ weights["readout/kernel"] + weights["readout/bias"])[:, 0]


def sequences(length: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with one mark or two anywhere between the ends, many numbers at their ends, and what they add up to."""
    draw = rng(seed)
    pairs = np.zeros((n, length, 2), np.float32)
    pairs[..., 0] = np.where(draw.random((n, length)) < 0.5, draw.uniform(-1, 1, (n, length)), draw.choice([-1, 1], (n, length)))
    for row in pairs:
        row[draw.choice(np.arange(1, length - 1), draw.integers(1, 3), replace=False), 1] = 1
    pairs[:, [0, -1], 1] = -1
    return pairs, 0.5 + np.where(pairs[..., 1] == 1, pairs[..., 0], 0).sum(axis=1) / 4


@pytest.mark.parametrize(("leak", "mixing"), [(0.0, 0.0), (0.0, 0.02), (0.3, 0.0), (0.3, 0.01)])
def test_no_sequence_is_off_by_more_than_is_proved(leak, mixing):
    weights, options = adder(leak, mixing)
    proof = adding.bound(weights, options, cuts=32)
    assert proof is not None
    check_document(proof, weights)
    longest = proof["length"] or 300
    for length in (4, 10, longest):
        pairs, sums = sequences(max(length, 4), 300, length)
        assert np.abs(added_up(weights, pairs) - sums).max() <= proof["error"]


def test_what_is_kept_by_open_and_shut_gates_is_right_at_every_length():
    weights, options = adder(mixing=0.02)
    proof = adding.bound(weights, options)
    assert proof is not None
    assert proof["length"] is None
    assert 0.005 < proof["error"] < 0.04
    pairs, sums = sequences(400, 2000, 1)
    assert np.abs(added_up(weights, pairs) - sums).max() > proof["error"] / 20


def test_biases_are_those_that_float32_adds():
    weights, options = adder()
    proof = adding.bound(weights, options | {"input_bias": -0.1}, cuts=16)
    assert proof is not None
    assert proof["net"]["input_bias"] == float(np.float32(-0.1))
    check_document(proof, weights)


def test_a_net_that_leaks_is_right_up_to_a_length():
    weights, options = adder(leak=0.2521)  # keeps 0.9993 of its cell at every pair
    bounds = [error_of(weights, {k: v for k, v in {"kind": "lstm", **options}.items() if k not in ("name", "projection")}, 16, n)
              for n in (10, 100, 1000)]  # fmt: skip
    assert bounds[0] < bounds[1] < bounds[2]


ADD_MUTATIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a smaller error": lambda p: p.update(error=p["error"] * 0.999),
    "an error that is a word": lambda p: p.update(error="0.01"),
    "no error": lambda p: p.update(error=0.0),
    "fewer parts": lambda p: p.update(cuts=p["cuts"] // 2),
    "too many parts": lambda p: p.update(cuts=10**9),
    "a length of 0": lambda p: p.update(length=0),
    "another forget gate": lambda p: p["net"].update(forget_bias=-5.0),
    "soft gates": lambda p: p["net"].update(gates="sigmoid"),
    "something more": lambda p: p["net"].update(units=3),
    "a finer tanh": lambda p: p["assumptions"].update(tanh_error=0.0),
}


@pytest.mark.parametrize("mutation", ADD_MUTATIONS)
def test_a_mutated_bound_is_refused(mutation):
    weights, options = adder(mixing=0.02)
    proof = adding.bound(weights, options, cuts=16)
    assert proof is not None
    with pytest.raises(Rejected):
        check_document(mutated(proof, ADD_MUTATIONS[mutation]), weights)


# --- files --------------------------------------------------------------------------------------------------------------------------


def test_the_checker_runs_alone_on_files(tmp_path: Path):
    weights = carousel(0)
    proof = counting.reach(weights, "carousel")
    (tmp_path / "proof.json").write_text(document.text(proof))
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **weights)
    copied = tmp_path / "alone/pipeline/guarantees/checker"
    copied.mkdir(parents=True)
    for file in (ROOT / "pipeline/guarantees/checker").glob("*.py"):
        (copied / file.name).write_text(file.read_text())
    command = [sys.executable, "-m", "pipeline.guarantees.checker.checker", str(tmp_path / "proof.json")]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *words], cwd=tmp_path / "alone", capture_output=True, text=True, check=False)

    accepted = run(str(tmp_path / "weights.npz"))
    assert (accepted.returncode, accepted.stderr) == (0, "")
    assert f"up to {proof['reach']} symbols" in accepted.stdout
    (tmp_path / "proof.json").write_text(document.text(mutated(proof, grown)))
    rejected = run(str(tmp_path / "weights.npz"))
    assert (rejected.returncode, rejected.stdout) == (1, "")
    assert rejected.stderr.startswith("rejected: behind ")
    assert run(str(tmp_path / "none.npz")).returncode == 2
    assert run().returncode == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"kind": 1, "kind": 1}', '{"kind": NaN}', "[" * 100_000])
def test_what_is_no_guarantee_is_refused_in_one_line(tmp_path: Path, text: str, capsys):
    (tmp_path / "proof.json").write_text(text)
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **carousel(0))
    assert checker.main([str(tmp_path / "proof.json"), str(tmp_path / "weights.npz")]) in (1, 2)
    assert capsys.readouterr().err.count("\n") == 1


def test_a_digest_is_over_all_but_itself():
    proof = counting.reach(carousel(1), "carousel")
    assert json.loads(document.text(proof)) == json.loads(json.dumps(proof))
    assert document.digest(proof) == proof["digest"]
