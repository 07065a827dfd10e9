"""By how much an LSTM is off that adds two marked numbers, at every length or up to one.

The bound is what the checker itself computes, and needs no more than the weights. What is looked for here is how finely the marked numbers
must be cut, and up to which length the error is bounded where it is not at every one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.guarantees.checker.adding import TANH, UNIT, error_of
from pipeline.guarantees.document import sealed

CUTS = 64
LENGTHS = (1000, 300, 100, 30, 10)
# What the paper calls a right answer (section 5.4).
TOLERANCE = 0.04


def bound(weights: Mapping[str, Any], options: Mapping[str, Any], task: str = "adding", cuts: int = CUTS) -> dict[str, Any] | None:
    """Return a guarantee: an error at every length, else the least one below 1 up to one of ``LENGTHS``; ``None`` where there is none.

    Args:
        weights: ``recurrent/kernel`` ``[2, 4 units]``, ``recurrent/recurrent_kernel``, ``recurrent/bias``, ``readout/kernel`` and
            ``readout/bias``: float32.
        options: What the net is besides: ``gates``, ``forget_bias``, ``input_bias``.
        task: Its name.
        cuts: Into how many parts [-1, 1] is cut for each of the marked numbers.
    """
    biases = {key: float(np.float32(options[key])) for key in ("forget_bias", "input_bias")}  # as float32 adds them
    net = {"kind": "lstm", "gates": options["gates"], **biases}
    found: dict[int | None, float] = {}
    for length in (None, *LENGTHS):
        error = error_of(dict(weights), net, cuts, length)
        if error is not None and error < 1:
            found[length] = error
            if length is None or error < TOLERANCE:
                break
    if not found:
        return None
    within = [length for length, error in found.items() if error < TOLERANCE]
    length = within[0] if within else next(iter(found))
    content = {"net": net, "cuts": cuts, "length": length, "error": min(found[length] * (1 + 2.0**-30), 1 - 2.0**-30)}
    return sealed("add", task, weights, {"float32_unit": UNIT, "tanh_error": TANH}, content)
