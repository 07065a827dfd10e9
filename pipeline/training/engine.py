"""The compiled program: K optimizer steps of S seeds, with the stopping rule inside.

A seed that has met its stopping rule, or whose loss is no longer a number, keeps the weights it had; the others go on.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

from pipeline.core.params import TrainingParams
from pipeline.layers.networks import Network
from pipeline.layers.xla import Tensor, compiled, gradient, scan, value_of
from pipeline.training import optimizers
from pipeline.training.losses import LOSSES, max_abs_error

GOING = -1  # "has not happened yet", for the step at which a seed was solved or diverged


class Progress(NamedTuple):
    """All that training changes. S seeds; steps count from 0.

    Attributes:
        weights: The trainable weights, ``[S, …]`` each.
        slots: The optimizer's memory.
        step: The next step's number.
        last_failure: ``[S]`` last step whose error was above the stopping rule's.
        solved_at: ``[S]`` step at which the rule was met, or ``GOING``.
        diverged_at: ``[S]`` step whose loss was not a finite number, or ``GOING``.
    """

    weights: list[Tensor]
    slots: optimizers.Slots
    step: Tensor
    last_failure: Tensor
    solved_at: Tensor
    diverged_at: Tensor


Chunk = Callable[[Progress, Tensor, Tensor, Tensor, Tensor], tuple[Progress, Tensor]]


def begin(network: Network, params: TrainingParams) -> Progress:
    """Return the state before the first step."""
    weights = [value_of(v) for v in network.trainable_variables]
    seeds = len(network.seeds)
    going = ops.full((seeds,), GOING, dtype="int32")
    return Progress(weights, optimizers.build(params).start(weights), ops.zeros((), "int32"), ops.zeros((seeds,), "int32"), going, going)


def program(network: Network, params: TrainingParams) -> Chunk:
    """Compile ``progress, losses = chunk(progress, keys, indices, inputs, targets)``.

    Args:
        network: Nets whose architecture is used; the weights are in ``Progress``, and may be those of as many other seeds.
        params: The recipe.

    Returns:
        A function of the state, ``[S]`` int32 words for each seed's random draws, indices ``[K, S, B]``, and all examples
        ``[N, …]``; it gives losses ``[K, S]`` beside the new state.
    """
    optimizer = optimizers.build(params)
    loss_of = LOSSES[params.loss]

    def chunk(progress: Progress, keys: Tensor, indices: Tensor, inputs: Tensor, targets: Tensor) -> tuple[Progress, Tensor]:
        def one_step(now: Progress, batch: Tensor) -> tuple[Progress, Tensor]:
            x, y = ops.take(inputs, batch, axis=0), ops.take(targets, batch, axis=0)
            noise = ops.stack([keys, ops.full_like(keys, 1) * now.step], axis=-1)

            def total(weights: list[Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
                logits, _ = network.stateless_call(weights, [], x, keys=noise)
                losses = loss_of(logits, y)
                error = max_abs_error(logits, y) if params.stop else losses
                return ops.sum(losses), (losses, error)

            (_, (losses, error)), gradients = gradient(total, now.weights)
            return _advance(now, optimizer, params, gradients, losses, error), losses

        return scan(one_step, progress, indices, indices.shape[0])

    return compiled(chunk)


def _advance(
    now: Progress, optimizer: optimizers.Optimizer, params: TrainingParams, gradients: list[Tensor], losses: Tensor, error: Tensor
) -> Progress:
    if params.clip_value is not None:
        gradients = [ops.clip(g, -params.clip_value, params.clip_value) for g in gradients]
    weights, slots = optimizer.update(now.weights, now.slots, gradients, now.step)
    going = ops.logical_and(now.solved_at == GOING, now.diverged_at == GOING)
    finite = ops.isfinite(losses)
    moving = ops.logical_and(going, finite)
    diverged_at = ops.where(ops.logical_and(going, ops.logical_not(finite)), now.step, now.diverged_at)
    last_failure, solved_at = now.last_failure, now.solved_at
    if params.stop is not None:
        last_failure = ops.where(ops.logical_and(moving, error > params.stop.max_abs_error), now.step, last_failure)
        met = ops.logical_and(moving, now.step - last_failure >= params.stop.successes)
        solved_at = ops.where(met, now.step, solved_at)
    keep = _keeper(moving)
    return Progress(
        keep(weights, now.weights),
        tuple(keep(new, old) for new, old in zip(slots, now.slots, strict=True)),
        now.step + 1,
        last_failure,
        solved_at,
        diverged_at,
    )


def _keeper(moving: Tensor) -> Callable[[list[Tensor], list[Tensor]], list[Any]]:
    def keep(new: list[Tensor], old: list[Tensor]) -> list[Any]:
        return [ops.where(ops.reshape(moving, (-1,) + (1,) * (len(n.shape) - 1)), n, o) for n, o in zip(new, old, strict=True)]

    return keep
