"""Read an expression with brackets, then write its value modulo 5.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "modular arithmetic": digits 0 to 4, +, -, · and
brackets around every operation, drawn as in the authors' code with multiplication, which the paper has.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings import expressions
from pipeline.strings.cells import CellTask


class ModularArithmeticBracketsParams(SampledParams):
    alphabet: ClassVar[int] = 10

    @classmethod
    def space(cls, length: int) -> float:
        return expressions.drawable(length)


class ModularArithmeticBrackets(CellTask):
    """An expression to its value modulo 5.

    Example:
        >>> task.answer("-(1-2)*(4-3*(-2))")
        '0'
        >>> task.answer("((-3)+(4*2))")
        '0'
    """

    Params = ModularArithmeticBracketsParams
    name = "modular_arithmetic_brackets"
    version = 1
    characters, written = expressions.CHARACTERS, "01234"
    expected = "an expression of digits 0 to 4, +, -, * and brackets such as ((-3)+(4*2))"

    def cells(self, length: int) -> int:
        return 1

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        return expressions.draw(rng, n, length)

    def answers_to(self, strings: Array) -> Array:
        return expressions.value(strings)[:, None]

    def fault(self, string: Array) -> str | None:
        return expressions.fault("".join(self.characters[symbol] for symbol in string))


TASK = ModularArithmeticBrackets
