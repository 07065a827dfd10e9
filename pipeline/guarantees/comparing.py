"""How far a net of integer counters answers right, and an input that it answers wrongly.

The reach is what the checker itself computes: it needs no more than the weights. What is looked for here is an input that is surely
answered wrongly, along the generators of the task's cones.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.guarantees.checker.comparing import EXACT, REGIONS, Cone, Counts, Scores
from pipeline.guarantees.document import sealed


def reach(weights: Mapping[str, Any], task: str) -> dict[str, Any]:
    """Return a guarantee of how far a net answers right, 0 where that is not even so of the shortest inputs.

    Args:
        weights: ``recurrent/kernel`` ``[symbols, units]``, ``readout/kernel`` ``[units, classes]`` and ``readout/bias`` ``[classes]``.
        task: One of ``REGIONS``.
    """
    regions = REGIONS[task]
    scores = Scores(dict(weights), regions)
    content = {"net": "counters", "reach": scores.reach(regions), "fails": _wrong(scores, regions)}
    return sealed("compare", task, weights, {"float32_unit": 2.0**-24}, content)


def _wrong(scores: Scores, regions: tuple[Cone, ...]) -> dict[str, Any] | None:
    """Return the shortest input that is surely answered wrongly among those on one generator of a cone."""
    found = []
    for cone, (right, base, generators) in enumerate(regions):
        for other in (c for c in range(scores.classes) if c != right):
            for which, generator in enumerate(generators):

                def fails(times: int, right: int = right, other: int = other, base: Counts = base, by: Counts = generator) -> bool:
                    counts = tuple(int(n) for n in np.array(base) + times * np.array(by))
                    return scores.lead(counts, right, other, -1) < 0

                most = (EXACT - sum(base)) // sum(generator)
                if fails(0) or fails(most):
                    multiple = 0 if fails(0) else bisect_left(range(most), True, key=fails)
                    found.append((sum(base) + multiple * sum(generator), cone, [multiple * (i == which) for i in range(len(generators))]))
    if not found:
        return None
    _, cone, times = min(found)
    return {"cone": cone, "times": times}
