"""Keras ``fit`` with ``steps_per_execution``: a chunk of steps in one call of the graph."""

from benchmarks.contenders.keras_fit import KerasFit
from benchmarks.workloads import Workload


def build(workload: Workload) -> KerasFit:
    """Build the workload's net for a chunk of steps in each execution."""
    return KerasFit(workload, steps_per_execution=workload.chunk)


BUILDERS = {"keras-steps": build}
