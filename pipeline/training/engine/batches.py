"""Which examples each seed sees at each step, as indices; the examples themselves wait on the device."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.seeding import stream
from pipeline.experiment.training import TrainingParams

Indices = NDArray[np.int32]


@dataclass(frozen=True)
class Schedule:
    """One seed's training examples, in the order in which it meets them.

    Attributes:
        seed: The seed, which names the stream that reshuffles.
        examples: Indices of its training examples; for a stream, the stream itself.
    """

    seed: int
    examples: Indices

    def batches(self, batch_size: int, order: str) -> Iterator[Indices]:
        """Yield batches without end, ``[B]`` each; an epoch's last partial batch is left out, and a small set is one batch.

        Raises:
            ValueError: A stream came to its end.
        """
        size = min(batch_size, len(self.examples))
        usable = len(self.examples) // size * size
        rng = stream(self.seed, "batches")
        while True:
            epoch = rng.permutation(self.examples) if order == "reshuffled" else self.examples
            yield from epoch[:usable].reshape(-1, size)
            if order == "stream":
                raise ValueError(
                    f"expected a stream long enough for the recipe, got {usable // size} batches of {size}; train for fewer steps"
                )


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """Count the full batches in one pass; at least one."""
    return examples // min(batch_size, examples)


def total_steps(params: TrainingParams, examples: int) -> int:
    """Count the optimizer steps of a recipe."""
    return params.steps or (params.epochs or 0) * steps_per_epoch(examples, params.batch_size)
