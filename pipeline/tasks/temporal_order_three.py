"""Tell in which order three symbols came, long after all of them.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 6b. Sequences are those of experiment 6a
(``temporal_order``, which says what the paper leaves open) with three symbols that are X or Y: between elements 10 and 20, 33 and 43, 66
and 76. The classes are X X X: Q, X X Y: R, X Y X: S, X Y Y: U, Y X X: V, Y X Y: A, Y Y X: B, Y Y Y: C.

Other lengths T scale the definition: the later ones are between T/3 and T/3 + T/10, and between 2T/3 and 2T/3 + T/10, each rounded down.
"""

import math

import numpy as np

from pipeline.core.examples import Array, TaskSpec, at_ends
from pipeline.core.notation import InputError, quoted, read_characters, read_words
from pipeline.tasks.temporal_order import DISTRACTORS, SYMBOLS, B, E, TemporalOrder, TemporalOrderParams, X, Y, _ends

# The version of temporal_order whose sequences these are: DVC names one file for each task, so a new one there must be an edit here.
BUILT_ON = (TemporalOrder, 2)
CLASSES = "QRSUVABC"
MARKS = 3


class TemporalOrderThreeParams(TemporalOrderParams):
    @classmethod
    def space(cls, length: int) -> int:
        """Count what can be drawn: the ends, the three places, their symbols, and a distractor everywhere else."""
        places = math.prod(high - low + 1 for low, high in _places(length))
        return sum(places * 2**MARKS * len(DISTRACTORS) ** (end - 2 - MARKS) for end in range(length, length + length // 10 + 1))


class TemporalOrderThree(TemporalOrder):
    """A string of E, a, b, c, d, X, Y, B with three of X and Y to the class of their order: a label of Q, R, S, U, V, A, B, C.

    ``length`` is the T above. Inputs have ``T + T // 10`` positions; those beyond a sequence's end hold B again.

    Example:
        >>> task.parse("E a X b Y c X B")
        array([0, 2, 6, 3, 7, 4, 6, 1], dtype=uint8)
        >>> task.oracle(task.parse("E a X b Y c X B")[None])
        array([[2]], dtype=int16)
        >>> task.answer("E a X b Y c X B")
        'S'
    """

    Params = TemporalOrderThreeParams
    name = "temporal_order_three"
    version = 1

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=len(SYMBOLS), outputs=len(CLASSES), answer="label")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw sequences as the paper does: ``[n, length + length // 10]`` uint8, B beyond their ends."""
        inputs, rows = super().sample(rng, n, length), np.arange(n)
        marked = (inputs == X) | (inputs == Y)
        inputs[marked] = rng.integers(DISTRACTORS.start, DISTRACTORS.stop, size=marked.sum(), dtype=np.uint8)
        for low, high in _places(length):
            inputs[rows, rng.integers(low, high, size=n, endpoint=True)] = rng.integers(X, Y, size=n, dtype=np.uint8, endpoint=True)
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Read the X and Y as a number in twos: ``[n, positions]`` symbols to ``[n, answers]``, each at its first B."""
        marks = inputs[(inputs == X) | (inputs == Y)].reshape(len(inputs), MARKS) == Y
        classes = (marks @ (2 ** np.arange(MARKS)[::-1])).astype(np.uint8)
        return at_ends(_ends(inputs), classes, inputs.shape[1])

    def parse(self, text: str) -> Array:
        expected = "E, then a, b, c, d with three of X and Y among them, then B, such as 'E a X b Y c X B'"
        written = "".join(read_words(text))
        symbols = read_characters(written, SYMBOLS, expected)
        between = symbols[1:-1]
        if symbols[0] != E or symbols[-1] != B or np.isin(between, (E, B)).any() or np.isin(between, (X, Y)).sum() != MARKS:
            raise InputError(f"expected {expected}, got {quoted(written)}")
        return symbols

    def render(self, inputs: Array, outputs: Array) -> str:
        return CLASSES[int(outputs[outputs >= 0][0])]


def _places(length: int) -> list[tuple[int, int]]:
    """Between which positions, themselves among them, the X or Y are."""
    tenth, third, two_thirds = length // 10, length // 3, 2 * length // 3
    return [(tenth, length // 5), (third, third + tenth), (two_thirds, two_thirds + tenth)]


TASK = TemporalOrderThree
