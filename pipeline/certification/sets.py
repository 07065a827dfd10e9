"""The sets that a proof is made of: parallelotopes cut with boxes, and the test that an image lies in one."""

from typing import NamedTuple

import numpy as np

from pipeline.certification.net import Reals
from pipeline.certification.rounding import slack
from pipeline.certification.zonotopes import Zonotopes


class Cell(NamedTuple):
    """``{center + e axes, |e| <= 1}``, a parallelotope, cut with the box ``[low, high]``: ``[H]``, axes ``[H, H]``, float64."""

    center: Reals
    axes: Reals
    low: Reals
    high: Reals


def stacked(cells: list[Cell]) -> Zonotopes:
    return Zonotopes(*(np.stack(parts) for parts in zip(*cells, strict=True)))


def reach(images: Zonotopes, cell: Cell) -> float:
    """Bound the coordinates of all images' points in the cell's axes and in its box; not above 1, the images lie inside.

    With ``B`` near the inverse of the axes and ``R = I - axes B``, ``inverse(axes) = B inverse(I - R)``, so coordinates taken with ``B``
    are too small by no more than the factor ``1 - |R|``, the norm of the largest column.
    """
    units = len(cell.center)
    relative = slack(units + images.generators.shape[1])
    inverse = np.linalg.inv(cell.axes)
    residual = np.abs(np.eye(units) - cell.axes @ inverse) + relative * (1 + np.abs(cell.axes) @ np.abs(inverse))
    off = residual.sum(axis=0).max() * (1 + relative)
    if not off < 0.5:
        return np.inf
    rounding = relative * ((np.abs(images.center) + np.abs(cell.center) + images.spread) @ np.abs(inverse))
    within = np.abs((images.center - cell.center) @ inverse) + np.abs(images.generators @ inverse).sum(axis=1) + rounding
    middle, half = (cell.low + cell.high) / 2, np.maximum((cell.high - cell.low) / 2, np.finfo(float).tiny)
    boxed = np.maximum(images.high - middle, middle - images.low) / half * (1 + relative) + relative * np.abs(middle) / half
    return float(max(within.max() * (1 + relative) / (1 - off) * (1 + relative), boxed.max()))


def principal(images: Zonotopes) -> Reals:
    """Return orthonormal rows along which the images, centers and generators together, spread most to least: ``[H, H]``."""
    apart = images.center - images.center.mean(axis=0)
    spread = apart.T @ apart + np.einsum("ngh,ngk->hk", images.generators, images.generators)
    return np.linalg.eigh(spread)[1].T[::-1]


def hull(images: Zonotopes, rows: Reals, widening: float, least: float) -> Cell:
    """Return the cell along orthonormal ``rows`` around all images, wider by a factor and by a little; ``reach`` is what proves it."""
    middle = images.center @ rows.T
    wide = np.abs(images.generators @ rows.T).sum(axis=1)
    low, high = (middle - wide).min(axis=0), (middle + wide).max(axis=0)
    axes = ((high - low) / 2 * widening + least)[:, None] * rows
    box_low, box_high = images.low.min(axis=0), images.high.max(axis=0)
    room = (box_high - box_low) / 2 * (widening - 1) + least
    return Cell((low + high) / 2 @ rows, axes, box_low - room, box_high + room)
