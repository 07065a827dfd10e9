"""Several sets for one key, where a net keeps the same past in ways that lie far apart: a hull around all of them would hold too much."""

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.sets.rounding import Reals

# States of a key that are further apart than this, unit by unit, are different ways to keep it.
APART = 0.5
MOST = 12

Place = tuple[int, int]  # a key's number, and the mode's


def anchors(found: Reals, visible: int) -> Reals:
    """Choose of states ``[n, width]`` those ``[m, visible]`` that none is far from, as few as a greedy choice gives (Gonzalez 1985).

    ``visible`` is how many coordinates count. At most ``MOST`` are chosen: what remains far from all of them belongs to the nearest.
    """
    seen = found[:, :visible]
    chosen = [seen[0]]
    distance = np.abs(seen - seen[0]).max(axis=1)
    while distance.max() > APART and len(chosen) < MOST:
        chosen.append(seen[int(distance.argmax())])
        distance = np.minimum(distance, np.abs(seen - chosen[-1]).max(axis=1))
    return np.stack(chosen)


def nearest(points: Reals, anchored: Reals) -> NDArray[np.intp]:
    """Number the anchor ``[m, visible]`` that each of ``[n, width]`` points is nearest to: ``[n]``."""
    apart = points[:, None, : anchored.shape[1]] - anchored
    return np.abs(apart).max(axis=2).argmin(axis=1)
