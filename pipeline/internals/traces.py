"""What goes on inside a net, as plain arrays for pictures: where its states lie, and how long two pasts stay apart in it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.base import Net
from pipeline.certification.nets.tanh_net import TanhNet
from pipeline.certification.sets.rounding import Singles
from pipeline.core.transducer import Transducer


class Visits(NamedTuple):
    """Hidden states ``[n, units]`` and the number of the transducer's state at each ``[n]``."""

    hidden: Singles
    states: NDArray[np.int64]


class Held(NamedTuple):
    """A run of one symbol that leaves the transducer in whichever state it is.

    Attributes:
        symbol: The symbol.
        lead: By how many logits the right output leads the best wrong one at each place of the run, ``[states, time]``: once the run
            has begun in each state.
        apart: The least distance between the hidden states of any two of these runs, ``[time]``.
    """

    symbol: int
    lead: Singles
    apart: Singles


def visits(net: Net, transducer: Transducer, rng: np.random.Generator, walks: int = 100, length: int = 12) -> Visits:
    """Walk through the transducer, each next state as likely as another, and keep each hidden state that the net comes to once."""
    index = {state: number for number, state in enumerate(transducer.states)}
    hidden = np.zeros((walks, net.width), np.float32)
    at = [transducer.start] * walks
    kept, states = [], []
    for _ in range(length):
        read = [_symbol(transducer, state, rng) for state in at]
        hidden = net.step(hidden, np.array(read))[0]
        at = [transducer.step(state, symbol)[0] for state, symbol in zip(at, read, strict=True)]
        kept.append(hidden)
        states += [index[state] for state in at]
    found, first = np.unique(np.concatenate(kept), axis=0, return_index=True)
    return Visits(found, np.array(states)[first])


def _symbol(transducer: Transducer, state: str, rng: np.random.Generator) -> int:
    leading: dict[str, list[int]] = {}
    for symbol in range(transducer.symbols):
        leading.setdefault(transducer.step(state, symbol)[0], []).append(symbol)
    return int(rng.choice(leading[rng.choice(sorted(leading))]))


def holding(transducer: Transducer) -> int | None:
    """Return the first symbol that changes no state, such as nine for increment; ``None`` if there is none."""
    for symbol in range(transducer.symbols):
        if all(transducer.step(state, symbol)[0] == state for state in transducer.states):
            return symbol
    return None


def held(net: TanhNet, transducer: Transducer, length: int) -> Held | None:
    """Let a run of ``length`` begin in each state of the transducer; ``None`` if no symbol holds all of them, or there is one state."""
    symbol = holding(transducer)
    if symbol is None or len(transducer.states) < 2:
        return None
    words = [_word(transducer, state) for state in transducer.states]
    hidden = np.concatenate([_after(net, word) for word in words])
    right = np.array([transducer.step(state, symbol)[1] for state in transducer.states])
    lead, apart = [], []
    for _ in range(length):
        hidden = net.step(hidden, np.full(len(words), symbol))[0]
        lead.append(_lead(hidden @ net.readout + net.offset, right))
        distances = np.linalg.norm(hidden[:, None] - hidden[None], axis=2)
        apart.append(distances[np.triu_indices(len(words), 1)].min())
    return Held(symbol, np.stack(lead, axis=1), np.array(apart, np.float32))


def _lead(logits: Singles, right: NDArray[np.int64]) -> Singles:
    rows = np.arange(len(right))
    others = logits.copy()
    others[rows, right] = -np.inf
    lead: Singles = logits[rows, right] - others.max(axis=1)
    return lead


def _after(net: TanhNet, word: tuple[int, ...]) -> Singles:
    hidden = np.zeros((1, net.width), np.float32)
    for symbol in word:
        hidden = net.step(hidden, np.array([symbol]))[0]
    return hidden


def _word(transducer: Transducer, state: str) -> tuple[int, ...]:
    """Find a shortest word that leads from the start to ``state``."""
    words: dict[str, tuple[int, ...]] = {transducer.start: ()}
    frontier = [transducer.start]
    while state not in words:
        if not frontier:
            raise ValueError(f"expected a state that some word leads to, got '{state}'")
        reached: list[str] = []
        for known in frontier:
            for symbol in range(transducer.symbols):
                after = transducer.step(known, symbol)[0]
                if after not in words:
                    words[after] = (*words[known], symbol)
                    reached.append(after)
        frontier = reached
    return words[state]
