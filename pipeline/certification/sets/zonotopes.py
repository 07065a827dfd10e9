"""Sets of states in float64: zonotopes ``{center + e G, |e| <= 1}`` cut with boxes, and what a readout makes of them.

Shapes: N sets, G generators, D coordinates of a state, C outputs.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.sets.rounding import Reals, float64_error


class Zonotopes(NamedTuple):
    """N sets: ``center``, ``low`` and ``high`` ``[N, D]``, ``generators`` ``[N, G, D]``, float64.

    The box keeps what a zonotope cannot: that a unit saturates at 1.
    """

    center: Reals
    generators: Reals
    low: Reals
    high: Reals

    @property
    def spread(self) -> Reals:
        """The half width of each zonotope along each coordinate: ``[N, D]``."""
        return np.abs(self.generators).sum(axis=1)


def margins(readout: Reals, offset: Reals, rounding: Reals, sets: Zonotopes, outputs: NDArray[np.integer]) -> Reals:
    """Bound from below by how much float32 logit ``outputs[i]`` exceeds every other one in all of set ``i``: ``[N]``, infinite if alone.

    The logits are ``s readout + offset``, and each float32 one strays by up to ``rounding`` ``[C]``.
    """
    relative = float64_error(len(readout) + sets.generators.shape[1])
    rows = np.arange(len(outputs))
    size = np.abs(sets.center) + sets.spread + np.abs(sets.low) + np.abs(sets.high)
    middle = sets.center @ readout + offset
    moved = sets.generators @ readout
    apart = np.abs(np.take_along_axis(moved, outputs[:, None, None], axis=2) - moved).sum(axis=1)
    error = rounding + relative * (size @ np.abs(readout) + np.abs(offset))
    least = middle[rows, outputs][:, None] - middle - apart * (1 + relative)
    between = readout[:, outputs].T[:, :, None] - readout
    boxed = np.einsum("nh,nhc->nc", (sets.low + sets.high) / 2, between) + (offset[outputs][:, None] - offset)
    boxed = boxed - np.einsum("nh,nhc->nc", (sets.high - sets.low) / 2, np.abs(between)) * (1 + relative)
    least = np.maximum(least, boxed) - (error[rows, outputs][:, None] + error) * (1 + relative)
    least[rows, outputs] = np.inf
    return least.min(axis=1)
