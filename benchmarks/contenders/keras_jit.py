"""Keras ``fit`` with ``jit_compile`` and ``steps_per_execution``: each step an XLA program, a chunk of them in one call of the graph."""

from benchmarks.contenders.keras_fit import KerasFit
from benchmarks.workloads import Workload


def build(workload: Workload) -> KerasFit:
    """Build the workload's net, compiled by XLA, for a chunk of steps in each execution."""
    return KerasFit(workload, jit_compile=True, steps_per_execution=workload.chunk)


BUILDERS = {"keras-jit": build}
