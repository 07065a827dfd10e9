"""Subtract a decimal number from one that is no smaller, digit by digit, with a borrow."""

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import InputError, quoted
from pipeline.finite_state.digits import BASE, LowFirst, Pairs, columns, low_first, symbols_of


class Subtraction(LowFirst):
    """Two numbers, lowest digit first, a column of both a symbol, to the digits of their difference.

    Example:
        >>> task.parse("102-7")
        array([27,  0, 10], dtype=uint8)
        >>> task.oracle(task.parse("102-7")[None])
        array([[5, 9, 0]], dtype=uint8)
        >>> task.answer("102-7")
        '95'
    """

    Params = Pairs
    name = "subtraction"
    version = 1
    weights = (1, -1)
    sign = "-"
    room = 0
    transducer = low_first(1, -1)

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw two numbers of ``length`` digits, the greater one first: ``[n, length]`` uint8."""
        first, second = columns(super().sample(rng, n, length), 2)
        return symbols_of(np.where(_smaller(first, second)[:, None], np.stack([second, first]), np.stack([first, second])))

    def parse(self, text: str) -> Array:
        inputs = super().parse(text)
        if _smaller(*columns(inputs[None], 2))[0]:
            raise InputError(f"expected two numbers of which the first is no smaller, got {quoted(text)}")
        return inputs

    def _with_handing(self, rng: np.random.Generator, inputs: Array, where: Array) -> Array:
        changed = super()._with_handing(rng, inputs, where)
        # 1 above 0 has what is borrowed, and does not begin with 0.
        changed[_smaller(*columns(changed, 2)) | (changed[:, -1] == 0), -1] = BASE
        return changed


def _smaller(first: Array, second: Array) -> Array:
    """Say of numbers ``[n, length]``, lowest digit first, which are smaller: ``[n]``."""
    apart = (first - second)[:, ::-1]
    found: Array = np.take_along_axis(apart, (apart != 0).argmax(axis=1)[:, None], axis=1)[:, 0] < 0
    return found


TASK = Subtraction
