"""Whether a string of bits has an even number of unequal neighbours, at every bit.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", Table 1 and appendix A.1: 1 for an odd number. It is odd just where
the first and the last bit differ. The paper asks at the end only.
"""

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import read_characters
from pipeline.finite_state.machines import minimal
from pipeline.finite_state.running import Bits, Running

NONE = -1


def _rule(first: int, bit: int) -> tuple[int, int]:
    return (bit, 0) if first == NONE else (first, int(bit != first))


class EvenPairs(Running):
    """A string of bits to whether each bit differs from the first one.

    Example:
        >>> task.oracle(np.array([[1, 0, 0, 1, 0]], dtype=np.uint8))
        array([[0, 1, 1, 0, 1]], dtype=uint8)
        >>> task.answer("10010")
        '01101'
    """

    Params = Bits
    name = "even_pairs"
    version = 1
    outputs = 2
    transducer = minimal(NONE, 2, _rule, lambda first: "start" if first == NONE else f"first {first}")

    def oracle(self, inputs: Array) -> Array:
        """Compare with the first: ``[n, length]`` bits to ``[n, length]`` bits."""
        return (inputs != inputs[:, :1]).astype(np.uint8)

    def parse(self, text: str) -> Array:
        return read_characters(text, "01", "bits such as 10010")

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(map(str, outputs.tolist()))


TASK = EvenPairs
