"""Divide a decimal number by three, digit by digit, with a remainder."""

from pipeline.finite_state.digits import Digits, Division, division


class DivideBy3(Division):
    """The digits of a number, highest first, to the digits of its quotient by 3; the last remainder is dropped.

    Example:
        >>> task.oracle(task.parse("1476")[None])
        array([[0, 4, 9, 2]], dtype=uint8)
        >>> task.answer("1476")
        '492'
    """

    Params = Digits
    name = "divide_by_3"
    version = 1
    divisor = 3
    transducer = division(3)


TASK = DivideBy3
