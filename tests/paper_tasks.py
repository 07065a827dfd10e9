"""What the tasks of the study of 1997 that have a file of their own here answer, once more in plain Python, and what they refuse."""

import math
from collections.abc import Callable
from typing import Any

from checkouts import ROOT
from ruamel.yaml import YAML

# Tasks whose sequences are answered at every position up to their ends.
ENDING = ("reber_successors",)
TWO_SEQUENCES = ("two_sequence", "two_sequence_noise", "two_sequence_targets")
# Their targets in training are not the oracle's.
DRAWN_TARGETS = (*TWO_SEQUENCES[1:], *ENDING)
# Their training inputs are drawn freely, and the same may come twice.
DRAWN_FREELY = ("noisy_lag", *ENDING)
# Its sequences may be more than a tenth longer than the least.
LONGER = ("very_long_lag",)
FEWER = {"training_examples": 500, "validation_examples": 50, "test_examples": 50}
FEWER_STRINGS = {"training_sets": 2, "training_examples": 30, "test_examples": 20, "trials": 3, "symbols": 100}
_TASKS = YAML(typ="safe").load((ROOT / "studies/1997/params.yaml").read_text())["tasks"]


def slow_adding(pairs: list[list[float]]) -> float:
    return 0.5 + math.fsum(value for value, marker in pairs if marker == 1.0) / 4


def slow_multiplication(pairs: list[list[float]]) -> float:
    return math.prod(value for value, marker in pairs if marker == 1.0)


def slow_temporal_order_three(symbols: list[int]) -> int:
    relevant = "".join("XY"[symbol - 6] for symbol in symbols if symbol in (6, 7))
    return ["XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"].index(relevant)


def slow_two_sequence(values: list[float]) -> float:
    return 1.0 if values[0] > 0 else 0.0


def slow_two_sequence_targets(values: list[float]) -> float:
    return 0.2 if values[0] > 0 else 0.8


def slow_very_long_lag(symbols: list[int]) -> int:
    return {52: 0, 53: 1}[symbols[1]]


def slow_reber_successors(inputs: list[int]) -> list[int]:
    """Keep all paths through the grammar's picture that read what there is."""
    within = ("0B1", "1T2", "1P3", "2S2", "2X4", "3T3", "3V5", "4X3", "4S6", "5P4", "5V6", "6E7")
    arcs = [(outer + arc[0], arc[1], outer + arc[2]) for outer in "TP" for arc in within] + [("s", "B", "o"), ("c", "E", "end")]
    arcs += [arc for outer in "TP" for arc in (("o", outer, f"{outer}0"), (f"{outer}7", outer, "c"))]
    places, found = {"s"}, []
    for number in inputs:
        places = {to for at, letter, to in arcs if at in places and letter == "BTPSXVE"[number % 7]}
        follows = {letter for at, letter, _ in arcs if at in places}
        found.append(sum(2 ** "BTPSXVE".index(letter) for letter in follows) if follows else -1)
    return found


def end_of_pairs(pairs: list[list[float]]) -> int:
    return max(i for i, (_, marker) in enumerate(pairs) if marker == -1.0) + 1


def as_pairs(pairs: list[list[float]]) -> str:
    return " ".join(f"{x!r}{'*' * (mark == 1)}" for x, mark in pairs)


def end_of_reals(values: list[float]) -> int:
    return max(i for i, value in enumerate(values) if value) + 1


def as_reals(values: list[float]) -> str:
    return " ".join(map(repr, values))


