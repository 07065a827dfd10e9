"""Several sets for one context, where a net's states after the same past lie far apart: one hull around all of them would hold too much."""

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.sets.rounding import Reals

# States of a context that differ by more than this in some unit belong to different clusters.
SEPARATION = 0.5
MOST = 12

Cluster = tuple[int, int]  # a context's number, and the cluster's number within it


def cluster_centers(found: Reals, visible: int) -> Reals:
    """Choose centers among states, greedily (Gonzalez 1985, "Clustering to Minimize the Maximum Intercluster Distance").

    Args:
        found: States ``[n, width]``, float64.
        visible: How many coordinates count, the first ones.

    Returns:
        Centers ``[m, visible]``, ``m <= MOST``: no state is further than ``SEPARATION`` from all of them, unless ``MOST`` are chosen.
    """
    seen = found[:, :visible]
    chosen = [seen[0]]
    distance = np.abs(seen - seen[0]).max(axis=1)
    while distance.max() > SEPARATION and len(chosen) < MOST:
        chosen.append(seen[int(distance.argmax())])
        distance = np.minimum(distance, np.abs(seen - chosen[-1]).max(axis=1))
    return np.stack(chosen)


def nearest_center(points: Reals, centers: Reals) -> NDArray[np.intp]:
    """Number the center ``[m, visible]`` that each of ``[n, width]`` points is nearest to: ``[n]``."""
    distance = points[:, None, : centers.shape[1]] - centers
    return np.abs(distance).max(axis=2).argmin(axis=1)
