"""Tell the class of a noisy sequence, from noisy targets.

Hochreiter and Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8), experiment 3c: the sequences of experiment 3a
(``two_sequence``), with targets 0.2 and 0.8, to which Gaussian noise of mean 0 and variance 0.1 is added in training. A net that makes the
mean squared error least answers with the targets' means. An answer is right if it is less than 0.1 from the target without noise.
"""

import math

from pipeline.core.examples import TaskSpec, TrainingPool
from pipeline.core.seeding import stream
from pipeline.tasks.two_sequence import TwoSequence

# The version of two_sequence whose sequences these are: DVC names one file for each task, so a new one there must be an edit here.
BUILT_ON = (TwoSequence, 1)
VARIANCE = 0.1
TOLERANCE = 0.1


class TwoSequenceTargets(TwoSequence):
    """Reals, of which the first tell the class, to 0.2 for the class of 1 and 0.8 for that of -1.

    Inputs are those of ``two_sequence``, and are written alike.

    Example:
        >>> task.answer("1 0.3 -0.5")
        '0.2'
        >>> task.answer("-1 0.3 -0.5")
        '0.8'
    """

    name = "two_sequence_targets"
    version = 1
    targets = (0.8, 0.2)

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=None, outputs=None, answer="label", tolerance=TOLERANCE)

    def training_pools(self) -> dict[int, TrainingPool]:
        """The examples of ``two_sequence``, but with noise on their targets, those of validation among them; test sets have none."""
        return {length: self._with_noise(length, pool) for length, pool in super().training_pools().items()}

    def _with_noise(self, length: int, pool: TrainingPool) -> TrainingPool:
        rng = stream(self.params.seed, self.name, "targets", length)
        noise = rng.normal(0, math.sqrt(VARIANCE), size=(len(pool.targets), 1)).astype(pool.targets.dtype)
        return TrainingPool(pool.inputs, pool.targets + noise, validation=pool.validation)


TASK = TwoSequenceTargets
