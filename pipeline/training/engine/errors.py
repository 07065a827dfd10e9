"""Errors of outputs ``[S, B, A, C]`` against targets ``[S, B, A]``, what is not scored left out: losses and the stopping rule's error."""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from pipeline.core import registry
from pipeline.core.examples import IGNORE
from pipeline.experiment.training import TrainingParams
from pipeline.layers.xla import Tensor
from pipeline.training.engine.loss import Loss

Error = Callable[[Tensor, Tensor], Tensor]


class Scored(NamedTuple):
    """Targets ``[S, B, A]`` with zeros where nothing is scored, and 1.0 where something is, else 0.0; ``None`` where all is."""

    targets: Tensor
    weights: Tensor | None


def scored(targets: Tensor, all_scored: bool) -> Scored:
    """Tell what is scored from what is not. ``all_scored`` says that the examples hold no ``IGNORE`` and no NaN."""
    if all_scored:
        return Scored(targets, None)
    reals = "float" in str(targets.dtype)
    known = ops.logical_not(ops.isnan(targets)) if reals else targets != IGNORE
    return Scored(ops.where(known, targets, ops.zeros_like(targets)), ops.cast(known, "float32"))


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """``-log softmax`` at every position: ``[S, B, A]``, in nats."""
    chosen = ops.sum(logits * ops.one_hot(targets, logits.shape[-1]), axis=-1)
    return ops.logsumexp(logits, axis=-1) - chosen


def differences(outputs: Tensor, targets: Tensor) -> Tensor:
    """``outputs - targets``: ``[S, B, A, C]``; outputs of one real against reals, others against one-hot symbols."""
    exact = ops.expand_dims(ops.cast(targets, "float32"), -1) if outputs.shape[-1] == 1 else ops.one_hot(targets, outputs.shape[-1])
    return outputs - exact


def loss(params: TrainingParams, all_scored: bool = True) -> Error:
    """Make the recipe's loss: ``[S]``."""
    chosen: Loss = registry.load("training.losses", params.loss).LOSS

    def of_batch(outputs: Tensor, targets: Tensor) -> Tensor:
        targets, weights = scored(targets, all_scored)
        values = chosen.at_positions(outputs, targets)
        values = values if weights is None else values * weights
        if chosen.over_positions == "mean":
            return _mean_over_positions(values, weights, params.last_share)
        total = ops.sum(values, axis=(1, 2))
        return total if chosen.over_positions == "sum" else total / outputs.shape[1]

    return of_batch


def max_abs_error(params: TrainingParams, all_scored: bool = True) -> Error:
    """Make the stopping rule's error: the largest distance from a target over sequences, positions and symbols, ``[S]``.

    (Hochreiter and Schmidhuber 1997, section 5.) Where the loss is of logits, of ``softmax(outputs)``: no probability is farther from its
    target than that of the right symbol.
    """
    of_logits = registry.load("training.losses", params.loss).LOSS.of == "logits"

    def distances(outputs: Tensor, targets: Tensor) -> Tensor:
        if of_logits:
            return 1.0 - ops.exp(-cross_entropy(outputs, targets))
        return ops.max(ops.abs(differences(outputs, targets)), axis=-1)

    def of_batch(outputs: Tensor, targets: Tensor) -> Tensor:
        targets, weights = scored(targets, all_scored)
        errors = distances(outputs, targets)
        return ops.max(errors if weights is None else errors * weights, axis=(1, 2))

    return of_batch


def _mean_over_positions(values: Tensor, weights: Tensor | None, last_share: float | None) -> Tensor:
    """Average ``[S, B, A]`` to ``[S]``; ``last_share`` is that of the last position, the rest being the mean of those before."""
    if last_share is None:
        return _mean(values, weights)
    before, last = (slice(None, -1), slice(-1, None))
    first = _mean(values[..., before], None if weights is None else weights[..., before])
    return (1.0 - last_share) * first + last_share * _mean(values[..., last], None if weights is None else weights[..., last])


def _mean(values: Tensor, weights: Tensor | None) -> Tensor:
    if weights is None:
        return ops.mean(values, axis=(1, 2))
    return ops.sum(values, axis=(1, 2)) / ops.maximum(ops.sum(weights, axis=(1, 2)), 1.0)
