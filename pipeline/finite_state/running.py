"""A finite-state task that is answered at every symbol."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array, TaskSpec
from pipeline.core.sampled_task import SampledParams, SampledTask, Sampler
from pipeline.core.transducer import Transducer


class Bits(SampledParams):
    alphabet: ClassVar[int] = 2


class Running(SampledTask):
    """Inputs are all strings over the machine's alphabet, drawn uniformly; besides them, runs of one symbol and of two in turns are tested.

    In training each string has a share of its own by which symbols repeat the one before: long runs, which hardly ever come at random, are
    where nets that were trained on random strings alone forget.

    Attributes:
        outputs: How many output symbols there are.
    """

    transducer: ClassVar[Transducer]
    outputs: ClassVar[int]

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=self.transducer.symbols, outputs=self.outputs, answer="sequence")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings of independent symbols: ``[n, length]``."""
        return rng.integers(self.transducer.symbols, size=(n, length), dtype=np.min_scalar_type(self.transducer.symbols - 1))

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw strings as ``sample``, in which some symbols repeat the one before, another share of them in each: ``[n, length]``."""
        inputs = self.sample(rng, n, length)
        fresh = rng.random((n, length)) >= rng.random((n, 1))
        fresh[:, 0] = True
        last = np.maximum.accumulate(np.where(fresh, np.arange(length), 0), axis=1)
        return np.take_along_axis(inputs, last, axis=1)

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "runs": self._runs}

    def _runs(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """After up to three random symbols one symbol for ever, or two in turns: ``[n, length]``."""
        inputs = self.sample(rng, n, length)
        repeated = self.sample(rng, n, 2)
        same = rng.random(n) < 0.5
        repeated[same, 1] = repeated[same, 0]
        begins = rng.integers(4, size=n)
        later = np.arange(length) >= begins[:, None]
        held = repeated[:, np.arange(length) % 2]
        return np.where(later, held, inputs)
