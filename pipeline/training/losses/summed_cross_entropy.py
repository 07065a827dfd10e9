"""The sum over the batch of ``-log max(softmax, 1e-10)``, in nats. Below the floor the gradient is zero, as in the post."""

from typing import Any

from pipeline.training.engine.loss import Loss


def at_positions(outputs: Any, targets: Any) -> Any:
    """``[S, B, A, C]`` logits and ``[S, B, A]`` symbols to ``[S, B, A]``."""
    from keras import ops

    from pipeline.training.engine.errors import cross_entropy

    floor = 23.025850929940457  # -log(1e-10)
    return ops.minimum(cross_entropy(outputs, targets), floor)


LOSS = Loss("logits", at_positions, "sum")
