"""``½ Σ (output - target)²``, the mean over sequences (Hochreiter and Schmidhuber 1997, appendix A.1), an output for each possible member.

A set's number is the sum of ``2 ** member``, and the target of a member's output is 1, that of another one's 0.
"""

from typing import Any

from pipeline.training.engine.loss import Loss


def at_positions(outputs: Any, targets: Any) -> Any:
    """``[S, B, A, C]`` outputs and ``[S, B, A]`` sets of 0 … C - 1 to ``[S, B, A]``."""
    from keras import ops

    members = ops.expand_dims(targets, -1) // 2 ** ops.arange(outputs.shape[-1], dtype=targets.dtype) % 2
    return ops.sum(ops.square(outputs - ops.cast(members, "float32")), axis=-1) / 2.0


LOSS = Loss("either", at_positions, "sum per sequence")
