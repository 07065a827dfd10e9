"""The mean of ``-log softmax`` of the right symbol, in nats."""

from typing import Any

from pipeline.training.engine.loss import Loss


def at_positions(outputs: Any, targets: Any) -> Any:
    """``[S, B, A, C]`` logits and ``[S, B, A]`` symbols to ``[S, B, A]``."""
    from pipeline.training.engine.errors import cross_entropy

    return cross_entropy(outputs, targets)


LOSS = Loss("logits", at_positions, "mean")
