"""What examples are: their shape for models and metrics, and the arrays of training pools and test sets."""

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class TaskSpec:
    """What one example looks like, for models and metrics.

    Attributes:
        inputs: Number of input symbols, or ``None`` for real inputs.
        outputs: Number of output symbols, or ``None`` for real outputs.
        answer: ``"sequence"``: one output for every input position; ``"label"``: one for the whole sequence.
        features: Reals at each position; inputs are ``[n, positions]`` where there is one, else ``[n, positions, features]``.
        padded: Whether shorter sequences are filled up at their end: symbols with the number ``inputs``, reals with NaN.
        tolerance: An answer of reals counts as right if it is no further than this from the exact one; ``None``: reals are never
            counted right or wrong.
    """

    inputs: int | None
    outputs: int | None
    answer: Literal["sequence", "label"]
    features: int = 1
    padded: bool = False
    tolerance: float | None = None

    @property
    def chance(self) -> float | None:
        """Token accuracy of a uniform guess; ``None`` for real outputs."""
        return None if self.outputs is None else 1 / self.outputs


@dataclass(frozen=True)
class TrainingPool:
    """All examples of one training length; each seed takes its own split and order from it.

    Attributes:
        inputs: ``[n, positions]`` symbols or reals, or ``[n, positions, features]``.
        targets: ``[n, positions]``, or ``[n]`` for labels.
        order: ``[trials, steps]`` indices into the pool where the order of the stream is itself part of the data, else ``None``.
        validation: How many of the ``n`` examples a seed keeps out of training.
    """

    inputs: Array
    targets: Array
    order: Array | None = None
    validation: int = 0


@dataclass(frozen=True)
class TrainingSize:
    """How much there is to train on.

    Attributes:
        lengths: The training lengths; where there are several, each has nets of its own.
        examples: Training examples that a seed meets in one pass.
        trials: Most seeds, where each has its own frozen order; ``None``: any number.
    """

    lengths: tuple[int, ...]
    examples: int
    trials: int | None = None


@dataclass(frozen=True)
class TestSet:
    """Inputs of one kind and length with their exact answers.

    Attributes:
        probe: The kind of inputs, such as ``random`` or ``all_nines``.
        length: The length in the task's own terms (digits, bits, time steps …).
        inputs: ``[n, positions]`` symbols or reals, or ``[n, positions, features]``.
        targets: ``[n, positions]``, or ``[n]`` for labels.
    """

    __test__ = False  # the name makes pytest take it for a test

    probe: str
    length: int
    inputs: Array
    targets: Array
