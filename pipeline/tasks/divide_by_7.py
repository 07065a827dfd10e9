"""Divide a decimal number by seven, digit by digit, with a remainder."""

from pipeline.finite_state.digits import Digits, Division, division


class DivideBy7(Division):
    """The digits of a number, highest first, to the digits of its quotient by 7; the last remainder is dropped.

    Example:
        >>> task.oracle(task.parse("1476")[None])
        array([[0, 2, 1, 0]], dtype=uint8)
        >>> task.answer("1476")
        '210'
    """

    Params = Digits
    name = "divide_by_7"
    version = 1
    divisor = 7
    transducer = division(7)


TASK = DivideBy7
