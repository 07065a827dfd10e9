"""Affine forms: what a net's arithmetic does to a set, in float64 and outwards.

Each quantity is ``center + e G + radius``: linear in the symbols ``|e| <= 1`` that tie it to others, plus an error of its own; and it
lies in ``[low, high]``, which keeps what a linear form cannot, such as that a unit saturates at 1 (affine arithmetic: de Figueiredo and
Stolfi 2004, "Affine Arithmetic: Concepts and Applications", section 3). Shapes: M sets, G generators, K quantities.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.sets.rounding import SINGLE, SUBNORMAL, UNDERFLOW, Reals, float64_error
from pipeline.certification.sets.zonotopes import Zonotopes

# A function's ends to slope, offset and radius.
Relaxation = Callable[[Reals, Reals], tuple[Reals, Reals, Reals]]

# Where a form spreads a quantity this much wider than its box, its dependence on the generators is dropped.
LOOSE = 2.0


class AffineForms(NamedTuple):
    """M times K quantities, float64: ``center``, ``radius``, ``low``, ``high`` ``[M, K]``, ``generators`` ``[M, G, K]``."""

    center: Reals
    generators: Reals
    radius: Reals
    low: Reals
    high: Reals

    @property
    def relative(self) -> float:
        """The relative error of a float64 sum over the form's terms."""
        return float64_error(sum(self.generators.shape[1:]))

    @property
    def size(self) -> Reals:
        """The largest magnitude that a term of the form can have."""
        return np.abs(self.center) + self.spread

    @property
    def spread(self) -> Reals:
        """The half width of each form without its box: ``[M, K]``."""
        return (np.abs(self.generators).sum(axis=1) + self.radius) * (1 + self.relative)

    def split(self, parts: int) -> list["AffineForms"]:
        """Cut the quantities into groups of the same size."""
        return [AffineForms(*group) for group in zip(*(np.split(part, parts, axis=-1) for part in self), strict=True)]

    def widened(self, generators: int) -> "AffineForms":
        """Append generators that the quantities do not depend on."""
        none = np.zeros((len(self.center), generators, self.center.shape[1]))
        return self._replace(generators=np.concatenate([self.generators, none], axis=1))

    def intersected(self) -> "AffineForms":
        """Narrow the boxes to what the linear forms allow."""
        spread, error = self.spread, self.relative * np.abs(self.center)
        low = np.maximum(self.low, self.center - spread - error)
        return self._replace(low=low, high=np.maximum(np.minimum(self.high, self.center + spread + error), low))

    def loose_as_boxes(self) -> "AffineForms":
        """Replace by its box each form that is much wider than it."""
        half = (self.high - self.low) / 2
        loose = self.spread > LOOSE * half
        error = self.relative * (np.abs(self.low) + np.abs(self.high))
        return self._replace(
            center=np.where(loose, (self.low + self.high) / 2, self.center),
            generators=np.where(loose[:, None], 0.0, self.generators),
            radius=np.where(loose, half + error, self.radius),
        )


def affine_map(sets: Zonotopes, matrix: Reals, offsets: Reals, error: Reals) -> AffineForms:
    """Enclose ``s matrix + offsets[symbol]``, which float32 misses by up to ``error[symbol]``, for N sets times A symbols."""
    mixing = np.abs(matrix)
    relative = float64_error(sum(matrix.shape) + sets.generators.shape[1])
    size = (np.abs(sets.center) + sets.spread + np.abs(sets.low) + np.abs(sets.high)) @ mixing
    radius = (error + relative * (size[:, None] + np.abs(offsets))) * (1 + relative)
    center = (sets.center @ matrix)[:, None] + offsets
    middle = ((sets.low + sets.high) / 2 @ matrix)[:, None] + offsets
    half = (((sets.high - sets.low) / 2 @ mixing)[:, None] + radius) * (1 + relative)
    center, radius, low, high = (part.reshape(-1, matrix.shape[1]) for part in (center, radius, middle - half, middle + half))
    generators = (sets.generators @ matrix).repeat(len(offsets), axis=0)
    return AffineForms(center, generators, radius, low, high).intersected()