SLOW: dict[str, Callable[[list[Any]], float | list[int]]] = {
    "adding_long": slow_adding,
    "multiplication": slow_multiplication,
    "reber_successors": slow_reber_successors,
    "temporal_order_three": slow_temporal_order_three,
    "two_sequence": slow_two_sequence,
    "two_sequence_noise": slow_two_sequence,
    "two_sequence_targets": slow_two_sequence_targets,
    "very_long_lag": slow_very_long_lag,
}
PARAMS = {name: _TASKS[name] | (FEWER_STRINGS if name in ENDING else FEWER) for name in SLOW}
ROUNDING = {"adding_long": 1e-7, "multiplication": 1e-7, "two_sequence_targets": 1e-7}
# Where a sequence ends, the symbols that stand behind it left out.
ENDS: dict[str, Callable[[list[Any]], int]] = {
    **dict.fromkeys(("adding_long", "multiplication"), end_of_pairs),
    "temporal_order_three": lambda symbols: symbols.index(1) + 1,
    **dict.fromkeys(TWO_SEQUENCES, end_of_reals),
    "very_long_lag": lambda symbols: symbols.index(50) + 1,
}
# How a person writes an input, and reads its label.
LABELS: dict[str, tuple[Callable[[list[Any]], str], Callable[[Any], str]]] = {
    **dict.fromkeys(("adding_long", "multiplication"), (as_pairs, lambda label: f"{label:.4g}")),
    "temporal_order_three": (lambda symbols: " ".join("EBabcdXY"[s] for s in symbols), lambda label: "QRSUVABC"[label]),
    "two_sequence": (as_reals, lambda label: "01"[int(label)]),
    "two_sequence_noise": (as_reals, lambda label: "01"[int(label)]),
    "two_sequence_targets": (as_reals, lambda label: f"{label:.1f}"),
    "very_long_lag": (lambda symbols: " ".join(f"a{s + 1}" if s < 50 else "ebyx"[s - 50] for s in symbols), lambda label: "yx"[label]),
}
ANSWERS = [
    ("adding_long", "0.5 -0.2* 0.1 0.3* 0.9", "0.525"),
    ("multiplication", "0.5 0.2* 0.1 0.3* 0.9", "0.06"),
    ("multiplication", "0.5 0.2* 0.1", "0.2"),
    ("multiplication", "0, 1*, 1*, 0", "1"),
    ("multiplication", "0 0.5* " + 5000 * "1 " + "0.5* 0", "0.25"),
    ("reber_successors", "B", "TP"),
    ("reber_successors", "BTBTXSETE", "TP B TP SX SX E T E"),
    ("reber_successors", "BPBPTTVPXVVE", "TP B TP TV TV TV PV SX TV PV E P"),
    ("reber_successors", "BTBT" + 5000 * "S", "TP B TP" + 5001 * " SX"),
    ("temporal_order_three", "E X X X B", "Q"),
    ("temporal_order_three", "EaXbXcYB", "R"),
    ("temporal_order_three", "EYXYB", "A"),
    ("temporal_order_three", "E" + "abcd" * 2000 + "Y" + "dcba" * 2000 + "YYB", "C"),
    ("two_sequence", "1 0.3 -0.5", "1"),
    ("two_sequence", "-1, -0.001", "0"),
    ("two_sequence", "-1" + 5000 * " 0.7", "0"),
    ("two_sequence_noise", "0.4 -3", "1"),
    ("two_sequence_targets", "1 0.3", "0.2"),
    ("two_sequence_targets", "-1 0.3", "0.8"),
    ("very_long_lag", "b y a1 e", "y"),
    ("very_long_lag", "b, x, a50, a1, e", "x"),
    ("very_long_lag", "b x" + 5000 * " a7" + " e", "x"),
]
BAD = {
    "adding_long": ["", "0* 0*", "0 0 0", "0 1.1* 0", "0 x* 0"],
    "multiplication": [
        "",
        "0 1",
        "0 0 0",
        "0* 0* 0",
        "0 0* 0* 0* 0",
        "0 1.1* 0",
        "0 -0.2* 0",
        "-0.1 0.2* 0",
        "0 nan* 0",
        "0 x* 0",
        "1" * 99,
    ],
    "reber_successors": ["", "E", "bt", "B T", "A", "BB", "BTBTXSEP", "BTBTXSETEB", "BTBTXSETT", "B²"],
    "temporal_order_three": ["", "E", "EXYB", "EXXXXB", "XXXB", "EXXX", "EBXXXB", "BXXXE", "exxxb", "EXX²B", "E" * 5000],
    **{name: ["", "1", "1 x", "1 0", "0 1", "1 nan", "1 inf", "1 101", "1 ١", "9" * 5000] for name in TWO_SEQUENCES},
    "very_long_lag": [
        "",
        "b",
        "b y e",
        "b y a1",
        "y a1 e",
        "b a1 a1 e",
        "b y a0 e",
        "b y a51 e",
        "b y y e",
        "b y a1 e e",
        "B Y A1 E",
        "byae",
        "b y a² e",
    ],
}
_SAMPLED = {"seed": 7, "length": 4, "training_examples": 12, "validation_examples": 4, "test_lengths": [4, 9, 20], "test_examples": 5}
SMALL = {
    "adding_long": _SAMPLED | {"further_lengths": [9, 12]},
    "multiplication": _SAMPLED,
    "reber_successors": {"seed": 7, "longest": 12} | FEWER_STRINGS | {"test_examples": 2},
    "temporal_order_three": _SAMPLED | {"length": 10, "test_lengths": [10, 25]},
    **{name: _SAMPLED | {"telling": 1} for name in TWO_SEQUENCES},
    "very_long_lag": _SAMPLED | {"distractors": 5},
}
GOLDEN = {
    ("adding_long", 1): "3993d3d1237d792fcadbab47a432e011089a8f296608e9b5841158bece86be55",
    ("multiplication", 1): "df03ac7a809d31ef12ed1c54d6445554f29a1050923b9a73718e0dcb4f5ee4b3",
    ("reber_successors", 1): "ddc7c19de9d5dda91c90b4348ed1cb87e178ad2bee26aa58f461ef4ff811a32c",
    ("temporal_order_three", 1): "b9f500b6768aa73cce3675a05ff9b12e4eeb260864b835ada7be2f9379281090",
    ("two_sequence", 1): "af42de9a29ffd0bf642c0c7bb415f401b3ebbd5f9264ed8ee4e30452916d2239",
    ("two_sequence_noise", 1): "c5ec275db9a0cd99a909f1563a181169210ce4d49322f223655c77e7b0970254",
    ("two_sequence_targets", 1): "e94255215d464a086626b9bd565248ab67f7123c36eda3951728d828c219ddd3",
    ("very_long_lag", 1): "96c92f40995da2a5c109b5dfe982d61cd81e7fa3a59362a170ca59831964faf7",
}
UNSCORED = ("temporal_order_three", "very_long_lag")
