"""The compiled program: K optimizer steps of S seeds, with the stopping rule inside.

A seed that has met its stopping rule, or whose loss or next weights are no longer numbers, keeps the weights it had; the others go on,
and the program ends with the last of them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

from pipeline.core import registry
from pipeline.experiment.training import OPTIMIZERS, StopParams, TrainingParams
from pipeline.layers.networks import Network
from pipeline.layers.xla import Tensor, compiled, gradient, scan, value_of
from pipeline.training.engine import errors
from pipeline.training.engine.optimizer import Optimizer, Slots

RAMP = 0.2  # share of the training over which a penalty comes to its full weight
NOT_YET = -1  # "has not happened yet", for the step at which a seed was solved or diverged


class Progress(NamedTuple):
    """All that training changes. S seeds; steps count from 0.

    Attributes:
        weights: The trainable weights, ``[S, …]`` each.
        slots: The optimizer's memory.
        step: The next step's number.
        last_failure: ``[S]`` last step whose error was above the stopping rule's.
        loss_since: ``[S]`` sum of the losses of the steps after it.
        met_at: ``[S]`` step at which the rule was met, or ``NOT_YET``.
        diverged_at: ``[S]`` step whose loss, or a weight after it, was not a finite number, or ``NOT_YET``.
    """

    weights: list[Tensor]
    slots: Slots
    step: Tensor
    last_failure: Tensor
    loss_since: Tensor
    met_at: Tensor
    diverged_at: Tensor

    def updating(self, stop: StopParams | None) -> Tensor:
        """Say which seeds go on: ``[S]``."""
        if stop is None or not stop.ends:
            return self.diverged_at == NOT_YET
        return ops.logical_and(self.met_at == NOT_YET, self.diverged_at == NOT_YET)


Chunk = Callable[[Progress, Tensor, Tensor, Tensor, Tensor], tuple[Progress, Tensor]]


def begin(network: Network, params: TrainingParams) -> Progress:
    """Return the state before the first step."""
    weights = [value_of(v) for v in network.trainable_variables]
    seeds = len(network.seeds)
    updating = ops.full((seeds,), NOT_YET, dtype="int32")
    slots = _optimizer(params).start(weights)
    return Progress(weights, slots, ops.zeros((), "int32"), ops.zeros((seeds,), "int32"), ops.zeros((seeds,)), updating, updating)


def program(network: Network, params: TrainingParams, steps: int, all_scored: bool = True) -> Chunk:
    """Compile ``progress, losses = chunk(progress, keys, indices, inputs, targets)``.

    Args:
        network: Nets whose architecture is used; the weights are in ``Progress``, and may be those of as many other seeds.
        params: The recipe.
        steps: How many steps it has in all.
        all_scored: Whether the targets hold no ``IGNORE`` and no NaN.

    Returns:
        A function of the state, ``[S]`` int32 words for each seed's random draws, indices ``[K, S, B]``, and all examples
        ``[N, …]``; it gives losses ``[K, S]`` beside the new state: NaN for steps that did not move a seed.
    """
    optimizer = _optimizer(params)
    loss_of, error_of = errors.loss(params, all_scored), errors.max_abs_error(params, all_scored)
    penalty, rate = _penalty(network, params, steps), _rate(params, steps)
    contraction = params.contraction

    def chunk(progress: Progress, keys: Tensor, indices: Tensor, inputs: Tensor, targets: Tensor) -> tuple[Progress, Tensor]:
        def one_step(now: Progress, batch: Tensor) -> tuple[Progress, Tensor]:
            x, y = ops.take(inputs, batch, axis=0), ops.take(targets, batch, axis=0)
            noise = ops.stack([keys, ops.full_like(keys, 1) * now.step], axis=-1)

            def total(weights: list[Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
                outputs, _, added = network.stateless_call(weights, [], x, keys=noise, targets=y, answers=y.shape[-1], return_losses=True)
                losses = loss_of(outputs, y)
                error = error_of(outputs, y) if params.stop else losses
                minimised = ops.sum(losses) + penalty(weights, now.step)
                if contraction is not None:
                    minimised += contraction.weight * _share(now.step, steps, contraction.after) * sum(added)
                return minimised, (losses, error)

            (_, (losses, error)), gradients = gradient(total, now.weights)
            if params.clip_value is not None:
                gradients = [ops.clip(g, -params.clip_value, params.clip_value) for g in gradients]
            weights, slots = optimizer.update(now.weights, now.slots, gradients, now.step, rate(now.step))
            active = ops.logical_and(now.updating(params.stop), ops.isfinite(losses + _total(weights)))
            after = _advance(now, params.stop, active, weights, slots, losses, error)
            return after, ops.where(active, losses, float("nan"))

        return scan(one_step, progress, indices, indices.shape[0], lambda now: ops.any(now.updating(params.stop)))

    return compiled(chunk)


def _optimizer(params: TrainingParams) -> Optimizer:
    rule: Optimizer = registry.load(OPTIMIZERS, params.optimizer).build(params.epsilon)
    return rule


def _total(weights: list[Tensor]) -> Any:
    """Add up each seed's weights, ``[S]``: a finite number where all of them are."""
    return sum(ops.sum(w, axis=tuple(range(1, len(w.shape)))) for w in weights)


