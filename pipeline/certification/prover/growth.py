"""One set while it grows: axes that suit its images, and bounds that yield where images leave it.

Units that saturate, and cells that a gate holds, are worth a box of their own: their coordinate stands apart from the parallelotope's
other axes, which are the principal directions of the rest, each unit measured by its own range.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.prover.clusters import Place
from pipeline.certification.sets.cells import APART, Cell, extent
from pipeline.certification.sets.rounding import Reals
from pipeline.certification.sets.zonotopes import Zonotopes

# Ranges of units are told apart down to this.
LEAST = 1e-5
# Images that are nearer than this share of a set's width to its border make the set grow.
NEAR = 2e-5
# A coordinate beyond this is in tanh's flat part, where how far it lies matters little.
FAR = 6.0


class Growing:
    """Bounds ``[4, D]``, outwards positive: down and up the axes, then of the box, around the points of ``images``.

    ``held`` ``[2, N, D]`` says which bounds of the images' boxes are some set's own: no room is left beyond them.
    """

    def __init__(self, images: Zonotopes, room: float, held: NDArray[np.bool_] | None = None) -> None:
        self.axes, self.inverse, self.alone = _axes(images, held)
        self.bounds = self._around(images)
        low, high = -self.bounds[2], self.bounds[3]
        wide, across = (self.bounds[0] + self.bounds[1]) / 2, (high - low) / 2
        spare = room * np.minimum(across, 0.5 + np.abs(self.bounds[2:])) + self._least()[2:]
        self.bounds[:2] += room * wide + 1e-4
        self.bounds[2:] += spare * ~self._copied(images, held)
        self.beyond: Reals | None = None
        self.ahead = np.ones_like(self.bounds)

    def excess(self, images: Zonotopes) -> tuple[Reals, Reals]:
        """Return how far images lie beyond each bound, and the width that this is to be measured by: ``[4, D]`` twice."""
        wide = np.tile((self.bounds[0] + self.bounds[1]) / 2, (2, 1))
        across = np.minimum((self.bounds[2] + self.bounds[3]) / 2, 0.5 + np.abs(self.bounds[2:]))
        beyond = self._around(images) - self.bounds
        beyond[:2, self.alone] = -np.inf
        beyond[2:][beyond[2:] == 0] = -np.inf
        return beyond, np.concatenate([wide, across])

    def grow(self, images: Zonotopes, held: NDArray[np.bool_], leap: float) -> None:
        """Take the images in, and go ahead by what the last two rounds foretell, but by no more than ``leap`` of the width."""
        beyond, width = self.excess(images)
        out = beyond > -np.maximum(NEAR * width, self._least() / 2)
        beyond = np.where(out, np.maximum(beyond, 0.0), 0.0)
        if self.beyond is not None:
            self.ahead = foretold(self.beyond, beyond, self.ahead, 60.0)
        spare = np.minimum(beyond * self.ahead, leap * width) + leap / 10 * width + self._least()
        spare[2:] *= ~self._copied(images, held)
        self.bounds = self.bounds + np.where(out, beyond + spare, 0.0)
        self.beyond = beyond

    def cell(self) -> Cell:
        low, high = -self.bounds[2], self.bounds[3]
        spare = 0.001 * (high - low) + 1e-9
        scale = np.abs(self.axes).max(axis=1)
        down = np.where(self.alone, (low - spare) / scale, -self.bounds[0])
        up = np.where(self.alone, (high + spare) / scale, self.bounds[1])
        return Cell((down + up) / 2 @ self.axes, ((up - down) / 2)[:, None] * self.axes, low, high)

    def _least(self) -> Reals:
        """Return the room that a checker needs beyond images: ``[4, D]``, none where a set's own width sets the measure."""
        return np.concatenate([np.zeros_like(self.bounds[:2]), 4 * APART * (1 + np.abs(self.bounds[2:]))])

    def _around(self, images: Zonotopes) -> Reals:
        low, high = extent(images, self.inverse)
        return np.stack([-low.min(axis=0), high.max(axis=0), -images.low.min(axis=0), images.high.max(axis=0)])

    def _copied(self, images: Zonotopes, held: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if held is None:
            return np.zeros((2, len(self.axes)), bool)
        columns = np.arange(len(self.axes))
        return np.stack([held[0][images.low.argmin(axis=0), columns], held[1][images.high.argmax(axis=0), columns]])


class Far:
    """Bounds that all sets share for coordinates far in tanh's flat part: a cell that gathers ``i`` nears ``i / (1 - f)`` in many steps."""

    def __init__(self, sets: dict[Place, Growing]) -> None:
        farthest = np.max([one.bounds[2:] for one in sets.values()], axis=0)
        self.bounds = np.where(farthest > FAR, farthest, 0.0)
        self.beyond: Reals | None = None
        self.ahead = np.ones_like(self.bounds)
        self._share(sets)

    def grow(self, sets: dict[Place, Growing], images: Zonotopes) -> None:
        found = np.stack([-images.low.min(axis=0), images.high.max(axis=0)])
        beyond = np.where(found > FAR, np.maximum(found - self.bounds, 0.0), 0.0)
        if self.beyond is not None:
            self.ahead = foretold(self.beyond, beyond, self.ahead, 1e6)
        leap = np.minimum(beyond * self.ahead, 0.3 * self.bounds) + 1e-3 * (1 + self.bounds)
        self.bounds = self.bounds + np.where(beyond > 0, beyond + leap, 0.0)
        self.beyond = beyond
        self._share(sets)

    def _share(self, sets: dict[Place, Growing]) -> None:
        for one in sets.values():
            box = one.bounds[2:]
            one.bounds[2:] = np.where(box > FAR, np.maximum(box, self.bounds), box)


def foretold(before: Reals, now: Reals, ahead: Reals, most: float) -> Reals:
    """Return how many times the present step a bound should go ahead: the secant method, for one that nears its limit geometrically."""
    moving = (before > 0) & (now > 0)
    rate = np.where(moving, (1 - now / np.where(moving, before, 1.0)) / (1 + ahead), 0.5)
    return np.clip(1.1 / np.clip(rate, 1 / most, 1.0) - 1, 0.5, most)


def _axes(images: Zonotopes, held: NDArray[np.bool_] | None) -> tuple[Reals, Reals, NDArray[np.bool_]]:
    """Return axes, their inverse, and which coordinates stand apart: row ``j`` of the axes is then along coordinate ``j``."""
    scale = (images.high.max(axis=0) - images.low.min(axis=0)) / 2 + LEAST
    apart, generators = (images.center - images.center.mean(axis=0)) / scale, images.generators / scale
    spread, largest = np.abs(generators).sum(axis=1), np.abs(generators).max(axis=1, initial=0.0)
    alone = ((spread > 0.2) & (largest > 0.8 * spread)).any(axis=0)
    if held is not None:
        alone |= held.any(axis=(0, 1))
    together = apart.T @ apart + np.einsum("ngh,ngk->hk", generators, generators)
    tied = np.flatnonzero(~alone)
    rows = np.eye(len(scale))
    rows[np.ix_(tied, tied)] = np.linalg.eigh(together[np.ix_(tied, tied)])[1].T[::-1]
    return rows * scale, rows.T / scale[:, None], alone
