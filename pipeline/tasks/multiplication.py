"""Multiply the two marked numbers of a long sequence.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 5: the sequences of experiment 4
(``adding``, which says what the paper leaves open), but their reals are of [0, 1], the target at the end is X1 times X2, and X1 is set to
one where the first pair of the sequence got marked.
"""

import numpy as np

from pipeline.core.examples import Array, at_ends
from pipeline.core.notation import InputError, quoted
from pipeline.tasks.adding import Adding, _ends

# The version of adding whose sequences are multiplied: DVC names one file for each task, so a new one there must be an edit here.
BUILT_ON = (Adding, 2)


class Multiplication(Adding):
    """Pairs of a real and a marker to the product of the reals that are marked with 1.

    ``length`` is the paper's T. Inputs are those of ``adding``, and are written alike.

    Example:
        >>> task.parse("0.5 0.2* 0.1 0.3* 0.9")
        array([[ 0.5, -1. ],
               [ 0.2,  1. ],
               [ 0.1,  0. ],
               [ 0.3,  1. ],
               [ 0.9, -1. ]], dtype=float32)
        >>> task.oracle(task.parse("0.5 0.2* 0.1 0.3* 0.9")[None])
        array([[0.06]], dtype=float32)
        >>> task.answer("0.5 0.2* 0.1 0.3* 0.9")
        '0.06'
    """

    name = "multiplication"
    version = 1

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw sequences as the paper does: ``[n, length + length // 10, 2]`` float32, zeros beyond their ends."""
        inputs = super().sample(rng, n, length)
        np.abs(inputs[..., 0], out=inputs[..., 0])
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Multiply what is marked: ``[n, positions, 2]`` to ``[n, answers]`` float32, each at its sequence's last pair."""
        marked = np.where(inputs[..., 1] == 1, inputs[..., 0], 1)
        products = np.multiply.reduce(marked, axis=1, dtype=np.float64).astype(np.float32)
        return at_ends(_ends(inputs), products, inputs.shape[1])

    def parse(self, text: str) -> Array:
        try:
            pairs = super().parse(text)
        except InputError:
            pairs = None
        if pairs is None or (pairs[:, 0] < 0).any():
            expected = "expected numbers of 0..1, a star behind one or two between the first and the last, such as '0.5 0.2* 0.1 0.3* 0.9'"
            raise InputError(f"{expected}, got {quoted(text.strip())}") from None
        return pairs


TASK = Multiplication
