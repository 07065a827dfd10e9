"""Which symbols may follow in an embedded Reber string, learnt from the symbols that did follow.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 1, figures 3 and 4: B, then T or P, then a
Reber string, then that T or P again, then E. Strings are drawn by following the grammar, each of two ways with probability one half. There
are training sets of strings, from one of which a trial picks string after string at random; at each symbol the target is the one that
follows. A net is right if at every symbol of every string of its training set and of a test set the outputs of the symbols that may follow
are the most active ones.

The paper learns on-line, with an error at every symbol. So a training example is a string with the target of one symbol, and a stream has
those of a string one after the other: with batches of one, weights change after every symbol.

An answer is a set of symbols, written as a number: the sum of ``2 ** symbol``. The exact answer is the set of all that may follow; in
training it is the set of the one that did. To take the most active outputs for an answer one has to know how many, so an input says how
many symbols may follow there; the net does not see it.

What the paper leaves open, and what we chose: a training set may hold a string twice, a test set does not; the test set is apart from all
training sets; weights change after each symbol, and not after each string. Where we deviate: a string that is longer than ``longest`` is
drawn again, one in 800 where that is 30; weights that have changed within a string read it from its beginning again; a net is asked about
all training sets, and not its own alone.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from pipeline.core.examples import IGNORE, Array, TaskSpec, TestSet, TrainingPool, TrainingSize
from pipeline.core.notation import InputError, quoted, read_characters
from pipeline.core.rows import distinct, row_keys
from pipeline.core.seeding import stream
from pipeline.core.task import Task, TaskParams

SYMBOLS = "BTPSXVE"
# The Reber grammar: places, the symbols that may follow there, and where they lead. Place 6 leads to its end.
REBER = {0: {"B": 1}, 1: {"T": 2, "P": 3}, 2: {"S": 2, "X": 4}, 3: {"T": 3, "V": 5}, 4: {"X": 3, "S": 6}, 5: {"P": 4, "V": 6}, 6: {"E": 7}}
START, OPENED, CLOSING, OVER = "start", "opened", "closing", "nothing may follow"
# The fewest symbols of an embedded string: B T BTXSE T E.
SHORTEST = 9
END = SYMBOLS.index("E")
# The most symbols that may follow; an input is ``symbol + 7 * (asked - 1)``, where so many are asked for.
MOST = 2
# The targets behind a string's end.
NOTHING = (IGNORE, IGNORE)


EXPECTED = "the beginning of an embedded Reber string such as BTBTXSET"


class ReberSuccessorsParams(TaskParams):
    shortest: ClassVar[int] = SHORTEST

    longest: int = Field(ge=SHORTEST, description="most symbols in a string")
    training_sets: PositiveInt = Field(description="trial i is trained on set i modulo this")
    training_examples: PositiveInt = Field(description="strings in a training set")
    test_examples: PositiveInt = Field(description="strings in a test set")
    trials: PositiveInt = Field(description="streams of strings from the training sets")
    symbols: PositiveInt = Field(description="symbols in a stream that are followed by another")


class ReberSuccessors(Task):
    """A beginning of an embedded Reber string to the sets of symbols that may follow at each symbol.

    ``length`` is the most symbols that a string may have, its last E included. That E is no input, as nothing follows it; inputs have
    ``length - 1`` positions, and those behind a string hold E.

    Example:
        >>> task.parse("BTBTXSET") % 7
        array([0, 1, 0, 1, 4, 3, 6, 1], dtype=uint8)
        >>> task.parse("BTBTXSET") // 7 + 1
        array([2, 1, 2, 2, 2, 1, 1, 1], dtype=uint8)
        >>> task.oracle(task.parse("BTBTXSET")[None])
        array([[ 6,  1,  6, 24, 24, 64,  2, 64]], dtype=int16)
        >>> task.answer("BTBTXSET")
        'TP B TP SX SX E T E'
    """

    Params = ReberSuccessorsParams
    name = "reber_successors"
    version = 1
    params: ReberSuccessorsParams

    @property
    def training_size(self) -> TrainingSize:
        return TrainingSize((self.params.longest,), self.params.symbols, self.params.trials)

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=len(SYMBOLS) * MOST, outputs=2 ** len(SYMBOLS), answer="sequence")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings of at most ``length`` symbols, longer ones again: ``[n, length - 1]`` uint8, E behind their ends."""
        inputs = np.full((n, length - 1), END, dtype=np.uint8)
        for row in inputs:
            string = _string(rng)
            while len(string) > length:
                string = _string(rng)
            row[: len(string) - 1] = _asked(string[:-1])
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Follow the grammar: ``[n, positions]`` symbols to ``[n, positions]`` int16 sets, ``IGNORE`` behind the ends."""
        return np.array([[every for every, _ in _following(row)] for row in inputs.tolist()], dtype=np.int16)

    def training_pools(self) -> dict[int, TrainingPool]:
        """The strings that nets are asked about in training with their exact answers, then those of the training sets, symbol by symbol.

        The order of a trial is of its training set alone. The engine asks a net about the first 1,024 examples of a pool: with the paper's
        256 strings in each of three training sets and in a test set, these are those with exact answers.
        """
        p = self.params
        sets = [self.sample(stream(p.seed, self.name, "train", i), p.training_examples, p.longest) for i in range(p.training_sets)]
        training = np.concatenate(sets)
        asked = np.concatenate([training, self._apart(training, "asked")])
        followed = np.array([[one for _, one in _following(row)] for row in training.tolist()], dtype=np.int16)
        rows, places = (followed != IGNORE).nonzero()
        targets = np.full((len(rows), followed.shape[1]), IGNORE, dtype=np.int16)
        targets[np.arange(len(rows)), places] = followed[rows, places]
        order = np.stack([self._order(trial, len(asked), rows) for trial in range(p.trials)])
        return {p.longest: TrainingPool(np.concatenate([asked, training[rows]]), np.concatenate([self.oracle(asked), targets]), order)}

    def test_sets(self, pools: Mapping[int, TrainingPool]) -> Iterator[TestSet]:
        """A further test set, which shares no string with what nets were asked about in training."""
        longest = self.params.longest
        inputs = self._apart(pools[longest].inputs, "random")
        yield TestSet("random", longest, inputs, self.oracle(inputs))

    def length_of(self, inputs: Array) -> int:
        """Count the symbols of a whole string, its last E included."""
        return sum(every != IGNORE for every, _ in _following(inputs.tolist())) + 1

    def parse(self, text: str) -> Array:
        symbols = read_characters(text, SYMBOLS, EXPECTED).tolist()
        wrong = next((i for i, (every, _) in enumerate(_following(symbols)) if every == 0), None)
        if wrong is not None:
            raise InputError(f"expected {EXPECTED}, got {quoted(text.strip())} (symbol {wrong + 1} may not stand there)")
        return np.array(_asked(symbols), dtype=np.uint8)

    def show(self, inputs: Array) -> str:
        return "".join(SYMBOLS[symbol % len(SYMBOLS)] for symbol in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        """Write the sets, ``-`` for the empty one; nothing behind the string's end."""
        inside = [every != IGNORE for every, _ in _following(inputs.tolist())]
        return " ".join(_letters(number) for number, there in zip(outputs.tolist(), inside, strict=True) if there)

    def _apart(self, others: Array, key: str) -> Array:
        """Draw different strings that are not among ``others``."""
        p = self.params
        rng = stream(p.seed, self.name, "test", key)
        return distinct(partial(self.sample, rng, p.test_examples, p.longest), p.test_examples, frozenset(row_keys(others)))

    def _order(self, trial: int, before: int, rows: Array) -> Array:
        """Pick string after string from the trial's training set, and take the examples of each in turn: ``[symbols]``.

        ``rows`` are the numbers of the strings of all training sets' examples, of which the first stands behind ``before`` others.
        """
        p = self.params
        picks = stream(p.seed, self.name, "order", trial).integers(p.training_examples, size=-(-p.symbols // (SHORTEST - 1)))
        strings = np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows)) + 1)
        first = trial % p.training_sets * p.training_examples
        order = before + np.concatenate([strings[first + pick] for pick in picks.tolist()])[: p.symbols]
        return order.astype(np.min_scalar_type(before + len(rows)))


