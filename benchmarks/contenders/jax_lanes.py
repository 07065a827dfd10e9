"""JAX by hand with the engine's second lane: two compiled programs at a time, in threads, each with half of the seeds."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter

import numpy as np

from benchmarks.contenders.jax_scan import JaxScan, Ready
from benchmarks.workloads import Workload

LANES = 2


class JaxLanes(JaxScan):
    """``jax_scan`` in two threads; as ``jax-vmap-lanes``, each runs its half of the seeds at once under ``jax.vmap``."""

    def __init__(self, workload: Workload, together: bool) -> None:
        super().__init__(workload, together)
        self._pool = ThreadPoolExecutor(LANES)
        halves = np.array_split(np.arange(workload.seeds), LANES)
        self._halves = [half.tolist() for half in halves if len(half)]

    def train(self) -> float:
        lanes = [self.groups(half) for half in self._halves]
        start = perf_counter()
        list(self._pool.map(self._lane, lanes))
        return perf_counter() - start

    def losses(self) -> list[float]:
        losses = self.run(self.groups(self._halves[0], in_order=True)[0])
        return (losses[:, 0] if self.together else losses).mean(axis=-1).tolist()

    def _lane(self, groups: list[Ready]) -> None:
        for group in groups:
            self.run(group)


BUILDERS = {"jax-lanes": partial(JaxLanes, together=False), "jax-vmap-lanes": partial(JaxLanes, together=True)}
