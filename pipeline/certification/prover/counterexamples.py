"""Look for an input that a net answers wrongly, in NumPy's float32: short inputs breadth first, then runs, then random ones.

Alphabets may have a thousand symbols. States are advanced a block at a time, and of the runs and random inputs, whose number grows with the
alphabet's powers, no more are tried than the constants below say: all of them for up to ten symbols.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.base import Net, run
from pipeline.certification.sets.rounding import Singles
from pipeline.core.transducer import Transducer

Symbols = NDArray[np.int64]

# States that are advanced at a time.
BLOCK = 100_000
# Steps of runs, and steps with what follows a run tried at each of them.
RUN_STEPS, FOLLOWING_STEPS = 1_000_000, 5_000_000
# Random inputs that begin with a run, for each mean length of it.
AFTER_RUNS = 4_000


@dataclass(frozen=True)
class Counterexample:
    """An input whose last output is wrong.

    Attributes:
        inputs: The symbols.
        expected: The transducer's outputs.
        got: The net's.
    """

    inputs: tuple[int, ...]
    expected: tuple[int, ...]
    got: tuple[int, ...]


class _Both:
    """Net and transducer side by side: states ``[n, width]`` and the transducer's states ``[n]``."""

    def __init__(self, net: Net, transducer: Transducer) -> None:
        self.net = net
        index = {state: i for i, state in enumerate(transducer.states)}
        steps = [[transducer.step(state, symbol) for symbol in range(transducer.symbols)] for state in transducer.states]
        self.after = np.array([[index[state] for state, _ in row] for row in steps])
        self.writes = np.array([[output for _, output in row] for row in steps])

    def step(self, hidden: Singles, states: Symbols, symbols: Symbols) -> tuple[Singles, Symbols, NDArray[np.bool_]]:
        """Advance both; say also where they disagree."""
        hidden, outputs = self.net.step(hidden, symbols)
        return hidden, self.after[states, symbols], outputs != self.writes[states, symbols]


def judge(net: Net, transducer: Transducer, inputs: Symbols) -> Counterexample | None:
    """Return the input up to its first wrong output, or nothing if all are right."""
    expected, got = transducer.run(inputs[None])[0], run(net, inputs[None])[0]
    wrong = np.flatnonzero(expected != got)
    if not len(wrong):
        return None
    end = wrong[0] + 1
    return Counterexample(*(tuple(part[:end].tolist()) for part in (inputs, expected, got)))


