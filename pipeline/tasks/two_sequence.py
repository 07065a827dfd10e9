"""Tell from its first elements which of two classes a noisy sequence is of: the two-sequence problem.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 3a; before them Bengio, Simard and Frasconi
(1994). A sequence of reals begins with N that are 1 for the one class and -1 for the other, and goes on with Gaussian noise of mean 0 and
variance 0.2. It has T to T + T/10 elements. The target at the end is 1 or 0, and an answer is right if it is less than 0.2 off.

Two siblings build on this: with noise on the first elements as well (``two_sequence_noise``, 3b), and with noise on the targets
(``two_sequence_targets``, 3c).

What the paper leaves open, and what we chose: both classes are equally likely, and lengths uniform, both ends among them, T/10 rounded
down. A noise of exactly zero, which stands for "beyond the end", is never drawn.
"""

import math
from typing import ClassVar

import numpy as np
from pydantic import Field, PositiveInt, model_validator

from pipeline.core.examples import Array, TaskSpec, at_ends
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.sampled_task import SampledParams, SampledTask

VARIANCE = 0.2
TOLERANCE = 0.2
EXAMPLE = "such as '1 0.3 -0.5'"
GREATEST = 100.0


class TwoSequenceParams(SampledParams):
    length: PositiveInt = Field(description="least number of elements in a training input; there are up to a tenth more")
    telling: PositiveInt = Field(description="N: elements at the beginning that tell the class")

    @classmethod
    def space(cls, length: int) -> float:
        """Reals are as good as never drawn twice."""
        return math.inf

    @model_validator(mode="after")
    def _room_for_noise(self) -> "TwoSequenceParams":
        least = min(self.length, *self.test_lengths)
        if self.telling >= least:
            raise ValueError(f"expected telling of less than {least} (the least of length and test_lengths), got {self.telling}")
        return self


class TwoSequence(SampledTask):
    """Reals, of which the first tell the class, to 1 or 0.

    ``length`` is the paper's T. Inputs have ``T + T // 10`` positions; those beyond a sequence's end hold zeros.

    Example:
        >>> task.parse("1 0.3 -0.5")
        array([ 1. ,  0.3, -0.5], dtype=float32)
        >>> task.oracle(task.parse("1 0.3 -0.5")[None])
        array([[1.]], dtype=float32)
        >>> task.answer("-1 0.3 -0.5")
        '0'
    """

    Params = TwoSequenceParams
    name = "two_sequence"
    version = 1
    params: TwoSequenceParams
    targets: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=None, outputs=None, answer="label", tolerance=TOLERANCE)

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw sequences as the paper does: ``[n, length + length // 10]`` float32, zeros beyond their ends."""
        positions = length + length // 10
        ends = rng.integers(length, positions, size=n, endpoint=True)
        inputs = rng.normal(0, math.sqrt(VARIANCE), size=(n, positions)).astype(np.float32)
        inputs[:, : self.params.telling] = 2.0 * rng.integers(2, size=(n, 1)) - 1
        inputs[inputs == 0] = np.finfo(np.float32).tiny
        inputs[np.arange(positions) >= ends[:, None]] = 0
        return inputs

    def oracle(self, inputs: Array) -> Array:
        """Look at the sign of what tells the class: ``[n, positions]`` to ``[n, answers]`` float32, each at its sequence's last element."""
        first = np.add.reduce(inputs[:, : self.params.telling], axis=1, dtype=np.float64) > 0
        ends = inputs.shape[1] - (inputs[:, ::-1] != 0).argmax(axis=1)
        return at_ends(ends, np.where(first, *self.targets[::-1]).astype(np.float32), inputs.shape[1])

    def parse(self, text: str) -> Array:
        words = read_words(text)
        try:
            values = np.array([float(word) for word in words if word.isascii() and "_" not in word], dtype=np.float32)
        except ValueError:
            values = np.zeros(0, dtype=np.float32)
        if len(values) <= self.params.telling or len(values) < len(words) or not (np.abs(values) < GREATEST).all() or not values.all():
            expected = f"at least {self.params.telling + 1} numbers between -{GREATEST:g} and {GREATEST:g} that are not zero, {EXAMPLE}"
            raise InputError(f"expected {expected}, got {quoted(text.strip())}")
        return values

    def show(self, inputs: Array) -> str:
        return " ".join(f"{value:.9g}" for value in inputs[inputs != 0].tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return f"{float(outputs[~np.isnan(outputs)][0]):.4g}"


TASK = TwoSequence
