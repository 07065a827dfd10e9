"""Add three decimal numbers, digit by digit, with a carry of up to two."""

from pipeline.finite_state.digits import LowFirst, Triples, low_first


class SumOfThree(LowFirst):
    """Three numbers, lowest digit first, a column of all three a symbol, to the digits of their sum.

    Example:
        >>> task.parse("95+7+8")
        array([578, 900,   0], dtype=uint16)
        >>> task.oracle(task.parse("95+7+8")[None])
        array([[0, 1, 1]], dtype=uint8)
        >>> task.answer("95+7+8")
        '110'
    """

    Params = Triples
    name = "sum_of_three"
    version = 1
    weights = (1, 1, 1)
    sign = "+"
    transducer = low_first(1, 1, 1)


TASK = SumOfThree
