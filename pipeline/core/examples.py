"""What examples are: their shape for models and metrics, and the arrays of training pools and test sets.

Targets stand for the last positions of their inputs: ``[n, answers]`` beside ``[n, positions]``, where position ``positions - answers + i``
answers ``targets[:, i]``. What is not scored holds ``IGNORE`` (reals: NaN). One answer at every position, one at the end, and "read, then
answer in empty cells" (Delétang et al. 2023, "Neural Networks and the Chomsky Hierarchy", section 4) are all of this form.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# The target of an answer that is not scored, where answers are symbols; where they are reals, it is NaN.
IGNORE = -1


def scored(targets: Array) -> NDArray[np.bool_]:
    """Say which targets are scored: the shape of ``targets``."""
    return ~np.isnan(targets) if targets.dtype.kind == "f" else targets != IGNORE


def at_ends(ends: NDArray[np.integer], answers: Array, positions: int) -> Array:
    """Make the targets of sequences that end at different positions and are answered at their last symbol.

    Args:
        ends: ``[n]`` lengths of the sequences.
        answers: ``[n]`` symbols or reals.
        positions: The length of the inputs, the greatest of ``ends`` or more.

    Returns:
        ``[n, positions - least end + 1]``: signed integers, ``IGNORE`` everywhere but at the ends; or reals, NaN there.
    """
    first = int(ends.min()) - 1
    signed = answers.dtype if answers.dtype.kind == "f" else np.promote_types(answers.dtype, np.int8)
    targets: Array = np.full((len(ends), positions - first), np.nan if answers.dtype.kind == "f" else IGNORE, dtype=signed)
    targets[np.arange(len(ends)), ends - 1 - first] = answers
    return targets


def without_first(targets: Array, count: int) -> Array:
    """Leave the first ``count`` answers of ``targets`` ``[n, A]`` unscored: ``IGNORE`` there, or NaN; a copy where ``count`` is not 0."""
    if not count:
        return targets
    reals = targets.dtype.kind == "f"
    marked = targets.astype(targets.dtype if reals else np.promote_types(targets.dtype, np.int8))
    marked[:, :count] = np.nan if reals else IGNORE
    return marked


@dataclass(frozen=True)
class TaskSpec:
    """What one example looks like, for models and metrics.

    Attributes:
        inputs: Number of input symbols, or ``None`` for real inputs.
        outputs: Number of output symbols, or ``None`` for real outputs.
        answer: ``"sequence"``: an answer at every position; ``"label"``: one, at the last symbol; ``"tail"``: the input is followed by
            empty cells, and they are answered.
        features: Reals at each position; inputs are ``[n, positions]`` where there is one, else ``[n, positions, features]``.
        permutation: Whether the answer holds the symbols of the input, each as often as there, in another order.
        tolerance: An answer of reals counts as right if it is no further than this from the exact one; ``None``: reals are never
            counted right or wrong.
    """

    inputs: int | None
    outputs: int | None
    answer: Literal["sequence", "label", "tail"]
    features: int = 1
    permutation: bool = False
    tolerance: float | None = None


@dataclass(frozen=True)
class TrainingPool:
    """All examples of one training length; each seed takes its own split and order from it.

    Attributes:
        inputs: ``[n, positions]`` symbols or reals, or ``[n, positions, features]``.
        targets: ``[n, answers]``.
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
        lengths: The training lengths.
        together: Whether one net is trained at all the lengths; else each length has nets of its own.
        examples: Training examples that a seed meets in one pass.
        trials: Most seeds, where each has its own frozen order; ``None``: any number.
    """

    lengths: tuple[int, ...]
    examples: int
    trials: int | None = None
    together: bool = False

    @property
    def nets(self) -> tuple[int, ...]:
        """The training lengths that have nets of their own: each one, or the greatest where nets are trained at all of them."""
        return self.lengths[-1:] if self.together else self.lengths


@dataclass(frozen=True)
class TestSet:
    """Inputs of one kind and length with their exact answers.

    Attributes:
        family: The kind of inputs, such as ``random`` or ``all_nines``.
        length: The length in the task's own terms (digits, bits, time steps …).
        inputs: ``[n, positions]`` symbols or reals, or ``[n, positions, features]``.
        targets: ``[n, answers]``; for a free run as many as the model shall go on for.
    """

    __test__ = False  # the name makes pytest take it for a test

    family: str
    length: int
    inputs: Array
    targets: Array
