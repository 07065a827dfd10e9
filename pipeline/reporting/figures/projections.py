"""Sets of hidden states as they look from one side: shadows, in the plane, of points and of the sets that a proof is made of.

A set of a proof is a parallelotope cut with a box. The shadow of either is a polygon whose sides are those of its axes' shadows; what is
drawn is where both polygons lie upon each other, which holds the shadow of the set and may be a little larger.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.reporting.inputs.arrays import Array

Points = NDArray[np.float64]


def principal_plane(points: Array) -> Points:
    """Return the two orthonormal directions, ``[2, units]``, along which ``points [n, units]`` spread most.

    Pearson (1901), "On Lines and Planes of Closest Fit to Systems of Points in Space". Each points to where its largest part is positive.
    """
    apart = points.astype(np.float64) - points.mean(axis=0)
    plane: Points = np.linalg.svd(apart, full_matrices=False)[2][:2]
    if len(plane) < 2:
        raise ValueError(f"expected points in at least two dimensions, got {points.shape}")
    largest = np.abs(plane).argmax(axis=1)
    return plane * np.sign(plane[np.arange(2), largest])[:, None]


def explained(points: Array, plane: Points) -> float:
    """Return the share of the points' variance that is seen in ``plane``."""
    apart = points.astype(np.float64) - points.mean(axis=0)
    whole = float((apart**2).sum())
    return float(((apart @ plane.T) ** 2).sum()) / whole if whole else 1.0


def shadow_of_cell(center: Array, axes: Array, low: Array, high: Array, plane: Points) -> Points:
    """Return the corners ``[k, 2]`` of a cut parallelotope's shadow on ``plane``; none if its parts do not meet there."""
    box = _zonogon((low + high) / 2 @ plane.T, ((high - low) / 2)[:, None] * plane.T)
    return _common(_zonogon(center @ plane.T, axes @ plane.T), box)


def _zonogon(center: Points, generators: Points) -> Points:
    """Return the corners, anticlockwise, of ``{center + e generators, |e| <= 1}`` with ``[k, 2]`` generators."""
    upward = np.where((generators[:, 1] < 0) | ((generators[:, 1] == 0) & (generators[:, 0] < 0)), -1.0, 1.0)[:, None] * generators
    upward = upward[np.argsort(np.arctan2(upward[:, 1], upward[:, 0]))]
    side = center - upward.sum(axis=0) + 2 * np.cumsum(np.vstack([np.zeros(2), upward]), axis=0)[:-1]
    return np.concatenate([side, 2 * center - side])


def _common(polygon: Points, other: Points) -> Points:
    """Cut a convex polygon with every side of another (Sutherland and Hodgman 1974); corners of both run anticlockwise."""
    for start, end in zip(other, np.roll(other, -1, axis=0), strict=True):
        inward = np.array([start[1] - end[1], end[0] - start[0]])
        if not len(polygon) or not inward.any():
            continue
        depth = (polygon - start) @ inward
        after, depth_after = np.roll(polygon, -1, axis=0), np.roll(depth, -1)
        kept = []
        for corner, following, here, there in zip(polygon, after, depth, depth_after, strict=True):
            if here >= 0:
                kept.append(corner)
            if here * there < 0:
                kept.append(corner + (following - corner) * here / (here - there))
        polygon = np.array(kept).reshape(-1, 2)
    return polygon
