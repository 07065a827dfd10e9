"""Read an equation modulo 5 with an unknown, then write the unknown.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", appendix A.1, task "solve equation": an expression in which a digit
is replaced by the unknown, an equals sign and the value. The paper has +, - and ·; the authors' code leaves multiplication out, since an
unknown that is multiplied by 0 may be anything. Here it is there, and only equations with one solution are drawn.
"""

from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.sampled_task import SampledParams
from pipeline.strings import expressions
from pipeline.strings.cells import CellTask
from pipeline.strings.expressions import MODULUS

UNKNOWN, EQUALS = 10, 11
# Drawn at a time for each one that is wanted: where they are long, most unknowns are multiplied by 0.
DRAWN = 4


class SolveEquationParams(SampledParams):
    alphabet: ClassVar[int] = 12
    shortest: ClassVar[int] = 3

    @classmethod
    def space(cls, length: int) -> float:
        """Count equations that are drawn often: the unknown stands for one digit at least, so no fewer than expressions."""
        return expressions.drawable(length - 2)


class SolveEquation(CellTask):
    """``expression=value`` with ``x`` in the place of a digit to that digit.

    Example:
        >>> task.answer("((x+3)*2)=1")
        '0'
    """

    Params = SolveEquationParams
    name = "solve_equation"
    version = 1
    characters, written = f"{expressions.CHARACTERS}x=", "01234"
    expected = "an equation of digits 0 to 4, +, -, *, brackets and one x such as ((x+3)*2)=1"

    def cells(self, length: int) -> int:
        return 1

    def strings(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw expressions, and uniformly the digit that is hidden, until its value is determined in each."""
        rows = np.empty((0, length), np.uint8)
        while len(rows) < n:
            drawn = expressions.draw(rng, DRAWN * n, length - 2)
            hidden = np.where(drawn < MODULUS, rng.random(drawn.shape), -1.0).argmax(axis=1)[:, None]
            # The unknown stands there once, so the expression is a x + b.
            b, a_and_b = (expressions.value(_with(drawn, hidden, digit)).astype(np.int64) for digit in (0, 1))
            values = b + (a_and_b - b) * np.take_along_axis(drawn, hidden, axis=1)[:, 0]
            ends = np.stack([np.full_like(values, EQUALS), values % MODULUS], axis=1).astype(np.uint8)
            rows = np.concatenate([rows, np.concatenate([_with(drawn, hidden, UNKNOWN), ends], axis=1)[a_and_b != b]])
        return rows[:n]

    def answers_to(self, strings: Array) -> Array:
        """Try the five digits."""
        return self._holds(strings).argmax(axis=0).astype(np.uint8)[:, None]

    def fault(self, string: Array) -> str | None:
        if (string == UNKNOWN).sum() != 1 or (string == EQUALS).sum() != 1 or string[-2] != EQUALS or string[-1] >= MODULUS:
            return "one x, and at its end an equals sign and a digit"
        wrong = expressions.fault("".join(self.characters[symbol] for symbol in string[:-2]))
        return wrong or (None if self._holds(string[None]).sum() == 1 else "exactly one solution")

    def _holds(self, equations: Array) -> Array:
        """Say for which digits in the unknown's place ``[n, length]`` equations hold: ``[5, n]``."""
        tried = np.concatenate([np.where(equations == UNKNOWN, digit, equations)[:, :-2] for digit in range(MODULUS)])
        return expressions.value(tried).reshape(MODULUS, -1) == equations[:, -1]


def _with(strings: Array, places: Array, symbol: int) -> Array:
    """Put a symbol at ``places`` ``[n, 1]`` of ``[n, length]`` strings."""
    changed = strings.copy()
    np.put_along_axis(changed, places, symbol, axis=1)
    return changed


TASK = SolveEquation
