"""Which of X and Y came first and which second among other symbols, at every symbol.

Experiment 6a of Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", with an answer everywhere and at any length: the task
``temporal_order`` asks for the class at the end only. Without the paper's E and B; a third X or Y, which the paper does not draw, changes
nothing.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.finite_state.machines import minimal, showing
from pipeline.finite_state.running import Running

SYMBOLS = "abcdXY"
X = SYMBOLS.index("X")
# Nothing yet, one of them, and the paper's classes: X X: Q, X Y: R, Y X: S, Y Y: U.
ANSWERS = "-XYQRSU"
AFTER = {(0, 0): 1, (0, 1): 2, (1, 0): 3, (1, 1): 4, (2, 0): 5, (2, 1): 6}


class OrderOfTwoParams(SampledParams):
    alphabet: ClassVar[int] = len(SYMBOLS)


class OrderOfTwo(Running):
    """A string of a, b, c, d, X and Y to what is known after each symbol of the first two X or Y.

    Example:
        >>> task.oracle(task.parse("aXbYXc")[None])
        array([[0, 1, 1, 4, 4, 4]], dtype=uint8)
        >>> task.answer("aXbYXc")
        '-XXRRR'
    """

    Params = OrderOfTwoParams
    name = "order_of_two"
    version = 1
    outputs = len(ANSWERS)
    transducer = minimal(
        0, len(SYMBOLS), showing(lambda known, symbol: AFTER.get((known, symbol - X), known)), lambda known: f"known {ANSWERS[known]}"
    )

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings with an X or Y at two places, which may be one: ``[n, length]`` uint8."""
        inputs = rng.integers(X, size=(n, length), dtype=np.uint8)
        for _ in range(2):
            inputs[np.arange(n), rng.integers(length, size=n)] = rng.integers(X, len(SYMBOLS), size=n)
        return inputs

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw half of the strings as ``sample``, half uniformly: ``[n, length]`` uint8."""
        uniform = rng.integers(len(SYMBOLS), size=(n, length), dtype=np.uint8)
        return np.where(rng.random((n, 1)) < 0.5, uniform, self.sample(rng, n, length))

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "many_marks": lambda rng, n, length: rng.integers(len(SYMBOLS), size=(n, length), dtype=np.uint8)}

    def oracle(self, inputs: Array) -> Array:
        """Look up the first two: ``[n, length]`` symbols to ``[n, length]`` answers."""
        marks = inputs >= X
        count = np.cumsum(marks, axis=1)
        first, second = ((marks & (count == number)).argmax(axis=1) for number in (1, 2))
        rows = np.arange(len(inputs))
        one, two = ((inputs[rows, at].astype(np.int64) - X).clip(0, 1) for at in (first, second))
        both = (3 + 2 * one + two)[:, None]
        return np.where(count == 0, 0, np.where(count == 1, 1 + one[:, None], both)).astype(np.uint8)

    def parse(self, text: str) -> Array:
        return read_characters(text, SYMBOLS, "a, b, c, d, X and Y such as aXbY")

    def show(self, inputs: Array) -> str:
        return "".join(SYMBOLS[symbol] for symbol in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(ANSWERS[number] for number in outputs.tolist())


TASK = OrderOfTwo
