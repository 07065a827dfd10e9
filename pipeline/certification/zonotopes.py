"""Sets of hidden states and their images under one step of the net, in float64 and outwards.

A zonotope ``{center + e G, |e| <= 1}`` passes a linear map exactly and tanh up to an error term (affine arithmetic: de Figueiredo and
Stolfi 2004, "Affine Arithmetic: Concepts and Applications", section 3). Shapes: N sets, G generators, H units, A symbols, C outputs.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.net import Reals, TanhNet
from pipeline.certification.rounding import TANH_ERROR, logit_error, preactivation_error, slack

# A float64 tanh and the few operations of ``tanh_band`` err by less than this for each unit of magnitude; NumPy's tanh by some 2^-52.
BAND_ERROR = 2.0**-44


# Where a line through tanh would spread a unit this much wider than the box already holds it, the unit's ties to others are given up.
LOOSE = 2.0


class Zonotopes(NamedTuple):
    """N sets, each a zonotope cut with a box: ``center``, ``low`` and ``high`` ``[N, H]``, ``generators`` ``[N, G, H]``, float64.

    The box keeps what a zonotope cannot: that a unit saturates at 1.
    """

    center: Reals
    generators: Reals
    low: Reals
    high: Reals

    @property
    def spread(self) -> Reals:
        """The half width of each zonotope along each unit: ``[N, H]``."""
        return np.abs(self.generators).sum(axis=1)


class Bounds(NamedTuple):
    """What float32 arithmetic adds to a net's equations; see ``rounding``."""

    preactivation: Reals
    logit: Reals

    @classmethod
    def of(cls, net: TanhNet) -> "Bounds":
        return cls(preactivation_error(net), logit_error(net))


def tanh_band(low: Reals, high: Reals) -> tuple[Reals, Reals, Reals]:
    """Enclose tanh over ``[low, high]``: ``|tanh(z) - slope z - offset| <= radius``; three arrays like ``low``.

    The slope is the chord's (Chebyshev's best line for a convex or a concave piece). For any slope in [0, 1], ``tanh(z) - slope z`` is
    largest at an end or at ``z* = artanh(sqrt(1 - slope))`` and smallest at an end or at ``-z*``, so a rounded slope costs no soundness.
    Where the slope is below 1e-6, zero takes its place, since ``z*`` would be ill-conditioned; above it ``z*``
    errs by less than 1e-8, and the extreme value, which is flat there, by the square of that.
    """
    width = np.maximum(high - low, 1e-300)
    tanh_low, tanh_high = np.tanh(low), np.tanh(high)
    slope = np.where(width < 1e-5, 1 - np.tanh((low + high) / 2) ** 2, (tanh_high - tanh_low) / width)
    slope = np.where(slope < 1e-6, 0.0, np.minimum(slope, 1.0))
    turn = np.arctanh(np.sqrt(1 - np.maximum(slope, 1e-6)))
    at = np.stack([low, high, np.clip(turn, low, high), np.clip(-turn, low, high)])
    bends = np.tanh(at) - slope * at
    top, bottom = bends.max(axis=0), bends.min(axis=0)
    error = BAND_ERROR * (1 + np.abs(low) + np.abs(high))
    return slope, (top + bottom) / 2, (top - bottom) / 2 + error


def push(net: TanhNet, bounds: Bounds, sets: Zonotopes) -> Zonotopes:
    """Enclose every float32 state that one symbol can lead to from ``sets``: N times A zonotopes, the symbol varying fastest.

    Every image has H generators more than its set, one for what tanh bends and rounding adds at each unit.
    """
    units = net.units
    kernel, recurrent, bias = net.kernel.astype(np.float64), net.recurrent.astype(np.float64), net.bias.astype(np.float64)
    relative = slack(units + sets.generators.shape[1])
    fed, mixing = kernel + bias, np.abs(recurrent)
    moved = sets.generators @ recurrent
    spread = np.abs(moved).sum(axis=1)[:, None] * (1 + relative)
    center = (sets.center @ recurrent)[:, None] + fed
    size = np.abs(sets.center) + sets.spread + np.abs(sets.low) + np.abs(sets.high)
    magnitude = (size @ mixing)[:, None] + np.abs(kernel) + np.abs(bias)
    error = bounds.preactivation + relative * magnitude
    wide = (spread + error) * (1 + relative)
    middle = ((sets.low + sets.high) / 2 @ recurrent)[:, None] + fed
    half = (((sets.high - sets.low) / 2 @ mixing)[:, None] + error) * (1 + relative)
    low = np.maximum(center - wide, middle - half)
    high = np.maximum(np.minimum(center + wide, middle + half), low)
    slope, offset, radius = tanh_band(low, high)
    after_low, after_high = np.tanh(low), np.tanh(high)
    half = (after_high - after_low) / 2
    loose = slope * spread + radius > LOOSE * half
    slope = np.where(loose, 0.0, slope)
    offset = np.where(loose, (after_low + after_high) / 2, offset)
    radius = np.where(loose, half + BAND_ERROR, radius)
    radius = radius + TANH_ERROR + slope * error + relative * (1 + slope * (np.abs(center) + spread) + np.abs(offset))
    bent = (radius * (1 + relative))[..., None] * np.eye(units)
    generators = np.concatenate([slope[:, :, None] * moved[:, None], bent], axis=2)
    beyond = TANH_ERROR + BAND_ERROR
    parts = slope * center + offset, generators, after_low - beyond, after_high + beyond
    return Zonotopes(*(part.reshape(-1, *part.shape[2:]) for part in parts))


def margins(net: TanhNet, bounds: Bounds, sets: Zonotopes, outputs: NDArray[np.integer]) -> Reals:
    """Bound from below by how much float32 logit ``outputs[i]`` exceeds every other one in all of set ``i``: ``[N]``, infinite if alone."""
    readout, offset = net.readout.astype(np.float64), net.offset.astype(np.float64)
    relative = slack(net.units + sets.generators.shape[1])
    rows = np.arange(len(outputs))
    size = np.abs(sets.center) + sets.spread + np.abs(sets.low) + np.abs(sets.high)
    middle = sets.center @ readout + offset
    moved = sets.generators @ readout
    apart = np.abs(np.take_along_axis(moved, outputs[:, None, None], axis=2) - moved).sum(axis=1)
    error = bounds.logit + relative * (size @ np.abs(readout) + np.abs(offset))
    least = middle[rows, outputs][:, None] - middle - apart * (1 + relative)
    between = readout[:, outputs].T[:, :, None] - readout
    boxed = np.einsum("nh,nhc->nc", (sets.low + sets.high) / 2, between) + (offset[outputs][:, None] - offset)
    boxed = boxed - np.einsum("nh,nhc->nc", (sets.high - sets.low) / 2, np.abs(between)) * (1 + relative)
    least = np.maximum(least, boxed) - (error[rows, outputs][:, None] + error) * (1 + relative)
    least[rows, outputs] = np.inf
    return least.min(axis=1)
