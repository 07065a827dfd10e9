"""Which sets a proof needs: one for each context, that is for each way in which the past can end.

A context ``(state, symbols)`` holds the histories that come to the transducer's ``state`` and then read ``symbols``;
``(None, symbols)`` holds the one history that is ``symbols`` from the start. The contexts are the leaves of a tree of such endings
(Rissanen 1983, "A Universal Data Compression System", contexts of varying length): a context whose set grows too wide is split by what
was read before, and no other is.

Symbols that the transducer does not tell apart (columns of digits with the same sum) stand for each other in a context: of such a class the
least is named. With a hundred symbols and nineteen sums there are a fifth as many sets.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.core.transducer import Transducer

Word = tuple[int, ...]
Context = tuple[str | None, Word]
START: Context = (None, ())


@dataclass(frozen=True)
class Contexts:
    """The contexts that occur, and where every ``k`` symbols lead.

    Attributes:
        names: The contexts; the first is the start's.
        states: The transducer's state at each context.
        split: The endings that are split by what came before.
        words: ``[symbols ** k, k]``, all words of ``k`` symbols, the last symbol varying fastest.
        targets: ``[contexts, symbols ** k]``: the context after each word.
        outputs: For each of the word's positions, ``[contexts, symbols ** (position + 1)]``: the right output there.
    """

    names: tuple[Context, ...]
    states: tuple[str, ...]
    split: frozenset[Context]
    words: NDArray[np.int64]
    targets: NDArray[np.int64]
    outputs: tuple[NDArray[np.int64], ...]


def contexts_of(transducer: Transducer, split: frozenset[Context], k: int, by_symbol: bool = True) -> Contexts:
    """Follow all words of ``k`` symbols from the start until no new context appears.

    Args:
        transducer: The machine.
        split: Endings to split by what came before; more are split where a context would not say which one comes next.
        k: Symbols read per step.
        by_symbol: Tell contexts of one state apart by the last symbol from the outset; with a large alphabet that is too many.
    """
    if by_symbol:
        split |= {(state, ()) for state in transducer.states}
    words = list(product(range(transducer.symbols), repeat=k))
    alike = alike_symbols(transducer)
    names: list[Context] = [START]
    states: list[str] = []
    targets, outputs = [], []
    place = {START: 0}
    for before, last in names:  # grows while it is walked
        row, written = [], []
        for word in words:
            path, wrote = walk(transducer, before, last + word)
            context = _leaf(split, before is None, path, tuple(alike[symbol] for symbol in last + word))
            if context is None:
                return contexts_of(transducer, split | {(before, last)}, k, by_symbol)
            if context not in place:
                place[context] = len(names)
                names.append(context)
            row.append(place[context])
            written.append(wrote[len(last) :])
        states.append(path[len(last)])
        targets.append(row)
        outputs.append(written)
    table = np.array(outputs)
    firsts = (table[:, :: transducer.symbols ** (k - 1 - at), at] for at in range(k))
    return Contexts(tuple(names), tuple(states), split, np.array(words), np.array(targets), tuple(firsts))


def alike_symbols(transducer: Transducer) -> tuple[int, ...]:
    """Return for each symbol the least one that the transducer does not tell it from: it leads to the same state, and the same output."""
    columns = [tuple(transducer.step(state, symbol) for state in transducer.states) for symbol in range(transducer.symbols)]
    least: dict[tuple[tuple[str, int], ...], int] = {}
    return tuple(least.setdefault(column, symbol) for symbol, column in enumerate(columns))


def describe(context: Context) -> str:
    """Say in words which histories a context holds; a symbol stands for all that are alike."""
    state, last = context
    symbols = " ".join(map(str, last))
    if state is None:
        return f"the input '{symbols}'" if last else "the start"
    return f"'{symbols}' read in state '{state}'"


def reachable(transducer: Transducer) -> set[str]:
    """Return the states that some input leads to, the start among them."""
    found = [transducer.start]
    for state in found:  # grows while it is walked
        after = (transducer.step(state, symbol)[0] for symbol in range(transducer.symbols))
        found += dict.fromkeys(target for target in after if target not in found)
    return set(found)


def walk(transducer: Transducer, state: str | None, word: Word) -> tuple[list[str], list[int]]:
    """Return the states before each symbol and after the last one, and the outputs; ``None`` stands for the start state."""
    states, outputs = [transducer.start if state is None else state], []
    for symbol in word:
        after, output = transducer.step(states[-1], symbol)
        states.append(after)
        outputs.append(output)
    return states, outputs


def _leaf(split: frozenset[Context], whole: bool, states: list[str], word: Word) -> Context | None:
    for at in range(len(word), -1, -1):
        if (states[at], word[at:]) not in split:
            return states[at], word[at:]
    return (None, word) if whole else None
