"""Where steps back, none and forward lead on a cycle of five places, at every step.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", Table 1 and appendix A.1. The paper asks at the end only.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams
from pipeline.finite_state.machines import minimal, showing
from pipeline.finite_state.running import Running

STEPS = "bsf"  # back, stay, forward, in the order of the paper's code
PLACES = 5


class CycleNavigationParams(SampledParams):
    alphabet: ClassVar[int] = len(STEPS)


class CycleNavigation(Running):
    """Steps b, s and f (back, stay, forward) to the place after each of them, from place 0.

    Example:
        >>> task.oracle(np.array([[2, 2, 1, 0, 0, 0]], dtype=np.uint8))
        array([[1, 2, 2, 1, 0, 4]], dtype=uint8)
        >>> task.answer("ffsbbb")
        '122104'
    """

    Params = CycleNavigationParams
    name = "cycle_navigation"
    version = 1
    outputs = PLACES
    transducer = minimal(0, len(STEPS), showing(lambda at, step: (at + step - 1) % PLACES), lambda at: f"place {at}")

    def oracle(self, inputs: Array) -> Array:
        """Add up modulo 5: ``[n, length]`` steps to ``[n, length]`` places."""
        return (np.cumsum(inputs.astype(np.int64) - 1, axis=1) % PLACES).astype(np.uint8)

    def parse(self, text: str) -> Array:
        return read_characters(text, STEPS, "steps b, s and f such as ffsb")

    def show(self, inputs: Array) -> str:
        return "".join(STEPS[step] for step in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(map(str, outputs.tolist()))


TASK = CycleNavigation
