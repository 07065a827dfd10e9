"""What the tasks of the study of the Chomsky hierarchy answer, once more in plain Python, and what they refuse."""

from collections.abc import Callable
from itertools import groupby

from checkouts import ROOT
from ruamel.yaml import YAML

from pipeline.core.examples import IGNORE

PARAMS = dict(YAML(typ="safe").load((ROOT / "studies/chomsky/params.yaml").read_text())["tasks"])
# Answers that may be shorter than their cells.
ENDING = ("binary_addition", "binary_multiplication", "stack_manipulation")
# Empty cells behind a string, where they are not as many as its symbols.
CELLS: dict[str, Callable[[int], int]] = {
    "binary_addition": lambda length: length + 1,
    "compute_sqrt": lambda length: -(-length // 2),
    "duplicate_string": lambda length: 2 * length,
    "missing_duplicate_string": lambda length: 1,
    "modular_arithmetic_brackets": lambda length: 1,
    "solve_equation": lambda length: 1,
    "stack_manipulation": lambda length: length + 1,
}


def padded(answer: list[int], cells: int) -> list[int]:
    return answer + [IGNORE] * (cells - len(answer))


def slow_reverse_string(symbols: list[int]) -> list[int]:
    return [symbols[i] for i in range(len(symbols) // 2 - 1, -1, -1)]


def slow_duplicate_string(symbols: list[int]) -> list[int]:
    word = [symbol for symbol in symbols if symbol < 2]
    return word + word


def slow_odds_first(symbols: list[int]) -> list[int]:
    word = enumerate((symbol for symbol in symbols if symbol < 2), start=1)
    return [symbol for _, symbol in sorted(word, key=lambda pair: (pair[0] % 2 == 0, pair[0]))]


def slow_bucket_sort(symbols: list[int]) -> list[int]:
    return sorted(symbol for symbol in symbols if symbol < 5)


def slow_missing_duplicate_string(symbols: list[int]) -> int:
    """Try both bits: with one of them the halves are the same."""
    word = [symbol for symbol in symbols if symbol < 3]
    for bit in (0, 1):
        whole = [bit if symbol == 2 else symbol for symbol in word]
        if whole[: len(whole) // 2] == whole[len(whole) // 2 :]:
            return bit
    raise AssertionError("no bit makes both halves the same")


def slow_stack_manipulation(symbols: list[int]) -> list[int]:
    stack: list[int] = []
    for symbol in symbols:
        if symbol == 2:
            stack = stack[:-1]
        elif symbol != 5:
            stack = [*stack, symbol if symbol < 2 else symbol - 3]
    return padded([*stack[::-1], 2], symbols.count(5))


def slow_modular_arithmetic_brackets(symbols: list[int]) -> int:
    return eval("".join("01234+-*()"[symbol] for symbol in symbols[:-1])) % 5


def slow_solve_equation(symbols: list[int]) -> int:
    left, right = "".join("01234+-*()x="[symbol] for symbol in symbols[:-1]).split("=")
    solutions = [digit for digit in range(5) if (eval(left.replace("x", str(digit))) - int(right)) % 5 == 0]
    assert len(solutions) == 1
    return solutions[0]


def slow_numbers(symbols: list[int]) -> list[list[int]]:
    return [[*bits] for sign, bits in groupby((s for s in symbols if s < 3), lambda symbol: symbol == 2) if not sign]


def added(one: list[int], other: list[int]) -> list[int]:
    """Add as at school, column by column."""
    total, carry = [], 0
    for place in range(max(len(one), len(other)) + 1):
        carry += sum(number[place] for number in (one, other) if place < len(number))
        total.append(carry % 2)
        carry //= 2
    while len(total) > 1 and not total[-1]:
        total.pop()
    return total


def slow_binary_addition(symbols: list[int]) -> list[int]:
    return padded([*added(*slow_numbers(symbols)), 2], symbols.count(3))


def slow_binary_multiplication(symbols: list[int]) -> list[int]:
    one, other = slow_numbers(symbols)
    total = [0]
    for place, bit in enumerate(one):
        total = added(total, [0] * place + other) if bit else total
    return padded([*total, 2], symbols.count(3))


def slow_compute_sqrt(symbols: list[int]) -> list[int]:
    """Try the root's bits from the highest one: each is there if the square stays below."""
    number = sum(symbol << place for place, symbol in enumerate(s for s in symbols if s < 2))
    root = 0
    cells = symbols.count(2)
    for place in range(cells - 1, -1, -1):
        root += (1 << place) * ((root + (1 << place)) ** 2 <= number)
    return [root >> place & 1 for place in range(cells)]


def slow_majority(bits: list[int]) -> list[int]:
    return [int(2 * sum(bits[: t + 1]) > t + 1) for t in range(len(bits))]


def slow_dyck_2(symbols: list[int]) -> list[int]:
    """Take away pairs that stand side by side until there are none."""
    answers = []
    for t in range(len(symbols)):
        left, before = "".join("([)]"[symbol] for symbol in symbols[: t + 1]), ""
        while left != before:
            left, before = left.replace("()", "").replace("[]", ""), left
        assert not set(left) & set(")]")
        answers.append({"": 2, "(": 0, "[": 1}[left[-1:]])
    return answers


def begins(word: str, letters: str) -> set[str]:
    """What may follow ``word`` in a string of a^n b^n …: one letter of it or the end, by trying all of the language that is long enough."""
    language = ["".join(letter * n for letter in letters) for n in range(1, len(word) + 2)]
    return {(whole + ".")[len(word)] for whole in language if whole.startswith(word)}


def slow_an_bn(symbols: list[int]) -> list[int]:
    word = "".join("ab"[symbol] for symbol in symbols)
    return [[{"a", "b"}, {"b"}, {"."}].index(begins(word[: t + 1], "ab")) for t in range(len(word))]


def slow_an_bn_cn(symbols: list[int]) -> list[int]:
    word = "".join("abc"[symbol] for symbol in symbols)
    return [[{"a", "b"}, {"b"}, {"c"}, {"."}].index(begins(word[: t + 1], "abc")) for t in range(len(word))]


SLOW = {name.removeprefix("slow_"): function for name, function in globals().items() if name.startswith("slow_") and name != "slow_numbers"}

ANSWERS = [
    ("reverse_string", "1100", "0011"),
    ("reverse_string", "1", "1"),
    ("duplicate_string", "10", "1010"),
    ("odds_first", "110", "101"),
    ("odds_first", "1", "1"),
    ("bucket_sort", "4", "4"),
    ("bucket_sort", "40312" * 2000, "0" * 2000 + "1" * 2000 + "2" * 2000 + "3" * 2000 + "4" * 2000),
    ("missing_duplicate_string", "?1", "1"),
    ("missing_duplicate_string", "0?.", "0"),
    ("stack_manipulation", "1", "1."),
    ("stack_manipulation", "0110b--", "110."),
    ("stack_manipulation", "1-----a", "0."),
    ("stack_manipulation", "01" + "a" * 9998, "0" * 9998 + "10."),
    ("modular_arithmetic_brackets", "-(1-2)*(4-3*(-2))", "0"),
    ("modular_arithmetic_brackets", "2+3*4", "4"),
    ("modular_arithmetic_brackets", "-4", "1"),
    ("modular_arithmetic_brackets", "1-3*-(2-4)", "0"),
    ("modular_arithmetic_brackets", "(" * 4000 + "3" + ")" * 4000, "3"),
    ("solve_equation", "x=3", "3"),
    ("solve_equation", "((x+3)*2)=1", "0"),
    ("binary_addition", "001+01101", "01011."),
    ("binary_addition", "1001+000001", "100101."),
    ("binary_addition", "0+0", "0."),
    ("binary_addition", "1" * 5000 + "+1", "0" * 5000 + "1."),
    ("binary_multiplication", "001*01101", "0001101."),
    ("binary_multiplication", "1001*000001", "000001001."),
    ("binary_multiplication", "0*11", "0."),
    ("compute_sqrt", "101001", "011"),
    ("compute_sqrt", "111", "01"),
    ("compute_sqrt", "0", "0"),
    ("majority", "1001101", "1000101"),
    ("dyck_2", "([])[(", ")]).])"),
    ("dyck_2", "(" * 5000 + ")" * 5000, ")" * 9999 + "."),
    ("an_bn", "aabb", "**b."),
    ("an_bn_cn", "aabbc", "**bcc"),
]

BAD = {
    "reverse_string": ["", "012", "1 0", "-1"],
    "duplicate_string": ["", "012", "1 0"],
    "odds_first": ["", "012", "1 0"],
    "bucket_sort": ["", "5", "0 1"],
    "missing_duplicate_string": ["", "?", "01", "0?1", "??", "0110?0", "01?101", "?1..", ".?1", "01?0."],
    "stack_manipulation": ["", "-", "a1", "0-1", "01c"],
    "modular_arithmetic_brackets": ["", "5", "1+", "+1", "(1", "1)", ")1(", "()", "1(2)", "(1)(2)", "12", "--1", "1+*2", "(-)", "x"],
    "solve_equation": ["", "x", "x=", "=1", "x=5", "1=1", "x+x=2", "(x*0)=0", "x=1=1", "(0*x)=1", "x1=2", "x+1=-"],
    "binary_addition": ["", "1", "+", "1+", "+1", "1+1+1", "1*1", "1 + 1"],
    "binary_multiplication": ["", "1", "*", "1*", "*1", "1*1*1", "1+1"],
    "compute_sqrt": ["", "2", "1 0"],
    "majority": ["", "012", "1 0", "-1"],
    "dyck_2": ["", ")", "(]", "([)]", "())", "{}", "a"],
    "an_bn": ["", "b", "abb", "aba", "abab", "c"],
    "an_bn_cn": ["", "b", "ac", "abcc", "aabc", "abb", "aba", "d"],
}

SAMPLED = {"seed": 7, "length": 6, "from_length": 1, "training_examples": 12, "validation_examples": 4, "test_examples": 5} | {
    "test_lengths": [1, 4, 9]
}
SMALL = {
    **dict.fromkeys(BAD, SAMPLED),
    "missing_duplicate_string": SAMPLED | {"from_length": 2, "test_lengths": [2, 5, 9]},
    "modular_arithmetic_brackets": SAMPLED | {"test_lengths": [1, 5, 20]},
    "solve_equation": SAMPLED | {"length": 9, "from_length": 3, "test_lengths": [3, 6, 19]},
    **dict.fromkeys(("binary_addition", "binary_multiplication"), SAMPLED | {"from_length": 3, "test_lengths": [3, 6, 19]}),
    **dict.fromkeys(("an_bn", "an_bn_cn"), SAMPLED | {"training_examples": 2, "validation_examples": 1}),
}
del SMALL["reverse_string"]

# Digests of the small datasets, by task and version. A change here is a new version of the task.
GOLDEN = {
    ("an_bn", 1): "7d2a373129bc6d8d359df42c218a4633462ac3082b62eb2905de84876dc85efb",
    ("an_bn_cn", 1): "fc9524dc27cede226fb1ebeb3335730d342cfc1bfa9cf0f3de644a86d377c3bf",
    ("binary_addition", 1): "5c1874e8b112ad0361d9423f6f5b8ace9162c057e32c21de50a307fb8aeae22f",
    ("binary_multiplication", 1): "26b750fb949f13918bce5fef59aa95a3e865826371b5dd6184ec3469a87746a6",
    ("bucket_sort", 1): "be9bba9ef453f31c23a5fbb5813231404b05a442a81e2cef584d302500bc93a2",
    ("compute_sqrt", 1): "5a07552a603112f35219dc6653ec1cc34d4e3a1959da126799c32a580a1145a8",
    ("duplicate_string", 1): "86cc7acad7b78cfbdb15b6828eef80528f37ad9c3ac27a861cc17c491739863f",
    ("dyck_2", 1): "bf912bfcba1cfb20fc407059c09ba1f3e2f4f10c30735a681437046c0dfed0df",
    ("majority", 1): "501ac88858adf489bb8713ce7ec4348473319236fed186821c755039b42c7899",
    ("missing_duplicate_string", 1): "3db249f32552c29dff30b5764f09b3d5fdc97a795b74bf0a62c2567a950c9881",
    ("modular_arithmetic_brackets", 1): "d2808194027ce1c70cc209c1e1e99a86e27b13be42b2e46f117c9032374ce509",
    ("odds_first", 1): "18341ac1f2824b9854d520faab6b301bb5b6b53faa3cd49497a3bd009d63d1f8",
    ("solve_equation", 1): "3a89cbfca4b51d70ca3a754e6a57bc173503463535ce0ca1b21b8da969bcf83e",
    ("stack_manipulation", 1): "717ccd11c4192ab41c39f8f6e8d3f25a7be18571128e3ca6759cd9276a8fd2ea",
}
