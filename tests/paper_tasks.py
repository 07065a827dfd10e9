"""What the tasks of the study of 1997 that have a file of their own here answer, once more in plain Python, and what they refuse."""

import math
from collections.abc import Callable
from typing import Any

from checkouts import ROOT
from ruamel.yaml import YAML

FEWER = {"training_examples": 500, "validation_examples": 50, "test_examples": 50}
_TASKS = YAML(typ="safe").load((ROOT / "studies/1997/params.yaml").read_text())["tasks"]


def slow_multiplication(pairs: list[list[float]]) -> float:
    return math.prod(value for value, marker in pairs if marker == 1.0)


def slow_temporal_order_three(symbols: list[int]) -> int:
    relevant = "".join("XY"[symbol - 6] for symbol in symbols if symbol in (6, 7))
    return ["XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"].index(relevant)


SLOW: dict[str, Callable[[list[Any]], float]] = {
    "multiplication": slow_multiplication,
    "temporal_order_three": slow_temporal_order_three,
}
PARAMS = {name: _TASKS[name] | FEWER for name in SLOW}
ROUNDING = {"multiplication": 1e-7}
# Where a sequence ends, the symbols that stand behind it left out.
ENDS: dict[str, Callable[[list[Any]], int]] = {
    "multiplication": lambda pairs: max(i for i, (_, marker) in enumerate(pairs) if marker == -1.0) + 1,
    "temporal_order_three": lambda symbols: symbols.index(1) + 1,
}
# How a person writes an input, and reads its label.
LABELS: dict[str, tuple[Callable[[list[Any]], str], Callable[[Any], str]]] = {
    "multiplication": (lambda pairs: " ".join(f"{x!r}{'*' * (mark == 1)}" for x, mark in pairs), lambda label: f"{label:.4g}"),
    "temporal_order_three": (lambda symbols: " ".join("EBabcdXY"[s] for s in symbols), lambda label: "QRSUVABC"[label]),
}
ANSWERS = [
    ("multiplication", "0.5 0.2* 0.1 0.3* 0.9", "0.06"),
    ("multiplication", "0.5 0.2* 0.1", "0.2"),
    ("multiplication", "0, 1*, 1*, 0", "1"),
    ("multiplication", "0 0.5* " + 5000 * "1 " + "0.5* 0", "0.25"),
    ("temporal_order_three", "E X X X B", "Q"),
    ("temporal_order_three", "EaXbXcYB", "R"),
    ("temporal_order_three", "EYXYB", "A"),
    ("temporal_order_three", "E" + "abcd" * 2000 + "Y" + "dcba" * 2000 + "YYB", "C"),
]
BAD = {
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
    "temporal_order_three": ["", "E", "EXYB", "EXXXXB", "XXXB", "EXXX", "EBXXXB", "BXXXE", "exxxb", "EXX²B", "E" * 5000],
}
_SAMPLED = {"seed": 7, "length": 4, "training_examples": 12, "validation_examples": 4, "test_lengths": [4, 9, 20], "test_examples": 5}
SMALL = {"multiplication": _SAMPLED, "temporal_order_three": _SAMPLED | {"length": 10, "test_lengths": [10, 25]}}
GOLDEN = {
    ("multiplication", 1): "df03ac7a809d31ef12ed1c54d6445554f29a1050923b9a73718e0dcb4f5ee4b3",
    ("temporal_order_three", 1): "b9f500b6768aa73cce3675a05ff9b12e4eeb260864b835ada7be2f9379281090",
}
UNSCORED = ("temporal_order_three",)
