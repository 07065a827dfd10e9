"""The word problem of a group: multiply generators, and say which element the product is, at every one of them.

Word problems of S5 and A5 are complete for NC1 (Barrington 1989, "Bounded-Width Polynomial-Size Branching Programs Recognize Exactly
Those Languages in NC1"); Merrill, Petty and Sabharwal (2024), "The Illusion of State in State-Space Models", take them as the measure of
state tracking. There each symbol is an element of the group; here it is one of two generators, which keeps the alphabet small.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import read_characters
from pipeline.core.transducer import Transducer
from pipeline.finite_state.machines import minimal
from pipeline.finite_state.running import Bits, Running

Permutation = tuple[int, ...]


def elements(generators: tuple[Permutation, ...]) -> list[Permutation]:
    """List the group that permutations of ``0 … n - 1`` generate, in lexicographic order."""
    found = [tuple(range(len(generators[0])))]
    for element in found:  # grows while it is walked
        found += dict.fromkeys(after for g in generators if (after := times(element, g)) not in found)
    return sorted(found)


def times(element: Permutation, generator: Permutation) -> Permutation:
    """Rearrange: what stands at place ``generator[i]`` moves to place ``i``."""
    return tuple(element[place] for place in generator)


def word_machine(generators: tuple[Permutation, ...]) -> Transducer:
    """Return the machine whose states are the group's elements and whose output is the number of the element that it comes to."""
    numbers = {element: number for number, element in enumerate(elements(generators))}

    def rule(element: Permutation, symbol: int) -> tuple[Permutation, int]:
        after = times(element, generators[symbol])
        return after, numbers[after]

    return minimal(min(numbers), len(generators), rule, _text)


class Words(Running):
    """A word of two generators, a and b, to the arrangement of ``1 … n`` after each of them.

    Attributes:
        generators: What each symbol does to an arrangement.
    """

    Params = Bits
    generators: ClassVar[tuple[Permutation, ...]]

    def oracle(self, inputs: Array) -> Array:
        """Rearrange step by step: ``[n, length]`` symbols to ``[n, length]`` numbers of elements."""
        known = elements(self.generators)
        places = len(known[0])
        ranks = np.array([int(_text(element)) for element in known])
        now = np.tile(np.arange(places), (len(inputs), 1))
        answers = np.empty(inputs.shape, np.uint8)
        for t in range(inputs.shape[1]):
            now = np.take_along_axis(now, np.array(self.generators)[inputs[:, t]], axis=1)
            answers[:, t] = np.searchsorted(ranks, (now + 1) @ 10 ** np.arange(places)[::-1])
        return answers

    def parse(self, text: str) -> Array:
        return read_characters(text, "ab", "a word of a and b such as abba")

    def show(self, inputs: Array) -> str:
        return "".join("ab"[symbol] for symbol in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        known = elements(self.generators)
        return " ".join(_text(known[number]) for number in outputs.tolist())


def _text(element: Permutation) -> str:
    return "".join(str(place + 1) for place in element)
