"""Read a string of bits, then write it backwards.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", section 4 and appendix A.2, task "reverse string": the input is read
whole, and the answer is read off at the empty cells behind it, one for each of its symbols.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array, TaskSpec
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, SampledTask

EMPTY = 2


class ReverseStringParams(SampledParams):
    alphabet: ClassVar[int] = 2


class ReverseString(SampledTask):
    """A string of bits to the same bits in the opposite order, written in the empty cells behind it.

    ``length`` counts the bits. Inputs have ``2 * length`` positions, the last half of which hold the symbol ``EMPTY``.

    Example:
        >>> task.parse("1100")
        array([1, 1, 0, 0, 2, 2, 2, 2], dtype=uint8)
        >>> task.oracle(task.parse("1100")[None])
        array([[0, 0, 1, 1]], dtype=uint8)
        >>> task.answer("1100")
        '0011'
    """

    Params = ReverseStringParams
    name = "reverse_string"
    version = 1

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=3, outputs=2, answer="tail")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings of independent fair bits, each with its empty cells: ``[n, 2 * length]`` uint8."""
        return _with_empty_cells(rng.integers(2, size=(n, length), dtype=np.uint8))

    def oracle(self, inputs: Array) -> Array:
        """Reverse the first half: ``[n, 2 * length]`` to ``[n, length]``."""
        return inputs[:, : self.answer_length(inputs.shape[1])][:, ::-1].copy()

    def answer_length(self, positions: int) -> int:
        return positions // 2

    def length_of(self, inputs: Array) -> int:
        return self.answer_length(len(inputs))

    def parse(self, text: str) -> Array:
        return _with_empty_cells(read_characters(text, "01", "bits such as 1100")[None])[0]

    def show(self, inputs: Array) -> str:
        return self.render(inputs, inputs[: self.length_of(inputs)])

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(map(str, outputs.tolist()))


def _with_empty_cells(bits: Array) -> Array:
    return np.concatenate([bits, np.full_like(bits, EMPTY)], axis=1)


TASK = ReverseString
