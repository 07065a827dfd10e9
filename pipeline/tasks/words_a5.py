"""The word problem of A5, the alternating group of five things, 60 elements, by two generators.

`a` turns the five places, `b` the first three: a letter acts on what the letters before it have made.
"""

from pipeline.finite_state.groups import Words, elements, word_machine

GENERATORS = ((1, 2, 3, 4, 0), (1, 2, 0, 3, 4))


class WordsA5(Words):
    """A word of a and b to the arrangement that each of its beginnings makes of 1 to 5.

    Example:
        >>> task.oracle(np.array([[0, 1, 1, 0]], dtype=np.uint8))
        array([[16, 31, 40, 17]], dtype=uint8)
        >>> task.answer("abba")
        '23451 34251 42351 23514'
    """

    name = "words_a5"
    version = 1
    generators = GENERATORS
    outputs = len(elements(GENERATORS))
    transducer = word_machine(GENERATORS)


TASK = WordsA5
