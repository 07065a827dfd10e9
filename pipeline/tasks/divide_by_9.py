"""Divide a decimal number by nine, digit by digit, with a remainder."""

from pipeline.finite_state.digits import Digits, Division, division


class DivideBy9(Division):
    """The digits of a number, highest first, to the digits of its quotient by 9; the last remainder is dropped.

    Example:
        >>> task.oracle(task.parse("1476")[None])
        array([[0, 1, 6, 4]], dtype=uint8)
        >>> task.answer("1476")
        '164'
    """

    Params = Digits
    name = "divide_by_9"
    version = 1
    divisor = 9
    transducer = division(9)


TASK = DivideBy9
