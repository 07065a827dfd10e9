"""The sets that a proof is made of: parallelotopes cut with boxes, and the test that images lie in one."""

from typing import NamedTuple

import numpy as np

from pipeline.certification.sets.rounding import Reals
from pipeline.certification.sets.zonotopes import Zonotopes

# What float64 may err by for each unit of magnitude: far more than it does, so that a checker that rounds in its own way agrees.
FLOAT64_ERROR = 2.0**-38
# How far the checker's boxes may lie from the prover's.
CHECKER_DISTANCE = 2.0**-32


class Cell(NamedTuple):
    """``{center + e axes, |e| <= 1}``, a parallelotope, cut with the box ``[low, high]``: ``[D]``, axes ``[D, D]``, float64."""

    center: Reals
    axes: Reals
    low: Reals
    high: Reals


def start_cell(width: int) -> Cell:
    """Return a cell around the state 0, where every run begins; a parallelotope cannot have no width."""
    return Cell(np.zeros(width), 2.0**-40 * np.eye(width), np.zeros(width), np.zeros(width))


def as_zonotopes(cells: list[Cell]) -> Zonotopes:
    """Return N cells as N zonotopes, each axis a generator: ``[N, D]``, generators ``[N, D, D]``."""
    return Zonotopes(*(np.stack(parts) for parts in zip(*cells, strict=True)))


def coordinate_bounds(images: Zonotopes, inverse: Reals) -> tuple[Reals, Reals]:
    """Bound each image's coordinates ``x inverse``, by its zonotope and by its box, whichever is tighter: ``[N, D]`` twice."""
    middle, wide = images.center @ inverse, np.abs(images.generators @ inverse).sum(axis=1)
    boxed, half = (images.low + images.high) / 2 @ inverse, (images.high - images.low) / 2 @ np.abs(inverse)
    return np.maximum(middle - wide, boxed - half), np.minimum(middle + wide, boxed + half)


def largest_coordinate(images: Zonotopes, cell: Cell) -> float:
    """Bound the coordinates of all images' points along the cell's axes; below 1, they lie in the parallelotope.

    With ``B`` near the inverse of the axes and ``R = I - axes B``, ``inverse(axes) = B inverse(I - R)``, so coordinates taken with ``B``
    are too small by no more than the factor ``1 - |R|``, the norm of the largest column.
    """
    inverse = np.asarray(np.linalg.inv(cell.axes), np.float64)
    residual = np.abs(np.eye(len(cell.axes)) - cell.axes @ inverse) + FLOAT64_ERROR * (1 + np.abs(cell.axes) @ np.abs(inverse))
    off = residual.sum(axis=0).max()
    if not off < 0.5:
        return np.inf
    around = Zonotopes(images.center - cell.center, images.generators, images.low - cell.center, images.high - cell.center)
    low, high = coordinate_bounds(around, inverse)
    size = np.abs(images.center) + np.abs(cell.center) + images.spread + np.abs(images.low) + np.abs(images.high)
    within = np.maximum(-low, high) + FLOAT64_ERROR * (size @ np.abs(inverse))
    return float(within.max() * (1 + FLOAT64_ERROR) / (1 - off))


def boxes_lie_in(images: Zonotopes, cell: Cell) -> bool:
    """Say whether all images' boxes lie in the cell's, by more than rounding, or share its bounds, as a cell does that a gate holds."""
    for beyond, bound in ((cell.low - images.low, cell.low), (images.high - cell.high, cell.high)):
        if not ((beyond < -CHECKER_DISTANCE * (1 + np.abs(bound))) | (beyond == 0)).all():
            return False
    return True
