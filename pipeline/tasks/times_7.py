"""Multiply a decimal number by seven, digit by digit, with a carry of up to six."""

from pipeline.finite_state.digits import Digits, LowFirst, low_first


class Times7(LowFirst):
    """The digits of a number, lowest first, to the digits of 7 times the number.

    Example:
        >>> task.parse("1476")
        array([6, 7, 4, 1, 0], dtype=uint8)
        >>> task.oracle(task.parse("1476")[None])
        array([[2, 3, 3, 0, 1]], dtype=uint8)
        >>> task.answer("1476")
        '10332'
    """

    Params = Digits
    name = "times_7"
    version = 1
    weights = (7,)
    transducer = low_first(7)


TASK = Times7
