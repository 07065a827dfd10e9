"""Tell in which order two symbols came, long after both.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 6a. A sequence begins with E, ends with
B, and otherwise consists of symbols drawn from a, b, c and d, except for two that are X or Y. It has 100 to 110 elements; the one is
between elements 10 and 20, the other between 50 and 60. The classes are X X: Q, X Y: R, Y X: S, Y Y: U.

What the paper leaves open, and what we chose: all draws are uniform, both ends among them, and elements are counted from 0, the E.
Other lengths T scale the definition: T to T + T/10 elements, the one between T/10 and T/5, the other between T/2 and T/2 + T/10, each
rounded down.
"""

from typing import ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from pipeline.core.examples import IGNORE, Array, TaskSpec, at_ends
from pipeline.core.notation import InputError, quoted, read_characters, read_words
from pipeline.core.sampled_task import SampledParams, SampledTask

SYMBOLS = "EBabcdXY"
E, B, X, Y = (SYMBOLS.index(symbol) for symbol in "EBXY")
DISTRACTORS = range(SYMBOLS.index("a"), SYMBOLS.index("d") + 1)
CLASSES = "QRSU"


class TemporalOrderParams(SampledParams):
    shortest: ClassVar[int] = 10

    length: PositiveInt = Field(description="least number of symbols in a training input; there are up to a tenth more")

    @classmethod
    def space(cls, length: int) -> int:
        """Count what can be drawn: the ends, the two places, their two symbols, and a distractor everywhere else."""
        (low_1, high_1), (low_2, high_2) = _places(length)
        places = (high_1 - low_1 + 1) * (high_2 - low_2 + 1)
        return sum(places * 2**2 * len(DISTRACTORS) ** (end - 4) for end in range(length, length + length // 10 + 1))


class TemporalOrder(SampledTask):
    """A string of E, a, b, c, d, X, Y, B with two of X and Y to the class of their order: a label of Q, R, S, U.

    ``length`` is the T above. Inputs have ``T + T // 10`` positions; those beyond a sequence's end hold B again.

    Example:
        >>> task.parse("E a X b Y B")
        array([0, 2, 6, 3, 7, 1], dtype=uint8)
        >>> task.oracle(task.parse("E a X b Y B")[None])
        array([[1]], dtype=int16)
        >>> task.answer("E a X b Y B")
        'R'
    """

    Params = TemporalOrderParams
    name = "temporal_order"
    version = 2  # 2: B beyond a sequence's end, its answer at the first B

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=len(SYMBOLS), outputs=len(CLASSES), answer="label")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw sequences as the paper does: ``[n, length + length // 10]`` uint8, B beyond their ends."""
        positions, rows = length + length // 10, np.arange(n)
        ends = rng.integers(length, positions, size=n, endpoint=True)
        inputs = rng.integers(DISTRACTORS.start, DISTRACTORS.stop, size=(n, positions), dtype=np.uint8)
        inputs[:, 0] = E
        inputs[rows, ends - 1] = B
        for low, high in _places(length):
            inputs[rows, rng.integers(low, high, size=n, endpoint=True)] = rng.integers(X, Y, size=n, dtype=np.uint8, endpoint=True)
        inputs[np.arange(positions) >= ends[:, None]] = B
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Read the first and the last X or Y: ``[n, positions]`` symbols to ``[n, answers]``, each at its first B."""
        relevant, rows = (inputs == X) | (inputs == Y), np.arange(len(inputs))
        first = relevant.argmax(axis=1)
        last = inputs.shape[1] - 1 - relevant[:, ::-1].argmax(axis=1)
        classes = (2 * (inputs[rows, first] == Y) + (inputs[rows, last] == Y)).astype(np.uint8)
        return at_ends(_ends(inputs), classes, inputs.shape[1])

    def parse(self, text: str) -> Array:
        expected = "E, then a, b, c, d with two of X and Y among them, then B, such as 'E a X b Y B'"
        written = "".join(read_words(text))
        symbols = read_characters(written, SYMBOLS, expected)
        between = symbols[1:-1]
        if symbols[0] != E or symbols[-1] != B or np.isin(between, (E, B)).any() or np.isin(between, (X, Y)).sum() != 2:
            raise InputError(f"expected {expected}, got {quoted(written)}")
        return symbols

    def show(self, inputs: Array) -> str:
        return "".join(SYMBOLS[symbol] for symbol in inputs[: _ends(inputs[None])[0]].tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return CLASSES[int(outputs[outputs != IGNORE][0])]


def _ends(inputs: Array) -> Array:
    """Count the symbols of each sequence, which ends with its first B: ``[n, positions]`` to ``[n]``."""
    ends: Array = (inputs == B).argmax(axis=1) + 1
    return ends


def _places(length: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Between which positions, themselves among them, the first and the second X or Y are."""
    tenth, half = length // 10, length // 2
    return (tenth, length // 5), (half, half + tenth)


TASK = TemporalOrder
