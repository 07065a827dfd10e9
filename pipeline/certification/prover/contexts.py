"""Which sets a proof needs: one for each way in which the past can end.

A key ``(state, symbols)`` holds the histories that come to the transducer's ``state`` and then read ``symbols``; ``(None, symbols)``
holds the one history that is ``symbols`` from the start. The keys are the leaves of a tree of such endings (Rissanen 1983, "A Universal
Data Compression System", contexts of varying length): a key whose set grows too wide is split by what was read before, and no other is.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pipeline.core.transducer import Transducer

Word = tuple[int, ...]
Key = tuple[str | None, Word]
START: Key = (None, ())


@dataclass(frozen=True)
class Keys:
    """The keys that occur, and where each stride of symbols leads.

    Attributes:
        names: The keys; the first is the start's.
        states: The transducer's state at each key.
        split: The endings that are split by what came before.
        words: ``[symbols ** stride, stride]``, all strides, the last symbol varying fastest.
        targets: ``[keys, symbols ** stride]``: the key after each stride.
        outputs: For each of the stride's positions, ``[keys, symbols ** (position + 1)]``: the right output there.
    """

    names: tuple[Key, ...]
    states: tuple[str, ...]
    split: frozenset[Key]
    words: NDArray[np.int64]
    targets: NDArray[np.int64]
    outputs: tuple[NDArray[np.int64], ...]


def keys_of(transducer: Transducer, split: frozenset[Key], stride: int) -> Keys:
    """Follow all strides from the start until no new key appears; split further where a key would not say which one comes next."""
    split |= {(state, ()) for state in transducer.states}
    words = list(product(range(transducer.symbols), repeat=stride))
    names: list[Key] = [START]
    states: list[str] = []
    targets, outputs = [], []
    place = {START: 0}
    for before, last in names:  # grows while it is walked
        row, written = [], []
        for word in words:
            path, wrote = walk(transducer, before, last + word)
            key = _leaf(split, before is None, path, last + word)
            if key is None:
                return keys_of(transducer, split | {(before, last)}, stride)
            if key not in place:
                place[key] = len(names)
                names.append(key)
            row.append(place[key])
            written.append(wrote[len(last) :])
        states.append(path[len(last)])
        targets.append(row)
        outputs.append(written)
    table = np.array(outputs)
    firsts = (table[:, :: transducer.symbols ** (stride - 1 - at), at] for at in range(stride))
    return Keys(tuple(names), tuple(states), split, np.array(words), np.array(targets), tuple(firsts))


def walk(transducer: Transducer, state: str | None, word: Word) -> tuple[list[str], list[int]]:
    """Return the states before each symbol and after the last one, and the outputs."""
    states, outputs = [transducer.start if state is None else state], []
    for symbol in word:
        after, output = transducer.step(states[-1], symbol)
        states.append(after)
        outputs.append(output)
    return states, outputs


def _leaf(split: frozenset[Key], whole: bool, states: list[str], word: Word) -> Key | None:
    for at in range(len(word), -1, -1):
        if (states[at], word[at:]) not in split:
            return states[at], word[at:]
    return (None, word) if whole else None
