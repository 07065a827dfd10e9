"""Look for an input that a net answers wrongly, in NumPy's float32: short inputs breadth first, then runs, then random ones."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.base import Net, run
from pipeline.certification.sets.rounding import Singles
from pipeline.core.transducer import Transducer

Symbols = NDArray[np.int64]


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
    both = _Both(net, transducer)
    hidden, states = np.zeros((1, net.width), np.float32), np.zeros(1, np.int64)
    words = np.zeros((1, 0), np.int64)
    while 0 < len(words) <= frontier and words.shape[1] < 64:
        symbols = np.tile(np.arange(net.symbols), len(words))
        words = np.column_stack([words.repeat(net.symbols, axis=0), symbols])
        hidden, states, wrong = both.step(hidden.repeat(net.symbols, axis=0), states.repeat(net.symbols), symbols)
        if wrong.any():
            return judge(net, transducer, words[wrong.argmax()])
        kept = np.sort(np.unique(_hashes(hidden, states), return_index=True)[1])  # of words as long, the first in order is returned
        hidden, states, words = hidden[kept], states[kept], words[kept]
    return None


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
    found = [_runs(net, transducer, beginning, length) for beginning, length in ((2, 100), (1, longest))]
    scattered = rng.integers(net.symbols, size=(64, 1000))
    held = scattered[:, np.cumsum(rng.random(1000) < 0.1)]  # stretches of one symbol, ten long on average
    for inputs in (scattered, held, _scattered_after_runs(net.symbols, rng)):
        wrong = run(net, inputs) != transducer.run(inputs)
        earliest = np.where(wrong.any(axis=1), wrong.argmax(axis=1), wrong.shape[1]).argmin()
        found.append(judge(net, transducer, inputs[earliest]))
    hits = [_shortened(net, transducer, hit) for hit in found if hit]
    return min(hits, key=lambda hit: len(hit.inputs), default=None)


def _scattered_after_runs(symbols: int, rng: np.random.Generator, rows: int = 400, positions: int = 128) -> Symbols:
    """Draw ``rows`` inputs for each symbol and each mean length of the run of it that they begin with: ``[n, positions]``."""
    beginnings = [(symbol, rng.geometric(1 / mean)) for symbol in range(symbols) for mean in (8, 32) for _ in range(rows)]
    inputs = rng.integers(symbols, size=(len(beginnings), positions))
    for row, (symbol, length) in zip(inputs, beginnings, strict=True):
        row[:length] = symbol
    return inputs


def _runs(net: Net, transducer: Transducer, beginning: int, length: int) -> Counterexample | None:
    both, every = _Both(net, transducer), np.arange(net.symbols)
    starts = [np.array(word, np.int64) for size in range(beginning + 1) for word in product(range(net.symbols), repeat=size)]
    hidden, states = np.zeros((len(starts), net.width), np.float32), np.zeros(len(starts), np.int64)
    for at in range(beginning):
        on = np.array([len(word) > at for word in starts])
        symbols = np.array([word[at] for word in starts if len(word) > at])
        hidden[on], states[on], _ = both.step(hidden[on], states[on], symbols)
    hidden, states = hidden.repeat(net.symbols, axis=0), states.repeat(net.symbols)
    runs = np.tile(every, len(starts))
    before = np.full_like(hidden, np.nan)
    for at in range(length):
        follow = np.tile(every, len(hidden))
        wrong = both.step(hidden.repeat(net.symbols, axis=0), states.repeat(net.symbols), follow)[2]
        if wrong.any():
            row, symbol = divmod(int(wrong.argmax()), net.symbols)
            word = [*starts[row // net.symbols], *[runs[row]] * at, symbol]
            return judge(net, transducer, np.array(word, np.int64))
        after, states, _ = both.step(hidden, states, runs)
        if at % 2 and np.array_equal(after, before):
            return None  # all runs have come to rest, or swing between two states
        before, hidden = (after if at % 2 else before), after
    return None


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
