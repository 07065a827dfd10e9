"""One set while the fixpoint is sought: axes that suit its images, and bounds that are widened where images leave it.

Widening (Cousot and Cousot 1977, section 9) moves a bound beyond the images that pressed on it, so that few rounds are needed.

Units that saturate, and cells that a gate holds, are worth a box of their own: their coordinate stands apart from the parallelotope's
other axes, which are the principal directions of the rest, each unit measured by its own range.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.prover.clusters import Cluster
from pipeline.certification.sets.cells import CHECKER_DISTANCE, Cell, coordinate_bounds
from pipeline.certification.sets.rounding import Reals
from pipeline.certification.sets.zonotopes import Zonotopes

# Ranges of units that differ by less count as the same.
LEAST = 1e-5
# Images that are nearer than this share of a set's width to its border make the set grow.
NEAR = 2e-5
# A coordinate beyond this is in tanh's flat part, where how far it lies matters little.
FAR = 6.0


class WideningSet:
    """Bounds ``[4, D]``, outwards positive: down and up the axes, then of the box, around the points of ``images``.

    Args:
        images: The sets to enclose.
        slack: Share of its width by which the set is made wider than its images.
        held: ``[2, N, D]`` says which bounds of the images' boxes are some set's own: no slack is left beyond them.
    """

    def __init__(self, images: Zonotopes, slack: float, held: NDArray[np.bool_] | None = None) -> None:
        self.axes, self.inverse, self.apart = _axes(images, held)
        self.bounds = self._around(images)
        low, high = -self.bounds[2], self.bounds[3]
        wide, across = (self.bounds[0] + self.bounds[1]) / 2, (high - low) / 2
        outward = slack * np.minimum(across, 0.5 + np.abs(self.bounds[2:])) + self._least_slack()[2:]
        self.bounds[:2] += slack * wide + 1e-4
        self.bounds[2:] += outward * ~self._held_bounds(images, held)
        self.last_excess: Reals | None = None
        self.ahead = np.ones_like(self.bounds)

    def excess(self, images: Zonotopes) -> tuple[Reals, Reals]:
        """Return how far images lie beyond each bound, and the width that this is to be measured by: ``[4, D]`` twice."""
        wide = np.tile((self.bounds[0] + self.bounds[1]) / 2, (2, 1))
        across = np.minimum((self.bounds[2] + self.bounds[3]) / 2, 0.5 + np.abs(self.bounds[2:]))
        beyond = self._around(images) - self.bounds
        beyond[:2, self.apart] = -np.inf
        beyond[2:][beyond[2:] == 0] = -np.inf
        return beyond, np.concatenate([wide, across])

    def widen(self, images: Zonotopes, held: NDArray[np.bool_], largest: float) -> None:
        """Take the images in, and go ahead by what the last two rounds foretell, but by no more than the share ``largest`` of the width."""
        beyond, width = self.excess(images)
        out = beyond > -np.maximum(NEAR * width, self._least_slack() / 2)
        beyond = np.where(out, np.maximum(beyond, 0.0), 0.0)
        if self.last_excess is not None:
            self.ahead = extrapolated(self.last_excess, beyond, self.ahead, 60.0)
        outward = np.minimum(beyond * self.ahead, largest * width) + largest / 10 * width + self._least_slack()
        outward[2:] *= ~self._held_bounds(images, held)
        self.bounds = self.bounds + np.where(out, beyond + outward, 0.0)
        self.last_excess = beyond

    def cell(self) -> Cell:
        """Return the set as the proof states it."""
        low, high = -self.bounds[2], self.bounds[3]
        slack = 0.001 * (high - low) + 1e-9
        scale = np.abs(self.axes).max(axis=1)
        down = np.where(self.apart, (low - slack) / scale, -self.bounds[0])
        up = np.where(self.apart, (high + slack) / scale, self.bounds[1])
        return Cell((down + up) / 2 @ self.axes, ((up - down) / 2)[:, None] * self.axes, low, high)

    def _least_slack(self) -> Reals:
        """Return the slack that a checker needs beyond images: ``[4, D]``, none where a set's own width sets the measure."""
        return np.concatenate([np.zeros_like(self.bounds[:2]), 4 * CHECKER_DISTANCE * (1 + np.abs(self.bounds[2:]))])

    def _around(self, images: Zonotopes) -> Reals:
        low, high = coordinate_bounds(images, self.inverse)
        return np.stack([-low.min(axis=0), high.max(axis=0), -images.low.min(axis=0), images.high.max(axis=0)])

    def _held_bounds(self, images: Zonotopes, held: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if held is None:
            return np.zeros((2, len(self.axes)), bool)
        columns = np.arange(len(self.axes))
        return np.stack([held[0][images.low.argmin(axis=0), columns], held[1][images.high.argmax(axis=0), columns]])


class SharedBounds:
    """Bounds that all sets share for coordinates far in tanh's flat part: a cell that gathers ``i`` nears ``i / (1 - f)`` in many steps."""

    def __init__(self, sets: dict[Cluster, WideningSet]) -> None:
        farthest = np.max([one.bounds[2:] for one in sets.values()], axis=0)
        self.bounds = np.where(farthest > FAR, farthest, 0.0)
        self.last_excess: Reals | None = None
        self.ahead = np.ones_like(self.bounds)
        self._share(sets)

    def widen(self, sets: dict[Cluster, WideningSet], images: Zonotopes) -> None:
        """Take in the images' far coordinates, go ahead of them, and give all sets the bounds."""
        found = np.stack([-images.low.min(axis=0), images.high.max(axis=0)])
        beyond = np.where(found > FAR, np.maximum(found - self.bounds, 0.0), 0.0)
        if self.last_excess is not None:
            self.ahead = extrapolated(self.last_excess, beyond, self.ahead, 1e6)
        outward = np.minimum(beyond * self.ahead, 0.3 * self.bounds) + 1e-3 * (1 + self.bounds)
        self.bounds = self.bounds + np.where(beyond > 0, beyond + outward, 0.0)
        self.last_excess = beyond
        self._share(sets)

    def _share(self, sets: dict[Cluster, WideningSet]) -> None:
        for one in sets.values():
            box = one.bounds[2:]
            one.bounds[2:] = np.where(box > FAR, np.maximum(box, self.bounds), box)


def extrapolated(before: Reals, now: Reals, ahead: Reals, most: float) -> Reals:
    """Return how many times the present step a bound should go ahead: the secant method, for one that nears its limit geometrically.

    Args:
        before: By how much images exceeded each bound in the last round.
        now: By how much they do in this one; the same shape.
        ahead: What was returned in the last round.
        most: The largest result.
    """
    active = (before > 0) & (now > 0)
    rate = np.where(active, (1 - now / np.where(active, before, 1.0)) / (1 + ahead), 0.5)
    return np.clip(1.1 / np.clip(rate, 1 / most, 1.0) - 1, 0.5, most)


def _axes(images: Zonotopes, held: NDArray[np.bool_] | None) -> tuple[Reals, Reals, NDArray[np.bool_]]:
    """Return axes, their inverse, and which coordinates stand apart: row ``j`` of the axes is then along coordinate ``j``."""
    scale = (images.high.max(axis=0) - images.low.min(axis=0)) / 2 + LEAST
    offsets, generators = (images.center - images.center.mean(axis=0)) / scale, images.generators / scale
    spread, largest = np.abs(generators).sum(axis=1), np.abs(generators).max(axis=1, initial=0.0)
    apart = ((spread > 0.2) & (largest > 0.8 * spread)).any(axis=0)
    if held is not None:
        apart |= held.any(axis=(0, 1))
    together = offsets.T @ offsets + np.einsum("ngh,ngk->hk", generators, generators)
    tied = np.flatnonzero(~apart)
    rows = np.eye(len(scale))
    rows[np.ix_(tied, tied)] = np.linalg.eigh(together[np.ix_(tied, tied)])[1].T[::-1]
    return rows * scale, rows.T / scale[:, None], apart
