"""``½ Σ (output - target)²``, the mean over sequences (Hochreiter and Schmidhuber 1997, appendix A.1); symbols count as one-hot."""

from typing import Any

from pipeline.training.engine.loss import Loss


def at_positions(outputs: Any, targets: Any) -> Any:
    """``[S, B, A, C]`` outputs and ``[S, B, A]`` symbols or reals to ``[S, B, A]``."""
    from keras import ops

    from pipeline.training.engine.errors import differences

    return ops.sum(ops.square(differences(outputs, targets)), axis=-1) / 2.0


LOSS = Loss("either", at_positions, "sum per sequence")
