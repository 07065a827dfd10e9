"""Which symbols may follow in a string of the embedded Reber grammar, at every symbol.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", experiment 1, figures 3 and 4: B, then T or P, then a Reber string, then that T
or P again, then E. The E that ends it makes the string whole; whatever stands behind it, or where the grammar has another symbol, is
wrong, and nothing may follow any more.
"""

from collections.abc import Mapping

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.finite_state.machines import minimal
from pipeline.finite_state.running import Running
from pipeline.tasks.reber_successors import OVER, SHORTEST, START, SYMBOLS, ReberSuccessors, moves

# The version of reber_successors whose grammar this is: DVC names one file for each task, so a new one there must be an edit here.
BUILT_ON = (ReberSuccessors, 1)
WRONG, WHOLE = 0, 1
ANSWERS = ("-", ".", "B", "T", "P", "E", "TP", "SX", "TV", "PV")


def _rule(place: str, symbol: int) -> tuple[str, int]:
    after = moves(place).get(SYMBOLS[symbol])
    if after is None:
        return OVER, WRONG
    return after, WHOLE if after == OVER else ANSWERS.index("".join(sorted(moves(after), key=SYMBOLS.index)))


class EmbeddedReberParams(SampledParams):
    @classmethod
    def space(cls, length: int) -> float:
        """Count the strings roughly: each second symbol within is one of two, and one of them may be changed."""
        return 2.0 ** (length // 2) * len(SYMBOLS) * length


class EmbeddedReber(Running):
    """A string of B, T, P, S, X, V and E to the sets of symbols that may follow each; ``.``: it is whole, ``-``: something was wrong.

    Example:
        >>> task.oracle(task.parse("BTBTXSETE")[None])
        array([[6, 2, 6, 7, 7, 5, 3, 5, 1]], dtype=uint8)
        >>> task.answer("BTBTXSETE")
        'TP B TP SX SX E T E .'
    """

    Params = EmbeddedReberParams
    name = "embedded_reber"
    version = 1
    outputs = len(ANSWERS)
    transducer = minimal(START, len(SYMBOLS), _rule)

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings that end within the last symbols, with E behind their ends: ``[n, length]`` uint8."""
        return np.array([[SYMBOLS.index(symbol) for symbol in self._string(rng, length)] for _ in range(n)], dtype=np.uint8)

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings that end anywhere, a fifth of which have a random symbol somewhere: ``[n, length]`` uint8."""
        ends = rng.integers(min(SHORTEST, length), length, size=n, endpoint=True)
        inputs = np.full((n, length), SYMBOLS.index("E"), dtype=np.uint8)
        for row, end in zip(inputs, ends.tolist(), strict=True):
            row[:end] = self.sample(rng, 1, end)[0]
        return np.where(rng.random((n, 1)) < 0.2, _with_one_changed(rng, inputs), inputs)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "broken": lambda rng, n, length: _with_one_changed(rng, self.sample(rng, n, length))}

    def oracle(self, inputs: Array) -> Array:
        """Follow the grammar, one string after the other: ``[n, length]`` symbols to ``[n, length]`` numbers of sets."""
        answers = np.empty(inputs.shape, np.uint8)
        for row, string in zip(answers, inputs.tolist(), strict=True):
            place = START
            for t, symbol in enumerate(string):
                place, row[t] = _rule(place, symbol)
        return answers

    def parse(self, text: str) -> Array:
        return read_characters(text, SYMBOLS, "symbols B, T, P, S, X, V and E such as BTBTXSETE")

    def show(self, inputs: Array) -> str:
        return "".join(SYMBOLS[symbol] for symbol in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return " ".join(ANSWERS[number] for number in outputs.tolist())

    def _string(self, rng: np.random.Generator, length: int) -> str:
        """Draw one string: within, the grammar's choices are even, but the inner string ends only when there is just room for it."""
        drawn, place = "", START
        while len(drawn) < length:
            ways = moves(place) or {"E": OVER}
            stays = {symbol: after for symbol, after in ways.items() if not after.endswith("6")}
            leaves = len(drawn) >= length - 6
            chosen = (list(set(ways) - set(stays)) or sorted(ways)) if leaves else sorted(stays or ways)
            symbol = chosen[int(rng.integers(len(chosen)))]
            drawn, place = drawn + symbol, ways[symbol]
        return drawn


def _with_one_changed(rng: np.random.Generator, inputs: Array) -> Array:
    changed = inputs.copy()
    changed[np.arange(len(inputs)), rng.integers(inputs.shape[1], size=len(inputs))] = rng.integers(len(SYMBOLS), size=len(inputs))
    return changed


TASK = EmbeddedReber
