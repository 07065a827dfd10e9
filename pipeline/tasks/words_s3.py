"""The word problem of S3, the symmetric group of three things, 6 elements, by two generators.

`a` turns the three places, `b` swaps the first two: a letter acts on what the letters before it have made.
"""

from pipeline.finite_state.groups import Words, elements, word_machine

GENERATORS = ((1, 2, 0), (1, 0, 2))


class WordsS3(Words):
    """A word of a and b to the arrangement that each of its beginnings makes of 1 to 3.

    Example:
        >>> task.oracle(np.array([[0, 1, 1, 0]], dtype=np.uint8))
        array([[3, 5, 3, 4]], dtype=uint8)
        >>> task.answer("abba")
        '231 321 231 312'
    """

    name = "words_s3"
    version = 1
    generators = GENERATORS
    outputs = len(elements(GENERATORS))
    transducer = word_machine(GENERATORS)


TASK = WordsS3
