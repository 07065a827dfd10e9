"""Read a stack and what is done to it, then write what is left, from its top.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "stack manipulation": the stack is given from its
bottom to its top, a pop of an empty stack does nothing, and a symbol for the end follows the answer.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.strings.cells import CellTask, until

POP, PUSH, END = 2, 3, 2


class StackManipulationParams(SampledParams):
    alphabet: ClassVar[int] = 5

    @classmethod
    def space(cls, length: int) -> float:
        """Count the splits into a stack of one or more bits and one or more actions; a string of one is a stack of one."""
        return 2 if length == 1 else sum(2**stack * 3 ** (length - stack) for stack in range(1, min(length, 40)))


class StackManipulation(CellTask):
    """A stack of bits, from its bottom, and actions (``-`` pops, ``a`` pushes 0, ``b`` pushes 1) to the stack, from its top, and ``.``.

    Example:
        >>> task.answer("0110b--")
        '110.'
        >>> task.answer("110---")
        '.'
    """

    Params = StackManipulationParams
    name = "stack_manipulation"
    version = 1
    characters, written = "01-ab", "01."
    expected = "bits, then actions - (pop), a (push 0), b (push 1), such as 0110b--"

    def cells(self, length: int) -> int:
        return length + 1

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw the stack's height uniformly from 1 to ``length - 1``, its bits, and uniform actions."""
        heights = rng.integers(1, length, size=n) if length > 1 else np.ones(n, np.int64)
        bits, actions = (rng.integers(*of, size=(n, length), dtype=np.uint8) for of in ((0, 2), (2, 5)))
        return np.where(np.arange(length) < heights[:, None], bits, actions)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "pushes": self._pushes, "pops": self._pops}

    def answers_to(self, strings: Array) -> Array:
        n, length = strings.shape
        rows, stack, height = np.arange(n), np.zeros((n, length + 1), np.uint8), np.zeros(n, np.int64)
        for symbols in np.ascontiguousarray(strings.T):
            # What a pop writes stands above the top, where the next push overwrites it.
            stack[rows, height] = np.where(symbols >= PUSH, symbols - PUSH, symbols)
            height = np.maximum(height + np.where(symbols == POP, -1, 1), 0)
        places = height[:, None] - 1 - np.arange(length + 1)
        answers = np.take_along_axis(stack, np.maximum(places, 0), axis=1)
        answers[rows, height] = END
        return until(height, answers)

    def fault(self, string: Array) -> str | None:
        if string[0] >= POP:
            return "a stack of one or more bits"
        return None if (np.diff((string < POP).astype(np.int8)) <= 0).all() else "all bits before the actions"

    def _pushes(self, rng: np.random.Generator, n: int, length: int) -> Array:
        strings = rng.integers(PUSH, PUSH + 2, size=(n, length), dtype=np.uint8)
        strings[:, 0] -= PUSH
        return self.with_cells(strings)

    def _pops(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Take all off again, or all but one."""
        strings = rng.integers(2, size=(n, length), dtype=np.uint8)
        strings[:, (length + 1) // 2 :] = POP
        return self.with_cells(strings)


TASK = StackManipulation
