"""Multiply a decimal number by nine, digit by digit, with a carry of up to eight."""

from pipeline.finite_state.digits import Digits, LowFirst, low_first


class Times9(LowFirst):
    """The digits of a number, lowest first, to the digits of 9 times the number.

    Example:
        >>> task.parse("1476")
        array([6, 7, 4, 1, 0], dtype=uint8)
        >>> task.oracle(task.parse("1476")[None])
        array([[4, 8, 2, 3, 1]], dtype=uint8)
        >>> task.answer("1476")
        '13284'
    """

    Params = Digits
    name = "times_9"
    version = 1
    weights = (9,)
    transducer = low_first(9)


TASK = Times9
