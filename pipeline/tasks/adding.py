"""Add the two marked numbers of a long sequence: the adding problem.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 4. Each element is a pair: a real of
[-1, 1] and a marker. A sequence has T to T + T/10 elements. One of its first ten pairs is marked with 1 (its real is X1), then one of
the first T/2 - 1 pairs that are still unmarked (X2). The first and the last pair have the marker -1, all others 0. The target at the
end is 0.5 + (X1 + X2) / 4, and an answer is right if it is less than 0.04 off.

What the paper leaves open, and what we chose:

- "X1 is set to zero in the rare case where the first pair of the sequence got marked." The first pair then keeps its -1, and its real
  counts as 0. X2 may be drawn there as well, and is treated alike. So the answer always is 0.5 and a quarter of what the 1s mark.
- Lengths are uniform, both ends among them, and T/2 and T/10 are rounded down.
- Where T is less than 11, the first mark is not the T-th pair, which could be the last; where it is less than 4, the second has one
  pair to choose.
"""

import math
import re
from typing import ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from pipeline.core.examples import Array, TaskSpec, at_ends
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.sampled_task import SampledParams, SampledTask

SHORTEST = 3
FIRST = 10
TOLERANCE = 0.04
EXAMPLE = "such as '0.5 -0.2* 0.1 0.3* 0.9'"
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(\*?)", re.ASCII)


class AddingParams(SampledParams):
    shortest: ClassVar[int] = SHORTEST

    length: PositiveInt = Field(description="least number of pairs in a training input; there are up to a tenth more")

    @classmethod
    def space(cls, length: int) -> float:
        """Reals are as good as never drawn twice."""
        return math.inf


class Adding(SampledTask):
    """Pairs of a real and a marker to 0.5 plus a quarter of the sum of the reals that are marked with 1.

    ``length`` is the paper's T. Inputs have ``T + T // 10`` positions; those beyond a sequence's end hold zeros. A person writes the reals,
    and a star behind each that is marked with 1: two of them, or one where the first pair's -1 hides the other.

    Example:
        >>> task.parse("0.5 -0.2* 0.1 0.3* 0.9")
        array([[ 0.5, -1. ],
               [-0.2,  1. ],
               [ 0.1,  0. ],
               [ 0.3,  1. ],
               [ 0.9, -1. ]], dtype=float32)
        >>> task.oracle(task.parse("0.5 -0.2* 0.1 0.3* 0.9")[None])
        array([[0.525]], dtype=float32)
        >>> task.answer("0.5 -0.2* 0.1 0.3* 0.9")
        '0.525'
    """

    Params = AddingParams
    name = "adding"
    version = 2  # 2: zeros beyond a sequence's end, its answer at its last pair

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=None, outputs=None, answer="label", features=2, tolerance=TOLERANCE)

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw sequences as the paper does: ``[n, length + length // 10, 2]`` float32, zeros beyond their ends."""
        positions, rows = length + length // 10, np.arange(n)
        ends = rng.integers(length, positions, size=n, endpoint=True)
        first = rng.integers(min(FIRST, length - 1), size=n)
        second = rng.integers(max(length // 2 - 1, 1), size=n)
        second += second >= first  # the marked pair is none to choose from
        inputs = np.zeros((n, positions, 2), dtype=np.float32)
        inputs[..., 0] = 2 * rng.random((n, positions), dtype=np.float32) - 1
        for marked in (first, second):
            inputs[rows, marked, 1] = 1
        for edge in (np.zeros_like(ends), ends - 1):
            inputs[rows, edge, 1] = -1
        inputs[np.arange(positions) >= ends[:, None]] = 0
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Add what is marked: ``[n, positions, 2]`` to ``[n, answers]`` float32, each at its sequence's last pair."""
        marked = np.where(inputs[..., 1] == 1, inputs[..., 0], 0)
        sums = (0.5 + np.add.reduce(marked, axis=1, dtype=np.float64) / 4).astype(np.float32)
        return at_ends(_ends(inputs), sums, inputs.shape[1])

    def parse(self, text: str) -> Array:
        words = read_words(text)
        if len(words) < SHORTEST:
            raise InputError(f"expected at least {SHORTEST} numbers, {EXAMPLE}, got {quoted(text.strip())}")
        found = [_NUMBER.fullmatch(word) for word in words]
        for word, match in zip(words, found, strict=True):
            if match is None or abs(float(match[1])) > 1:
                raise InputError(f"expected numbers of -1..1, two of them starred, {EXAMPLE}, got {quoted(word)}")
        pairs = np.array([[float(match[1]), bool(match[2])] for match in found if match], dtype=np.float32)
        stars = np.flatnonzero(pairs[:, 1])
        if len(stars) not in (1, 2) or stars[0] == 0 or stars[-1] == len(pairs) - 1:
            found_at = ", ".join(str(star + 1) for star in stars[:3])
            got = f"one behind number {found_at}" if found_at else "none"
            raise InputError(f"expected a star behind one or two numbers between the first and the last, {EXAMPLE}, got {got}")
        pairs[[0, -1], 1] = -1
        return pairs

    def show(self, inputs: Array) -> str:
        return " ".join(f"{value:.9g}{'*' if mark == 1 else ''}" for value, mark in inputs[: _ends(inputs[None])[0]].tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return f"{float(outputs[~np.isnan(outputs)][0]):.4g}"


def _ends(inputs: Array) -> Array:
    """Find the pairs of each sequence: the last one has the marker -1. ``[n, positions, 2]`` to ``[n]``."""
    ends: Array = inputs.shape[1] - (inputs[:, ::-1, 1] == -1).argmax(axis=1)
    return ends


TASK = Adding
