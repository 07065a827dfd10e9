"""Multiply a decimal number by three, digit by digit, with a carry of up to two."""

from pipeline.finite_state.digits import Digits, LowFirst, low_first


class Times3(LowFirst):
    """The digits of a number, lowest first, to the digits of 3 times the number.

    Example:
        >>> task.parse("1476")
        array([6, 7, 4, 1, 0], dtype=uint8)
        >>> task.oracle(task.parse("1476")[None])
        array([[8, 2, 4, 4, 0]], dtype=uint8)
        >>> task.answer("1476")
        '4428'
    """

    Params = Digits
    name = "times_3"
    version = 1
    weights = (3,)
    transducer = low_first(3)


TASK = Times3
