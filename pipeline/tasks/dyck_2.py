"""Say after each bracket of two kinds which one may be closed next.

Dyck-2, as a prediction of what may follow (Gers and Schmidhuber 2001, "LSTM Recurrent Networks Learn Simple Context Free and Context
Sensitive Languages", section IV; for brackets Suzgun et al. 2019): opening is always possible, so what is asked is the kind on top of the
stack.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.strings.text import StringTask

OPEN_ROUND, OPEN_SQUARE, CLOSE_ROUND, CLOSE_SQUARE = range(4)
NONE = 2


class Dyck2Params(SampledParams):
    alphabet: ClassVar[int] = 4

    @classmethod
    def space(cls, length: int) -> float:
        """Count what begins a balanced string: at least those of opening brackets, at most four ways on at each place."""
        heights = {0: 1}
        for _ in range(min(length, 40)):
            after: dict[int, int] = {}
            for height, count in heights.items():
                after[height + 1] = after.get(height + 1, 0) + 2 * count
                if height:
                    after[height - 1] = after.get(height - 1, 0) + count
            heights = after
        return sum(heights.values())


class Dyck2(StringTask):
    """Brackets that close as they were opened, some not yet, to the one that may be closed next: ``)``, ``]`` or none, ``.``.

    Example:
        >>> task.answer("([])[(")
        ')]).])'
    """

    Params = Dyck2Params
    name = "dyck_2"
    version = 1
    characters, written = "([)]", ")]."
    expected = "brackets ( ) [ ] such as ([])[("

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw brackets: each opens or closes with equal chance, if one is open; which kind opens is uniform: ``[n, length]`` uint8."""
        return _closed(rng, rng.random((n, length)) < 0.5)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "nested": _nested, "deep": _deep}

    def oracle(self, inputs: Array) -> Array:
        """Keep a stack for each row: ``[n, length]`` to ``[n, length]``."""
        n, length = inputs.shape
        rows, height = np.arange(n), np.zeros(n, np.int64)
        stack, answers = np.full((n, length + 1), NONE, np.uint8), np.empty((n, length), np.uint8)
        for place in range(length):
            symbols = inputs[:, place]
            opens = symbols < CLOSE_ROUND
            height = height + np.where(opens, 1, -1)
            stack[rows[opens], height[opens]] = symbols[opens]
            answers[:, place] = stack[rows, height]
        return answers

    def fault(self, string: Array) -> str | None:
        opened: list[int] = []
        for symbol in string.tolist():
            if symbol < CLOSE_ROUND:
                opened.append(symbol)
            elif not opened or opened.pop() != symbol - CLOSE_ROUND:
                return "each closing the last one that is open"
        return None


def _closed(rng: np.random.Generator, opens: Array) -> Array:
    """Give ``[n, length]`` openings kinds, and close elsewhere what is open; where nothing is, open."""
    n, length = opens.shape
    rows, height, stack = np.arange(n), np.zeros(n, np.int64), np.zeros((n, length + 1), np.uint8)
    kinds, brackets = rng.integers(2, size=(n, length), dtype=np.uint8), np.empty((n, length), np.uint8)
    for place in range(length):
        opened = opens[:, place] | (height == 0)
        brackets[:, place] = np.where(opened, kinds[:, place], stack[rows, height] + CLOSE_ROUND)
        height = height + np.where(opened, 1, -1)
        stack[rows[opened], height[opened]] = kinds[opened, place]
    return brackets


def _nested(rng: np.random.Generator, n: int, length: int) -> Array:
    """Open half of them, then close them all."""
    return _closed(rng, np.tile(np.arange(length) < (length + 1) // 2, (n, 1)))


def _deep(rng: np.random.Generator, n: int, length: int) -> Array:
    """Open nine times of ten in the first half, close nine times of ten in the second."""
    return _closed(rng, rng.random((n, length)) < np.where(np.arange(length) < length // 2, 0.9, 0.1))


TASK = Dyck2
