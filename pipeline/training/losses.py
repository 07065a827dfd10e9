"""Losses and the stopping rule's error, one number for each seed. Logits ``[S, B, …, C]``, targets ``[S, B, …]``."""

from collections.abc import Callable

from keras import ops

from pipeline.core.params import TrainingParams
from pipeline.layers.xla import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over sequences and positions of ``-log softmax``: ``[S]``, in nats."""
    return _mean(_negative_log_likelihood(logits, targets))


def after(washout: int, loss: Loss) -> Loss:
    """Return ``loss``, a mean over positions, as one from which the first ``washout`` positions are left out."""
    return lambda outputs, targets: loss(outputs[:, :, washout:], targets[..., washout:])


def towards_the_end(loss: Loss, last_weight: float) -> Loss:
    """Return ``loss``, a mean over positions, as one in which the last position counts ``last_weight`` times."""

    def weighted(outputs: Tensor, targets: Tensor) -> Tensor:
        positions = targets.shape[-1]
        before, last = loss(outputs[:, :, :-1], targets[..., :-1]), loss(outputs[:, :, -1:], targets[..., -1:])
        return ((positions - 1) * before + last_weight * last) / (positions - 1 + last_weight)

    return weighted


def summed_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum over the batch of ``-log max(softmax, 1e-10)``: ``[S]``, in nats. Below the floor the gradient is zero, as in the post."""
    floor = 23.025850929940457  # -log(1e-10)
    capped = ops.minimum(_negative_log_likelihood(logits, targets), floor)
    return ops.sum(capped, axis=tuple(range(1, len(capped.shape))))


def mean_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over sequences and positions of the squared difference: ``[S]``; outputs are ``[S, B, …, 1]``."""
    return _mean(ops.square(ops.squeeze(outputs, -1) - ops.cast(targets, "float32")))


def mean_absolute_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over sequences and positions of the distance: ``[S]``; one target that is far off weighs no more than any other."""
    return _mean(ops.abs(ops.squeeze(outputs, -1) - ops.cast(targets, "float32")))


def half_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over sequences of ``½ Σ (output - target)²`` (Hochreiter and Schmidhuber 1997, appendix A.1): ``[S]``.

    Outputs are ``[S, B, 1]`` for targets that are reals; symbols count as one-hot.
    """
    squared = ops.square(_differences(outputs, targets))
    return ops.sum(squared, axis=tuple(range(1, len(squared.shape)))) / (2.0 * outputs.shape[1])


def build(params: TrainingParams) -> Loss:
    """Make the recipe's loss."""
    loss = _LOSSES[params.loss]
    if params.last_weight != 1.0:
        loss = towards_the_end(loss, params.last_weight)
    return after(params.washout, loss) if params.washout else loss


def max_abs_error(loss: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Largest distance from a target over sequences, positions and symbols: ``[S]`` (Hochreiter and Schmidhuber 1997, section 5).

    Where the loss is a cross-entropy, of ``softmax(outputs)``.
    """
    difference = ops.abs(_differences(ops.softmax(outputs) if loss.endswith("cross_entropy") else outputs, targets))
    return ops.max(difference, axis=tuple(range(1, len(difference.shape))))


def _differences(outputs: Tensor, targets: Tensor) -> Tensor:
    exact = ops.expand_dims(targets, -1) if outputs.shape[-1] == 1 else ops.one_hot(targets, outputs.shape[-1])
    return outputs - exact


def _negative_log_likelihood(logits: Tensor, targets: Tensor) -> Tensor:
    chosen = ops.sum(logits * ops.one_hot(targets, logits.shape[-1]), axis=-1)
    return ops.logsumexp(logits, axis=-1) - chosen


def _mean(values: Tensor) -> Tensor:
    return ops.mean(values, axis=tuple(range(1, len(values.shape))))


_LOSSES: dict[str, Loss] = {
    f.__name__: f for f in (cross_entropy, summed_cross_entropy, mean_squared_error, mean_absolute_error, half_squared_error)
}
