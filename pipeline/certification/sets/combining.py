"""Affine forms of whole layers: sums of products of states with weights, and the mean of two states that a gate weighs.

As ``affine``, all of it in float64 and outwards. What float32 rounds is bounded by what the boxes of the forms allow, and by nothing that
is known of a state beforehand.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.certification.sets.affine import AffineForms
from pipeline.certification.sets.rounding import SINGLE, UNDERFLOW, Reals, float64_error, gamma


def peak(forms: AffineForms) -> Reals:
    """Return the largest magnitude of each quantity: ``[M, K]``."""
    return np.maximum(np.abs(forms.low), np.abs(forms.high))


class Known(NamedTuple):
    """A sum of numbers that are known: ``value`` and the sum of the terms' magnitudes, ``[M, K]``, and how many ``terms`` there are."""

    value: Reals
    size: Reals
    terms: int

    def plus(self, *constants: Reals) -> "Known":
        """Add constants ``[K]``, a term each."""
        value, size = self.value + sum(constants), self.size + sum(np.abs(constant) for constant in constants)
        return Known(value, size, self.terms + len(constants))


def weighted_sum(parts: Sequence[tuple[AffineForms, Reals]], known: Known, plus: AffineForms | None = None) -> AffineForms:
    """Enclose the float32 ``x_1 M_1 + x_2 M_2 + … + known + plus``, its terms and products added in whichever order, fused or not.

    Args:
        parts: Forms ``[M, D_i]``, and matrices ``[D_i, K]``. The first generators of forms with fewer are those of forms with more.
        known: Terms that do not depend on a state.
        plus: A form ``[M, K]`` that is a term of its own.
    """
    forms_of = [forms for forms, _ in parts] + ([] if plus is None else [plus])
    constant, size, terms = known.value, known.size, known.terms
    if plus is not None:
        size, terms = size + peak(plus), terms + 1
    products = sum(len(matrix) for _, matrix in parts)
    generators = max((forms.generators.shape[1] for forms in forms_of), default=0)
    relative = float64_error(products + terms + generators)
    magnitude = size + sum(peak(forms) @ np.abs(matrix) for forms, matrix in parts)
    largest = 1 + max((np.abs(matrix).max(initial=0.0) for _, matrix in parts), default=0.0)
    largest *= 1 + max((peak(forms).max(initial=0.0) for forms, _ in parts), default=0.0)
    error = (gamma(products + terms, SINGLE) * magnitude + UNDERFLOW * largest) * (1 + relative)
    center, middle, reach, nothing = constant, constant, size, np.zeros_like(constant)
    spread, half = nothing, nothing
    moved = np.zeros((len(constant), generators, constant.shape[1]))
    for forms, matrix in parts:
        mixing = np.abs(matrix)
        center = center + forms.center @ matrix
        moved[:, : forms.generators.shape[1]] += forms.generators @ matrix
        spread = spread + forms.radius @ mixing
        middle = middle + (forms.low + forms.high) / 2 @ matrix
        half = half + (forms.high - forms.low) / 2 @ mixing
        reach = reach + (forms.size + peak(forms)) @ mixing
    if plus is not None:
        center, spread, reach = center + plus.center, spread + plus.radius, reach + plus.size
        moved[:, : plus.generators.shape[1]] += plus.generators
        middle, half = middle + (plus.low + plus.high) / 2, half + (plus.high - plus.low) / 2
    outward = error + relative * reach
    radius = (spread + outward) * (1 + relative)
    half = (half + outward) * (1 + relative)
    return AffineForms(center, moved, radius, middle - half, middle + half).intersected()


def blend(gate: AffineForms, kept: AffineForms, new: AffineForms) -> AffineForms:
    """Enclose a float32 ``z h + (1 - z) n`` for a gate ``z`` in [0, 1], however it is computed: that way, or as ``n + z (h - n)``.

    It is linear around the boxes' middles, and what is left lies within the half width of ``z`` times that of ``h - n``. The exact value
    lies between ``h`` and ``n``, which bounds its box. Either way of computing it puts at most four factors ``1 + d`` on ``h`` and on
    ``n``; nine are allowed for, one more than the checker's.
    """
    relative = gate.relative
    outward = relative * (peak(kept) + peak(new))
    radius = (kept.radius + new.radius) * (1 + relative) + relative * (kept.size + new.size)
    bounds = (kept.low - new.high - outward, kept.high - new.low + outward)
    apart = AffineForms(kept.center - new.center, kept.generators - new.generators, radius, *bounds).intersected()
    here, there = (gate.low + gate.high) / 2, (apart.low + apart.high) / 2
    left = ((gate.high - gate.low) / 2 + relative) * ((apart.high - apart.low) / 2 + relative * np.abs(there))
    error = 9 * SINGLE * (peak(kept) + peak(new)) + UNDERFLOW
    terms = new.size + here * apart.size + np.abs(there) * (gate.size + here)
    radius = np.abs(1 - here) * new.radius + here * kept.radius + np.abs(there) * gate.radius + left + error + relative * terms
    between = [(z * kept.low + (1 - z) * new.low, z * kept.high + (1 - z) * new.high) for z in (gate.low, gate.high)]
    ends = error + relative * (peak(kept) + peak(new))
    return AffineForms(
        new.center + here * apart.center + there * (gate.center - here),
        new.generators + here[:, None] * apart.generators + there[:, None] * gate.generators,
        radius * (1 + relative),
        np.minimum(between[0][0], between[1][0]) - ends,
        np.maximum(between[0][1], between[1][1]) + ends,
    ).intersected()
