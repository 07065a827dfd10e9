"""The mean distance: one target that is far off weighs no more than any other."""

from typing import Any

from pipeline.training.engine.loss import Loss


def at_positions(outputs: Any, targets: Any) -> Any:
    """``[S, B, A, 1]`` and ``[S, B, A]`` reals to ``[S, B, A]``."""
    from keras import ops

    return ops.abs(ops.squeeze(outputs, -1) - ops.cast(targets, "float32"))


LOSS = Loss("reals", at_positions, "mean")
