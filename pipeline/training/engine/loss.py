"""What a loss is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Loss:
    """One loss.

    Attributes:
        of: What it is a function of: ``"logits"``, ``"reals"``, or ``"either"`` (outputs held against one-hot symbols or reals).
        at_positions: ``(outputs [S, B, A, C], targets [S, B, A]) -> [S, B, A]``.
        over_positions: ``"mean"``: over sequences and positions; ``"sum"``: over both; ``"sum per sequence"``: the mean over sequences of
            the sum over positions. Answers that are not scored are left out.
    """

    of: Literal["logits", "reals", "either"]
    at_positions: Callable[[Any, Any], Any]
    over_positions: Literal["mean", "sum", "sum per sequence"]
