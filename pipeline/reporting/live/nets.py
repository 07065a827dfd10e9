"""What the live page shows: trained nets, and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.files.guarantees import Guarantee
from pipeline.files.verdicts import Verdict
from pipeline.reporting.figures.state_space import Cell
from pipeline.reporting.inputs.arrays import Array

# The architectures that ``templates/live/nets.js`` computes; a test holds this against it.
ARCHITECTURES = (
    "attention", "carousel", "gru", "lstm", "lstm_1997", "multi_layer_rnn", "pointer", "seq2seq", "simple_rnn",
)  # fmt: skip


@dataclass(frozen=True)
class Proof:
    """The sets of one net's proof, for a picture.

    Attributes:
        names: What each set holds, in words.
        cells: The sets; the first is the start's. Only their first ``visible`` coordinates are drawn.
        visible: Units of the hidden state.
        targets: The number of the set that each word of ``k`` symbols leads to, the last symbol varying fastest.
        k: Symbols that each step of the proof reads.
        hidden: Hidden states that the net reached, ``[n, visible]``, which choose the plane.
    """

    names: tuple[str, ...]
    cells: tuple[Cell, ...]
    visible: int
    targets: tuple[tuple[int, ...], ...]
    k: int
    hidden: Array


@dataclass(frozen=True)
class Net:
    """One trained net.

    Attributes:
        length: The training length.
        weights: float32 by Keras variable path.
        verdict: Of the stage ``certify`` or ``guarantee``, where one was asked.
        proof: Where there is one.
    """

    seed: int
    length: int
    weights: Mapping[str, NDArray[np.float32]]
    verdict: Verdict | Guarantee | None = None
    proof: Proof | None = None


@dataclass(frozen=True)
class Shown:
    """The nets of one experiment, and what is said of it.

    Attributes:
        task: The name of its task.
        source: Whose recipe it is.
        model: The section ``model`` of its recipe.
        sentence: The recipe in words.
    """

    experiment: str
    task: str
    source: str
    model: Mapping[str, Any]
    sentence: str
    nets: tuple[Net, ...]
