"""Ten of the post's RNNs for increment on 32 random numbers, as ``evaluate`` tests them."""

import numpy as np

from benchmarks import workloads
from benchmarks.growth.clock import timed
from pipeline.core.seeding import stream
from pipeline.evaluation.sweep import Case, sweep
from pipeline.layers.running import SEGMENT, predictor
from pipeline.trained import build

SEQUENCES = 32  # so many, and 64 positions, are worth a program of their own: see layers/running.py


def length(positions: int) -> dict[str, float]:
    """Time the test at one length, when all is compiled; the weights are the initial ones, which makes no difference to the work."""
    load = workloads.load("increment")
    task = load.experiment.task
    inputs = task.sample(stream(0, "benchmark", "growth", positions), SEQUENCES, positions - 1)
    case = Case("random", positions - 1, inputs, task.oracle(inputs), symbols=True, in_range=False)
    network = build(task, load.params, load.length, tuple(range(load.seeds)))
    predict = predictor(network, symbols=True)
    # The shapes that the length comes to: a segment, and what is left over.
    few = np.broadcast_to(inputs, (load.seeds, *inputs.shape))[:, :, : SEGMENT + positions % SEGMENT]
    first = timed(lambda: predict(few, positions))
    later = timed(lambda: sweep(predict, [case], network.seeds))
    return later | {"compiling_seconds": first["seconds"], "sequences": SEQUENCES}
