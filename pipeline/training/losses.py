"""Losses and the stopping rule's error. Logits ``[S, B, …, C]``, targets ``[S, B, …]``."""

from collections.abc import Callable

from keras import ops

from pipeline.layers.xla import Tensor
from pipeline.training.params import TrainingParams

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """``-log softmax`` at every position: ``[S, B, …]``, in nats."""
    chosen = ops.sum(logits * ops.one_hot(targets, logits.shape[-1]), axis=-1)
    return ops.logsumexp(logits, axis=-1) - chosen


def squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """The squared difference at every position: ``[S, B, …]``; outputs are ``[S, B, …, 1]``."""
    return ops.square(ops.squeeze(outputs, -1) - ops.cast(targets, "float32"))


def absolute_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """The distance at every position: ``[S, B, …]``; one target that is far off weighs no more than any other."""
    return ops.abs(ops.squeeze(outputs, -1) - ops.cast(targets, "float32"))


def mean(of_positions: Loss, washout: int = 0, last_share: float | None = None) -> Loss:
    """Return the mean over sequences and positions: ``[S]``.

    Args:
        of_positions: Losses at every position.
        washout: Positions at the start that are left out.
        last_share: Share of the last position, the rest of it being the mean of those before; ``None``: that of any other position.
    """

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        values = of_positions(outputs, targets)
        values = values[..., washout:] if washout else values
        if last_share is None:
            return _mean(values)
        return (1.0 - last_share) * _mean(values[..., :-1]) + last_share * _mean(values[..., -1:])

    return loss


def summed_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum over the batch of ``-log max(softmax, 1e-10)``: ``[S]``, in nats. Below the floor the gradient is zero, as in the post."""
    floor = 23.025850929940457  # -log(1e-10)
    capped = ops.minimum(cross_entropy(logits, targets), floor)
    return ops.sum(capped, axis=tuple(range(1, len(capped.shape))))


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over sequences of ``½ Σ (output - target)²`` (Hochreiter and Schmidhuber 1997, appendix A.1): ``[S]``.

    Outputs are ``[S, B, 1]`` for targets that are reals; symbols count as one-hot.
    """
    squared = ops.square(_differences(outputs, targets))
    return ops.sum(squared, axis=tuple(range(1, len(squared.shape)))) / (2.0 * outputs.shape[1])


def build(params: TrainingParams) -> Loss:
    """Make the recipe's loss: ``[S]``."""
    if params.loss in _MEANS:
        return mean(_MEANS[params.loss], params.washout, params.last_share)
    return _SUMS[params.loss]


def max_abs_error(loss: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Largest distance from a target over sequences, positions and symbols: ``[S]`` (Hochreiter and Schmidhuber 1997, section 5).

    Where the loss is a cross-entropy, of ``softmax(outputs)``: no probability is farther from its target than that of the right symbol.
    """
    of_logits = loss.endswith("cross_entropy")
    errors = 1.0 - ops.exp(-cross_entropy(outputs, targets)) if of_logits else ops.abs(_differences(outputs, targets))
    return ops.max(errors, axis=tuple(range(1, len(errors.shape))))


def _differences(outputs: Tensor, targets: Tensor) -> Tensor:
    exact = ops.expand_dims(ops.cast(targets, "float32"), -1) if outputs.shape[-1] == 1 else ops.one_hot(targets, outputs.shape[-1])
    return outputs - exact


def _mean(values: Tensor) -> Tensor:
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))


_MEANS: dict[str, Loss] = {"cross_entropy": cross_entropy, "mean_squared_error": squared_error, "mean_absolute_error": absolute_error}
_SUMS: dict[str, Loss] = {f.__name__: f for f in (summed_cross_entropy, half_squared_error)}