def _rate(params: TrainingParams, steps: int) -> Callable[[Tensor], Any]:
    """Return the learning rate as a function of the step."""
    if params.decay is None:
        return lambda step: params.learning_rate
    return lambda step: params.learning_rate * (1.0 - ops.cast(step, "float32") / steps)


def _penalty(network: Network, params: TrainingParams, steps: int) -> Callable[[list[Tensor], Tensor], Any]:
    """Return the penalty of all seeds' weights, summed, as a function of the step."""
    l1 = params.l1
    if l1 is None:
        return lambda weights, step: 0.0
    pulled = [i for i, variable in enumerate(network.trainable_variables) if variable.path.endswith("recurrent_kernel")]

    def penalty(weights: list[Tensor], step: Tensor) -> Tensor:
        return _share(step, steps, l1.after) * l1.weight * sum(ops.sum(ops.abs(weights[i])) for i in pulled)

    return penalty


def _share(step: Tensor, steps: int, after: float) -> Tensor:
    """Say with what share of its weight a penalty acts that enters ``after`` a share of all steps."""
    return ops.clip((ops.cast(step, "float32") / steps - after) / RAMP, 0.0, 1.0)


def _advance(
    now: Progress, stop: StopParams | None, active: Tensor, weights: list[Tensor], slots: Slots, losses: Tensor, error: Tensor
) -> Progress:
    def kept(new: list[Tensor], old: list[Tensor]) -> list[Any]:
        return [ops.where(ops.reshape(active, (-1,) + (1,) * (len(n.shape) - 1)), n, o) for n, o in zip(new, old, strict=True)]

    stuck = ops.logical_and(now.updating(stop), ops.logical_not(active))
    last_failure, loss_since, met_at = now.last_failure, now.loss_since, now.met_at
    if stop is not None:
        failed = ops.logical_and(active, error > stop.max_abs_error)
        last_failure = ops.where(failed, now.step, last_failure)
        loss_since = ops.where(failed, 0.0, ops.where(active, loss_since + losses, loss_since))
        successes = now.step - last_failure
        met = ops.logical_and(ops.logical_and(active, now.met_at == NOT_YET), successes >= stop.successes)
        if stop.mean_loss is not None:
            met = ops.logical_and(met, loss_since < stop.mean_loss * ops.cast(successes, "float32"))
        met_at = ops.where(met, now.step, met_at)
    return Progress(
        kept(weights, now.weights),
        tuple(kept(new, old) for new, old in zip(slots, now.slots, strict=True)),
        now.step + 1,
        last_failure,
        loss_since,
        met_at,
        ops.where(stuck, now.step, now.diverged_at),
    )