def shortest(net: Net, transducer: Transducer, frontier: int = 20_000) -> Counterexample | None:
    """Try all inputs, shorter ones first, until those of one length lead to more than ``frontier`` different states."""
    both, length = _Both(net, transducer), 0
    hidden, states = np.zeros((1, net.width), np.float32), np.zeros(1, np.int64)
    words = np.zeros((1, 0), np.int64)
    while 0 < len(words) <= frontier and length < 64:
        found = _Level(frontier)
        size = max(1, BLOCK // net.symbols)
        for at in range(0, len(words), size):
            block = slice(at, at + size)
            symbols = np.tile(np.arange(net.symbols), len(words[block]))
            longer = np.column_stack([words[block].repeat(net.symbols, axis=0), symbols])
            after, moved, wrong = both.step(hidden[block].repeat(net.symbols, axis=0), states[block].repeat(net.symbols), symbols)
            if wrong.any():
                return judge(net, transducer, longer[wrong.argmax()])
            found.add(after, moved, longer)
        hidden, states, words = found.taken()
        length += 1
    return None


class _Level:
    """The different states that inputs of one length lead to, each with the first input that leads there; no more than suffice to stop."""

    def __init__(self, frontier: int) -> None:
        self.frontier, self.count = frontier, 0
        self.seen: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self.parts: list[tuple[Singles, Symbols, Symbols]] = []

    def add(self, hidden: Singles, states: Symbols, words: Symbols) -> None:
        """Take in those of the states that are new."""
        if self.count > self.frontier:
            return
        hashes = _hashes(hidden, states)
        kept = np.sort(np.unique(hashes, return_index=True)[1])  # of words as long, the first in order is returned
        kept = kept[~np.isin(hashes[kept], self.seen)]
        self.seen = np.concatenate([self.seen, hashes[kept]])
        self.parts.append((hidden[kept], states[kept], words[kept]))
        self.count += len(kept)

    def taken(self) -> tuple[Singles, Symbols, Symbols]:
        """Return all of them: states of the net, of the transducer, and inputs."""
        hidden, states, words = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        return hidden, states, words


def _hashes(hidden: Singles, states: Symbols) -> NDArray[np.uint64]:
    """Hash each pair of states to 64 bits; should two ever share one, an input is not tried, and no proof hangs on that."""
    rng = np.random.default_rng(0)
    factors = rng.integers(2**63, size=hidden.shape[1] + 1, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    hashed = (hidden.view(np.uint32).astype(np.uint64) * factors[:-1]).sum(axis=1, dtype=np.uint64)
    return np.asarray(hashed + states.astype(np.uint64) * factors[-1])


def search(net: Net, transducer: Transducer, longest: int = 4000, seed: int = 0) -> Counterexample | None:
    """Try runs of one symbol after every short beginning, each followed by every symbol, and random inputs; return the shortest found.

    Of the random inputs some are scattered symbols, some stretches of one symbol, and some begin with a run and are scattered after it: a
    run may wear a state down without an error, and what follows then brings it out.
    """
    rng = np.random.default_rng(seed)
    found = [_runs(net, transducer, beginning, length, seed) for beginning, length in ((2, 100), (1, longest))]
    scattered = rng.integers(net.symbols, size=(64, 1000))
    held = scattered[:, np.cumsum(rng.random(1000) < 0.1)]  # stretches of one symbol, ten long on average
    for inputs in (scattered, held, _scattered_after_runs(net.symbols, rng)):
        wrong = run(net, inputs) != transducer.run(inputs)
        earliest = np.where(wrong.any(axis=1), wrong.argmax(axis=1), wrong.shape[1]).argmin()
        found.append(judge(net, transducer, inputs[earliest]))
    hits = [_shortened(net, transducer, hit) for hit in found if hit]
    return min(hits, key=lambda hit: len(hit.inputs), default=None)


def _scattered_after_runs(symbols: int, rng: np.random.Generator, positions: int = 128) -> Symbols:
    """Draw as many inputs for each symbol and each mean length of the run of it that they begin with: ``[n, positions]``."""
    rows = max(1, AFTER_RUNS // max(symbols, 10))
    beginnings = [(symbol, rng.geometric(1 / mean)) for symbol in range(symbols) for mean in (8, 32) for _ in range(rows)]
    inputs = rng.integers(symbols, size=(len(beginnings), positions))
    for row, (symbol, length) in zip(inputs, beginnings, strict=True):
        row[:length] = symbol
    return inputs


def _runs(net: Net, transducer: Transducer, beginning: int, length: int, seed: int) -> Counterexample | None:
    both, rng = _Both(net, transducer), np.random.default_rng(seed)
    starts, runs = _started(net.symbols, beginning, RUN_STEPS // length, rng)
    hidden, states = np.zeros((len(starts), net.width), np.float32), np.zeros(len(starts), np.int64)
    for at in range(beginning):
        on = np.array([len(word) > at for word in starts])
        symbols = np.array([word[at] for word in starts if len(word) > at])
        if len(symbols):
            hidden[on], states[on], _ = both.step(hidden[on], states[on], symbols)
    every = min(
        net.symbols, max(1, -(-len(starts) * net.symbols * length // FOLLOWING_STEPS))
    )  # of the symbols that may follow, each row tries every so many, in turns
    before = np.full_like(hidden, np.nan)
    for at in range(length):
        follow = np.arange(at % every, net.symbols, every)
        size = max(1, BLOCK // len(follow))
        for first in range(0, len(hidden), size):
            block = slice(first, first + size)
            symbols = np.tile(follow, len(hidden[block]))
            wrong = both.step(hidden[block].repeat(len(follow), axis=0), states[block].repeat(len(follow)), symbols)[2]
            if wrong.any():
                row, place = divmod(int(wrong.argmax()), len(follow))
                word = [*starts[first + row], *[runs[first + row]] * at, follow[place]]
                return judge(net, transducer, np.array(word, np.int64))
        after, states, _ = both.step(hidden, states, runs)
        if at % 2 and at >= every and np.array_equal(after, before):
            return None  # all runs have come to rest, or swing between two states
        before, hidden = (after if at % 2 else before), after
    return None


def _started(symbols: int, beginning: int, most: int, rng: np.random.Generator) -> tuple[list[tuple[int, ...]], Symbols]:
    """Pair beginnings of up to so many symbols, shorter ones first, with the symbol of the run after them: all, or some ``most`` of them.

    Each symbol is that of some run in any case.
    """
    if sum(symbols**size for size in range(beginning + 1)) * symbols <= most:
        starts = [word for size in range(beginning + 1) for word in product(range(symbols), repeat=size)]
        return [word for word in starts for _ in range(symbols)], np.tile(np.arange(symbols), len(starts))
    drawn: list[tuple[int, ...]] = []
    for size in range(beginning + 1):
        many = symbols if size == 0 else most // beginning
        drawn += [tuple(word) for word in rng.integers(symbols, size=(many, size)).tolist()]
    runs = rng.integers(symbols, size=len(drawn))
    runs[:symbols] = np.arange(symbols)
    return drawn, runs


def _shortened(net: Net, transducer: Transducer, hit: Counterexample) -> Counterexample:
    """Leave out stretches for as long as an error remains."""
    size = len(hit.inputs) // 2
    while size:
        shorter = None
        for at in range(0, len(hit.inputs) - size + 1, size):
            shorter = judge(net, transducer, np.array(hit.inputs[:at] + hit.inputs[at + size :], np.int64))
            if shorter:
                break
        hit, size = (shorter, min(size, len(shorter.inputs) // 2)) if shorter else (hit, size // 2)
    return hit
