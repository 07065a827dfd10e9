"""What the tasks of the board of finite-state tasks answer, once more in plain Python, and what they refuse."""

from collections.abc import Callable
from itertools import pairwise
from math import prod

from checkouts import ROOT
from ruamel.yaml import YAML

BOARD = dict(YAML(typ="safe").load((ROOT / "studies/regular/params.yaml").read_text())["tasks"])
# Tasks that have their machines, and no nets on the board yet.
WAITING = (
    "comparison", "sum_of_three", "times_7", "times_9", "divide_by_3", "divide_by_7", "divide_by_9", "words_a5", "words_s5",
    "modular_arithmetic", "embedded_reber",
)  # fmt: skip
LIKE_THE_BOARD = {
    "seed": 0, "length": 16, "training_examples": 4000, "validation_examples": 500, "test_examples": 10, "test_lengths": "1, 20, 100",
}  # fmt: skip
PARAMS = {name: task for name, task in BOARD.items() if name != "parity"} | dict.fromkeys(WAITING, LIKE_THE_BOARD)


def place_value(digits: list[int]) -> int:
    return sum(digit * 10**place for place, digit in enumerate(digits))


def digits_of(number: int, places: int) -> list[int]:
    return [number // 10**place % 10 for place in range(places)]


def weighted(*weights: int) -> Callable[[list[int]], list[int]]:
    def slow(columns: list[int]) -> list[int]:
        rows = zip(*(map(int, f"{column:0{len(weights)}}") for column in columns), strict=True)
        total = sum(weight * place_value(list(row)) for weight, row in zip(weights, rows, strict=True))
        return digits_of(total, len(columns))

    return slow


def divided(divisor: int) -> Callable[[list[int]], list[int]]:
    def slow(digits: list[int]) -> list[int]:
        return digits_of(int("".join(map(str, digits))) // divisor, len(digits))[::-1]

    return slow


def slow_even_pairs(bits: list[int]) -> list[int]:
    return [sum(a != b for a, b in pairwise(bits[:end])) % 2 for end in range(1, len(bits) + 1)]


def slow_cycle_navigation(steps: list[int]) -> list[int]:
    places, at = [], 0
    for step in steps:
        at = {0: [4, 0, 1, 2, 3], 1: [0, 1, 2, 3, 4], 2: [1, 2, 3, 4, 0]}[step][at]
        places.append(at)
    return places


def slow_flip_flop(words: list[int]) -> list[int]:
    return [next((word for word in reversed(words[:end]) if word < 2), 0) for end in range(1, len(words) + 1)]


def slow_comparison(columns: list[int]) -> list[int]:
    found = []
    for end in range(1, len(columns) + 1):
        first, second = (int("".join(f"{column:02}"[at] for column in columns[:end])) for at in (0, 1))
        found.append(0 if first == second else 1 if first < second else 2)
    return found


def arranged(places: int, even_only: bool, **moves: list[int]) -> Callable[[list[int]], list[int]]:
    """Move cards on a table; number what lies there among all arrangements in the order of a dictionary."""

    def slow(word: list[int]) -> list[int]:
        cards, found = list("12345"[:places]), []
        for letter in word:
            cards = [cards[place] for place in moves["ab"[letter]]]
            smaller = [sum(later < card for later in cards[at + 1 :]) for at, card in enumerate(cards)]
            rank = sum(count * prod(range(1, places - at)) for at, count in enumerate(smaller))
            found.append(rank // 2 if even_only else rank)  # of two that differ in the last two cards one is even
        return found

    return slow


def slow_modular_arithmetic(symbols: list[int]) -> list[int]:
    """Let Python read the longest part that ends with a digit."""
    found = []
    for end in range(1, len(symbols) + 1):
        text = "".join("01234+-*"[symbol] for symbol in symbols[:end])
        right = all(character.isdigit() == (at % 2 == 0) for at, character in enumerate(text))
        found.append(eval(text.rstrip("+-*")) % 5 if right else 5)
    return found


def slow_order_of_two(symbols: list[int]) -> list[int]:
    known = ["", "X", "Y", "XX", "XY", "YX", "YY"]
    return [known.index("".join("XY"[s - 4] for s in symbols[:end] if s > 3)[:2]) for end in range(1, len(symbols) + 1)]


def slow_embedded_reber(symbols: list[int]) -> list[int]:
    """Keep all paths through the grammar's picture, twice, that read what there is."""
    within = ("0B1", "1T2", "1P3", "2S2", "2X4", "3T3", "3V5", "4X3", "4S6", "5P4", "5V6", "6E7")
    arcs = [(o + arc[0], arc[1], o + arc[2]) for o in "TP" for arc in within] + [("s", "B", "o"), ("c", "E", "end")]
    arcs += [arc for o in "TP" for arc in (("o", o, f"{o}0"), (f"{o}7", o, "c"))]
    answers = ["-", ".", "B", "T", "P", "E", "TP", "SX", "TV", "PV"]
    places, found = {"s"}, []
    for symbol in symbols:
        places = {to for at, letter, to in arcs if at in places and letter == "BTPSXVE"[symbol]}
        follows = "".join(sorted({letter for at, letter, _ in arcs if at in places}, key="BTPSXVE".index))
        found.append(answers.index(follows or ("." if places == {"end"} else "-")))
    return found


SLOW = {
    "modular_arithmetic": slow_modular_arithmetic,
    "order_of_two": slow_order_of_two,
    "embedded_reber": slow_embedded_reber,
    "even_pairs": slow_even_pairs,
    "cycle_navigation": slow_cycle_navigation,
    "flip_flop": slow_flip_flop,
    "comparison": slow_comparison,
    "addition": weighted(1, 1),
    "subtraction": weighted(1, -1),
    "sum_of_three": weighted(1, 1, 1),
    **{f"times_{k}": weighted(k) for k in (3, 7, 9)},
    **{f"divide_by_{k}": divided(k) for k in (3, 7, 9)},
    "words_s3": arranged(3, False, a=[1, 2, 0], b=[1, 0, 2]),
    "words_a5": arranged(5, True, a=[1, 2, 3, 4, 0], b=[1, 2, 0, 3, 4]),
    "words_s5": arranged(5, False, a=[1, 2, 3, 4, 0], b=[1, 0, 2, 3, 4]),
}

# States of the minimal machine, and symbols.
SIZES = {
    "parity": (2, 2), "even_pairs": (3, 2), "cycle_navigation": (5, 3), "flip_flop": (2, 5), "comparison": (3, 100), "addition": (2, 100),
    "subtraction": (2, 100), "sum_of_three": (3, 1000), **{f"{verb}_{k}": (k, 10) for verb in ("times", "divide_by") for k in (3, 7, 9)},
    "words_s3": (6, 2), "words_a5": (60, 2), "words_s5": (120, 2), "order_of_two": (7, 6), "embedded_reber": (20, 7),
    "modular_arithmetic": (50 + 1, 8),  # the one more is what is no expression
}  # fmt: skip

_NUMBER = ["", " ", "12a4", "-3", "1.5", "1_0", "²"]
_WORD = ["", "abc", "A", "a b", "0"]
BAD = {
    "even_pairs": ["", "012", "1 0"],
    "cycle_navigation": ["", "bsx", "b s", "-1"],
    "flip_flop": ["", ",", "w2", "w0 r1", "w", "w0w1"],
    "comparison": ["", "1", "1 2 3", "1 x", "-1 2"],
    "addition": ["", "1", "1+", "+1", "1+2+3", "1-2", "1 + x"],
    "subtraction": ["", "1", "1-", "-1", "3-2-1", "1+2", "12-13", "9-10"],
    "sum_of_three": ["", "1", "1+2", "1+2+", "1+2+3+4"],
    **{f"{verb}_{k}": _NUMBER for verb in ("times", "divide_by") for k in (3, 7, 9)},
    "modular_arithmetic": ["", "5", "2 + 3", "2/3", "x"],
    "order_of_two": ["", "abx", "a b", "0"],
    "embedded_reber": ["", "bt", "B T", "A"],
    **{f"words_{group}": _WORD for group in ("s3", "a5", "s5")},
}

SMALL = {
    name: {"seed": 7, "length": 4, "training_examples": 12, "validation_examples": 4, "test_lengths": [1, 4, 9], "test_examples": 5}
    for name in PARAMS
}
GOLDEN = {
    ("even_pairs", 1): "d77931014b7e1e74b7fd0cdda758489805a8451ff382225388ad579554fa661c",
    ("words_s3", 1): "8d7009da14de5a58a313c766d6a2df356851fbf9a45a096085319c2c645896e6",
    ("cycle_navigation", 1): "cbdc7d6d30c43c5a8be0785d0007098a2a00a1379c066a5da79f43c2cfd0413f",
    ("flip_flop", 1): "ce885a6451acde4f6c279e9141043e582b40f225741e87b470eadc7ea43d9e5e",
    ("comparison", 1): "908430739cbadab6d579db9852d77fa8f3b3c9d2663902dbd853a621a7a6928e",
    ("addition", 1): "2eece85c05586070c06a19f34ba5ff28137e62e4bab130d491b1e7a4fbcdedda",
    ("subtraction", 1): "2f4762fbfcff0664b35aa5f3ff8e66270d0143cd2606538b47a3e8e8149dcb2c",
    ("sum_of_three", 1): "552a86abc062959df5155411c476ab0e870b0914f6548175f4556b597994793c",
    ("times_3", 1): "97304bcc5f2b10432d6a07fc8bcbd6be9dee5909301b98c5eff92685ba3ae464",
    ("times_7", 1): "e05f1523bbc6e5e8addc22b6583f008e37983a9267c0f3087c8d8e2541725c46",
    ("times_9", 1): "135061d5d3422cd1e0765bee7635434295f1270bf289f986e39949e71c4bdde6",
    ("divide_by_3", 1): "cd140773e74fa6020e429b18a8e19283061e72e3352cf5d3625b7f669ecf3600",
    ("divide_by_7", 1): "1921b61b3a525df6e9518aa9389d2955d9415bb9cffe97dc1d0b48319a2bc98b",
    ("divide_by_9", 1): "1b78aacad80e083a51a1ef6533a764cfe6344dcda9adfb1c8402c24affd97bc8",
    ("words_a5", 1): "f26ca3f82e38843a111459783affacd6076b698953d17428e660beb9b70ae7b5",
    ("words_s5", 1): "f2acf66b6a3e3a5edfad350a6d39cac34df642febdc7cf9d34dafb0e768926a7",
    ("modular_arithmetic", 1): "fefab938e4d36e134ab9736f2501026708befc40e1c7e6bc2b592923aaa64792",
    ("order_of_two", 1): "26a484472c910d94c65680b68807c844813dce853ca476e195d9543cae34b642",
    ("embedded_reber", 1): "fd3d62f87af078599c6730aecaf7595c659b06655f7412f3c5aba1eda1c3a300",
}
