"""The word problem of S5, the symmetric group of five things, 120 elements, by two generators.

`a` turns the five places, `b` swaps the first two: a letter acts on what the letters before it have made.
"""

from pipeline.finite_state.groups import Words, elements, word_machine

GENERATORS = ((1, 2, 3, 4, 0), (1, 0, 2, 3, 4))


class WordsS5(Words):
    """A word of a and b to the arrangement that each of its beginnings makes of 1 to 5.

    Example:
        >>> task.oracle(np.array([[0, 1, 1, 0]], dtype=np.uint8))
        array([[33, 57, 33, 64]], dtype=uint8)
        >>> task.answer("abba")
        '23451 32451 23451 34512'
    """

    name = "words_s5"
    version = 1
    generators = GENERATORS
    outputs = len(elements(GENERATORS))
    transducer = word_machine(GENERATORS)


TASK = WordsS5
