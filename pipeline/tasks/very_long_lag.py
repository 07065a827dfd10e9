"""Remember the second symbol through a long random string, until a trigger asks for it: very long time lags.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 2c. A sequence is b, then y or x, then
q + k distractors drawn from a1 … ap, then e, and what follows is y or x again, as at the beginning: that is the answer. Before each
distractor beyond the q-th the sequence ends with probability 1/10, so that k is 9 on average.

What the paper leaves open, and what we chose: y and x are equally likely. Where we deviate: k is at most q, which leaves out a sequence in
two hundred where q is 50, and fewer where it is greater; they are drawn again.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from pipeline.core.examples import IGNORE, Array, TaskSpec, at_ends
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.sampled_task import SampledParams, SampledTask

ENDS_WITH = 0.1
# Symbols behind the p distractors, a1 being 0.
E, B, Y, X = range(4)
LABELS = "yx"
SPECIAL = "ebyx"


class VeryLongLagParams(SampledParams):
    shortest: ClassVar[int] = 1

    length: Annotated[PositiveInt, Field(description="q: least number of distractors in a training input; there are up to twice as many")]
    distractors: PositiveInt = Field(description="p: how many different distractors there are")

    @classmethod
    def space(cls, length: int) -> float:
        """Count roughly what can be drawn: y or x, the end, and as if there were two distractors."""
        return 2.0 * sum(2.0 ** min(length + k, 500) for k in range(length + 1))


class VeryLongLag(SampledTask):
    """A string of b, y or x, distractors and e to what stood behind b: a label, y or x.

    ``length`` is the paper's q. Inputs have ``2 q + 3`` positions; those beyond a sequence's end hold e again.

    Example:
        >>> task.parse("b y a1 a3 a2 e")[[1, 2, 3, 4]]
        array([52,  0,  2,  1], dtype=uint8)
        >>> task.oracle(task.parse("b x a1 a3 a2 e")[None])
        array([[1]], dtype=int16)
        >>> task.answer("b y a1 a3 a2 e")
        'y'
    """

    Params = VeryLongLagParams
    name = "very_long_lag"
    version = 1
    params: VeryLongLagParams

    @property
    def _names(self) -> list[str]:
        return [*(f"a{i}" for i in range(1, self.params.distractors + 1)), *SPECIAL]

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=len(self._names), outputs=len(LABELS), answer="label")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw sequences as the paper does: ``[n, 2 length + 3]``, the smallest fitting unsigned, e beyond their ends."""
        p, positions = self.params.distractors, 2 * length + 3
        inputs = rng.integers(p, size=(n, positions)).astype(np.min_scalar_type(p + len(SPECIAL) - 1))
        inputs[:, 0] = p + B
        inputs[:, 1] = rng.integers(p + Y, p + X, size=n, endpoint=True)
        inputs[np.arange(positions) >= (length + 2 + self._further(rng, n, length))[:, None]] = p + E
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Read the second symbol: ``[n, positions]`` symbols to ``[n, answers]``, each at its first e."""
        p = self.params.distractors
        ends = (inputs == p + E).argmax(axis=1) + 1
        return at_ends(ends, (inputs[:, 1] == p + X).astype(np.uint8), inputs.shape[1])

    def length_of(self, inputs: Array) -> int:
        """Count the distractors of one input, up to its end."""
        return int((inputs == self.params.distractors + E).argmax()) - 2

    def parse(self, text: str) -> Array:
        words, p = read_words(text), self.params.distractors
        names = {name: symbol for symbol, name in enumerate(self._names)}
        symbols = [names.get(word, -1) for word in words]
        ends = symbols[:1] == [p + B] and symbols[-1:] == [p + E] and symbols[1:2] in ([p + Y], [p + X])
        if not ends or len(symbols) < 4 or not all(0 <= symbol < p for symbol in symbols[2:-1]):
            raise InputError(
                f"expected b, then y or x, then symbols of a1 … a{p}, then e, such as 'b y a1 a1 e', got {quoted(text.strip())}"
            )
        return np.array(symbols, dtype=np.min_scalar_type(p + len(SPECIAL) - 1))

    def show(self, inputs: Array) -> str:
        return " ".join(self._names[symbol] for symbol in inputs[: self.length_of(inputs) + 3].tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return LABELS[int(outputs[outputs != IGNORE][0])]

    def _further(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw k for each sequence: how many distractors come beyond the q-th, at most q."""
        further = rng.geometric(ENDS_WITH, size=n) - 1
        while (far := further > length).any():
            further[far] = rng.geometric(ENDS_WITH, size=far.sum()) - 1
        return further


TASK = VeryLongLag