def moves(place: str) -> dict[str, str]:
    """Return the symbols that may follow at a place, and where they lead; a place within is the outer symbol and the inner place."""
    if place in (START, OPENED, CLOSING, OVER):
        return {START: {"B": OPENED}, OPENED: {"T": "T0", "P": "P0"}, CLOSING: {"E": OVER}, OVER: {}}[place]
    outer, inner = place[0], int(place[1])
    return {outer: CLOSING} if inner == 7 else {symbol: f"{outer}{after}" for symbol, after in REBER[inner].items()}


def _string(rng: np.random.Generator) -> list[int]:
    """Draw a whole string of any length."""
    drawn, place = [], START
    while place != OVER:
        ways = sorted(moves(place).items())
        symbol, place = ways[int(rng.integers(len(ways)))]
        drawn.append(SYMBOLS.index(symbol))
    return drawn


def _asked(symbols: list[int]) -> list[int]:
    """Put to each symbol how many may follow it: ``symbol + 7 * (asked - 1)``; behind a string's end one."""
    counts = [max(every, 1).bit_count() for every, _ in _following(symbols)]
    return [symbol + len(SYMBOLS) * (count - 1) for symbol, count in zip(symbols, counts, strict=True)]


def _following(inputs: list[int]) -> Iterator[tuple[int, int]]:
    """Yield at each symbol the set of all that may follow, and that of the one that does, which at the last symbol is E.

    Behind a string's end both are ``IGNORE``; at a symbol that may not stand where it does, and from there on, both are empty.
    """
    place: str | None = START
    symbols = [number % len(SYMBOLS) for number in inputs]
    for symbol, after in zip(symbols, [*symbols[1:], END], strict=True):
        place = moves(place).get(SYMBOLS[symbol], OVER if (place, symbol) == (OVER, END) else None) if place else None
        if place is None:
            yield 0, 0
        elif place == OVER:
            yield NOTHING
        else:
            yield sum(2 ** SYMBOLS.index(way) for way in moves(place)), 2**after


def _letters(number: int) -> str:
    return "".join(symbol for i, symbol in enumerate(SYMBOLS) if number >> i & 1) or "-"


TASK = ReberSuccessors
