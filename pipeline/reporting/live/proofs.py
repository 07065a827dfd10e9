"""The sets of a net's proof, for a picture in a browser."""

from typing import Any

import numpy as np

from pipeline.reporting.figures.projections import Points, principal_plane, projection_of_cell
from pipeline.reporting.live.nets import Proof

# Sides of an outline, and the steps in which its corners are written, along half of its extent.
SIDES = 12
STEPS = 400


def drawing(proof: Proof) -> dict[str, Any]:
    """Describe the plane, the sets as outlines in it, and which set each word leads to."""
    plane = principal_plane(proof.hidden)
    shown = slice(proof.visible)
    corners = (projection_of_cell(c.center[shown], c.axes[:, shown], c.low[shown], c.high[shown], plane) for c in proof.cells)
    return {
        "plane": np.round(plane, 7).tolist(),
        "sets": [
            {"state": cell.state, "name": name, "targets": list(targets), **outline(polygon)}
            for cell, name, polygon, targets in zip(proof.cells, proof.names, corners, proof.targets, strict=True)
        ],
        "k": proof.k,
    }


def outline(polygon: Points) -> dict[str, Any]:
    """Enclose a convex polygon ``[k, 2]`` with one of few sides, in few characters.

    The sides touch the polygon in directions evenly spread once it is stretched to be as wide as it is long.

    Returns:
        ``center``, ``size``, and ``corners``: whole numbers, one after the other, so that ``center + size * corners`` are the corners.
    """
    center = polygon.mean(axis=0)
    apart = polygon - center
    spread, axes = np.linalg.eigh(apart.T @ apart / len(polygon))
    scale = np.sqrt(np.maximum(spread, 1e-18))
    angles = 2 * np.pi * np.arange(SIDES) / SIDES
    across = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    reach = (apart @ axes / scale @ across.T).max(axis=0)
    after, beyond = np.roll(across, -1, axis=0), np.roll(reach, -1)
    # Neighbouring sides meet where both are reached (Cramer's rule); the determinant is the sine of the angle between them.
    meeting = np.stack([reach * after[:, 1] - beyond * across[:, 1], beyond * across[:, 0] - reach * after[:, 0]], axis=1)
    corners = (meeting / np.sin(2 * np.pi / SIDES) * scale) @ axes.T
    # Enlarged by more than what rounding takes away.
    size = max(float(np.abs(corners).max()), 1e-12) / STEPS
    whole = np.rint(corners / size * (1 + 2 / STEPS)).astype(int)
    return {"center": [float(f"{x:.7g}") for x in center], "size": float(f"{size:.3g}"), "corners": whole.ravel().tolist()}