def identity(sets: Zonotopes, symbols: int) -> AffineForms:
    """Return the states themselves as forms, each as often as there are symbols."""
    center, generators, low, high = (part.repeat(symbols, axis=0) for part in sets)
    return AffineForms(center, generators, np.zeros_like(center), low, high)


def activation(
    z: AffineForms, function: Callable[[Reals], Reals], relaxation: Relaxation, error: float, ends: tuple[float, float]
) -> AffineForms:
    """Enclose a growing function of ``z``, which lies between ``ends`` and which float32 misses by up to ``error``.

    ``relaxation`` encloses it over ``[low, high]``: ``|function(z) - slope z - offset| <= radius``; the slope lies in [0, 1].
    """
    slope, offset, radius = relaxation(z.low, z.high)
    radius = radius + error + slope * z.radius + z.relative * (1 + slope * z.size + np.abs(offset))
    low, high = np.maximum(function(z.low) - error, ends[0]), np.minimum(function(z.high) + error, ends[1])
    return AffineForms(slope * z.center + offset, slope[:, None] * z.generators, radius * (1 + z.relative), low, high).intersected()


def multiply(x: AffineForms, y: AffineForms) -> AffineForms:
    """Enclose the float32 ``x y``: linear around the boxes' middles, and what is left lies within the product of their half widths."""
    relative = x.relative
    here, there = (x.low + x.high) / 2, (y.low + y.high) / 2
    left = ((x.high - x.low) / 2 + relative * np.abs(here)) * ((y.high - y.low) / 2 + relative * np.abs(there))
    corners = np.stack([x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high])
    low, high = corners.min(axis=0), corners.max(axis=0)
    rounds = ~(_exact(x) | _exact(y))
    error = rounds * (SINGLE * (1 + relative) * np.maximum(np.abs(low), np.abs(high)) + UNDERFLOW)
    outward = rounds * relative * np.maximum(np.abs(low), np.abs(high))
    terms = np.abs(here) * y.size + np.abs(there) * x.size + np.abs(here * there)
    radius = np.abs(here) * y.radius + np.abs(there) * x.radius + left + error + UNDERFLOW + relative * terms
    return AffineForms(
        here * y.center + there * x.center - here * there,
        here[:, None] * y.generators + there[:, None] * x.generators,
        radius * (1 + relative),
        *_flushed(low - error - outward, high + error + outward),
    ).intersected()


def add(x: AffineForms, y: AffineForms) -> AffineForms:
    """Enclose the float32 ``x + y``."""
    relative = x.relative
    size = np.maximum(np.abs(x.low), np.abs(x.high)) + np.maximum(np.abs(y.low), np.abs(y.high))
    rounds = ~(_zero(x) | _zero(y))
    error = rounds * (SINGLE * (1 + relative) * size + UNDERFLOW)
    outward = error + rounds * relative * size
    radius = (x.radius + y.radius + error + UNDERFLOW + relative * (x.size + y.size)) * (1 + relative)
    bounds = _flushed(x.low + y.low - outward, x.high + y.high + outward)
    return AffineForms(x.center + y.center, x.generators + y.generators, radius, *bounds).intersected()


def with_own_errors(forms: AffineForms) -> Reals:
    """Return the generators with one more for each quantity, for its own error: ``[M, G + K, K]``."""
    return np.concatenate([forms.generators, forms.radius[..., None] * np.eye(forms.radius.shape[1])], axis=1)


def _flushed(low: Reals, high: Reals) -> tuple[Reals, Reals]:
    """Let boxes of subnormal numbers reach zero, to which they may be flushed."""
    return np.where((low > 0) & (low < SUBNORMAL), 0.0, low), np.where((high < 0) & (high > -SUBNORMAL), 0.0, high)


def _zero(x: AffineForms) -> NDArray[np.bool_]:
    return (x.low == 0) & (x.high == 0)


def _exact(x: AffineForms) -> NDArray[np.bool_]:
    """Say where a factor is exactly 0 or 1, so that a product with it is exact."""
    return _zero(x) | ((x.low == 1) & (x.high == 1))
