"""Tell the class of a sequence of which all elements are noisy, those that tell the class too.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 3b: the sequences of experiment 3a
(``two_sequence``), with Gaussian noise of mean 0 and variance 0.2 on the N elements that tell the class.

The paper draws the class first, and noise may hide it: where N is 1, the sign tells another class in 13 of a thousand sequences. In
training the target is a class drawn by how likely both are once the elements are seen, which is the same distribution of inputs and
targets. In test sets, where we deviate, it is the likelier class, so that the answer follows from the input.
"""

import math

import numpy as np

from pipeline.core.examples import Array, TrainingPool
from pipeline.core.seeding import stream
from pipeline.tasks.two_sequence import TwoSequence

# The version of two_sequence whose sequences these are: DVC names one file for each task, so a new one there must be an edit here.
BUILT_ON = (TwoSequence, 1)
VARIANCE = 0.2


class TwoSequenceNoise(TwoSequence):
    """Reals, of which the first tell the class, roughly, to 1 or 0.

    Inputs are those of ``two_sequence``, and are written alike.

    Example:
        >>> task.answer("0.7 0.3 -0.5")
        '1'
        >>> task.answer("-1.2 0.3 -0.5")
        '0'
    """

    name = "two_sequence_noise"
    version = 1

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw sequences as the paper does: ``[n, length + length // 10]`` float32, zeros beyond their ends."""
        inputs = super().sample(rng, n, length)
        telling = self.params.telling
        inputs[:, :telling] += rng.normal(0, math.sqrt(VARIANCE), size=(n, telling)).astype(np.float32)
        return inputs

    def training_pools(self) -> dict[int, TrainingPool]:
        """The examples of ``two_sequence``, a few of which have the target of the less likely class."""
        return {length: self._with_drawn_classes(length, pool) for length, pool in super().training_pools().items()}

    def _with_drawn_classes(self, length: int, pool: TrainingPool) -> TrainingPool:
        rng = stream(self.params.seed, self.name, "classes", length)
        evidence = np.abs(np.add.reduce(pool.inputs[:, : self.params.telling], axis=1, dtype=np.float64))
        turned = rng.random(len(evidence)) < 1 / (1 + np.exp(2 * evidence / VARIANCE))
        targets = np.where(turned[:, None], 1 - pool.targets, pool.targets)
        return TrainingPool(pool.inputs, targets, validation=pool.validation)


TASK = TwoSequenceNoise
