"""Read a string, then answer in the empty cells behind it: the form of the tasks of Delétang et al. (2023).

"Neural Networks and the Chomsky Hierarchy", section 4: the input is read whole, and then as many empty tokens as the answer has symbols.
"""

from abc import abstractmethod
from bisect import bisect_left

import numpy as np

from pipeline.core.examples import IGNORE, Array, TaskSpec
from pipeline.strings.text import StringTask


class CellTask(StringTask):
    """A task on strings of characters, which are answered in empty cells behind them.

    ``length`` counts the characters of the string. An input ``[length + cells(length)]`` holds their places in ``characters``, then
    ``empty``, the symbol after the last of them. Where an answer is shorter than its cells, what is left of them is not scored.
    """

    @abstractmethod
    def cells(self, length: int) -> int:
        """Count the empty cells behind a string of ``length``; it does not fall with the length."""

    @abstractmethod
    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings: ``[n, length]`` uint8, without their empty cells."""

    @abstractmethod
    def answers_to(self, strings: Array) -> Array:
        """Answer ``[n, length]`` strings: ``[n, cells(length)]``, ``IGNORE`` where nothing is scored."""

    @property
    def empty(self) -> int:
        return len(self.characters)

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=len(self.characters) + 1, outputs=len(self.written), answer="tail")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings, each with its empty cells: ``[n, length + cells(length)]`` uint8."""
        return self.with_cells(self.strings(rng, n, length))

    def with_cells(self, strings: Array) -> Array:
        """Put the empty cells behind ``[n, length]`` strings."""
        return np.pad(strings.astype(np.uint8), [(0, 0), (0, self.cells(strings.shape[1]))], constant_values=self.empty)

    def oracle(self, inputs: Array) -> Array:
        """Answer ``[n, length + cells(length)]`` inputs: ``[n, cells(length)]``."""
        return self.answers_to(inputs[:, : self._string_length(inputs.shape[1])])

    def answer_length(self, positions: int) -> int:
        return positions - self._string_length(positions)

    def length_of(self, inputs: Array) -> int:
        return self._string_length(len(inputs))

    def parse(self, text: str) -> Array:
        return self.with_cells(super().parse(text)[None])[0]

    def show(self, inputs: Array) -> str:
        return super().show(inputs[: self.length_of(inputs)])

    def _string_length(self, positions: int) -> int:
        return bisect_left(range(positions + 1), positions, key=lambda length: length + self.cells(length))


def until(ends: Array, answers: Array) -> Array:
    """Leave of ``[n, cells]`` answers what stands up to ``ends`` ``[n]``, the last place that is scored: int8, ``IGNORE`` behind it."""
    return np.where(np.arange(answers.shape[1]) <= ends[:, None], answers, IGNORE).astype(np.int8)
