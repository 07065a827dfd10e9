"""Add two decimal numbers, digit by digit, with a carry."""

from pipeline.finite_state.digits import LowFirst, Pairs, low_first


class Addition(LowFirst):
    """Two numbers, lowest digit first, a column of both a symbol, to the digits of their sum.

    Example:
        >>> task.parse("95+7")
        array([57, 90,  0], dtype=uint8)
        >>> task.oracle(task.parse("95+7")[None])
        array([[2, 0, 1]], dtype=uint8)
        >>> task.answer("95+7")
        '102'
    """

    Params = Pairs
    name = "addition"
    version = 1
    weights = (1, 1)
    sign = "+"
    transducer = low_first(1, 1)


TASK = Addition
