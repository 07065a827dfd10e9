"""JAX by hand: the whole training is one compiled program, with a ``lax.scan`` over time inside a ``lax.scan`` over steps.

All positions' inputs are multiplied by the kernel in one product before the scan over time. Seeds go one after another, or, as
``jax-vmap``, all at once under ``jax.vmap``. ``jax_lanes`` runs two such programs at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.nets import Recurrent
from benchmarks.workloads import Workload

Weights = dict[str, jax.Array]


def recurrent(layer: Recurrent, weights: Weights, inputs: jax.Array, positions: int, gate: Any = jax.nn.sigmoid) -> jax.Array:
    """Run a layer over ``[T, B, D]``, or over ``[1, B, D]`` that is the input at every position: ``[T, B, P]``."""
    kernel, loop, bias = (weights[f"{layer.name}/{name}"] for name in ("kernel", "recurrent_kernel", "bias"))
    batch = inputs.shape[1]
    fed = jnp.broadcast_to(inputs @ kernel + bias, (positions, batch, kernel.shape[1]))
    if layer.gates == 1:

        def elman(hidden: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
            hidden = jnp.tanh(now + hidden @ loop)
            return hidden, hidden

        return lax.scan(elman, jnp.zeros((batch, layer.units)), fed)[1]
    if layer.gates == 3:

        def gru(hidden: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
            ahead, back = jnp.split(now, 3, axis=-1), jnp.split(hidden @ loop, 3, axis=-1)
            update, reset = jax.nn.sigmoid(ahead[0] + back[0]), jax.nn.sigmoid(ahead[1] + back[1])
            candidate = jnp.tanh(ahead[2] + reset * (back[2] + weights[f"{layer.name}/candidate_bias"]))
            hidden = update * hidden + (1 - update) * candidate
            return hidden, hidden

        return lax.scan(gru, jnp.zeros((batch, layer.units)), fed)[1]

    def lstm(state: tuple[jax.Array, jax.Array], now: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        hidden, cell = state
        into, forget, candidate, out = jnp.split(now + hidden @ loop, 4, axis=-1)
        cell = gate(forget) * cell + gate(into) * jnp.tanh(candidate)
        hidden = gate(out) * jnp.tanh(cell)
        if layer.projection is not None:
            hidden = hidden @ weights[f"{layer.name}/projection"]
        return (hidden, cell), hidden

    return lax.scan(lstm, (jnp.zeros((batch, layer.fed_back)), jnp.zeros((batch, layer.units))), fed)[1]


def _hard_sigmoid(x: jax.Array) -> jax.Array:
    return jnp.clip(0.2 * x + 0.5, 0.0, 1.0)


def _dropped(key: jax.Array, values: jax.Array, rate: float) -> jax.Array:
    return jnp.where(jax.random.bernoulli(key, 1 - rate, values.shape), values / (1 - rate), 0.0)


def logits_of(workload: Workload, weights: Weights, inputs: jax.Array, key: jax.Array) -> jax.Array:
    """Answer ``[B, T, D]`` with ``[B, T, C]``, or ``[B, C]`` for labels, in training mode."""
    net, params = workload.net, workload.params
    hidden = jnp.swapaxes(inputs, 0, 1)
    if params.name == "seq2seq":
        gate = _hard_sigmoid if params.gates == "hard_sigmoid" else jax.nn.sigmoid
        for_summary, for_logits = jax.random.split(key)
        summary = _dropped(for_summary, recurrent(net.layers[0], weights, hidden, net.positions, gate)[-1], params.dropout_summary)
        hidden = recurrent(net.layers[1], weights, summary[None], net.positions, gate)
        logits = hidden @ weights["readout/kernel"] + weights["readout/bias"]
        return jnp.swapaxes(_dropped(for_logits, logits, params.dropout_logits), 0, 1)
    hidden = recurrent(net.layers[0], weights, hidden, net.positions)
    if net.answers == 1:
        hidden = hidden[-1]
    if net.readout is not None:
        hidden = hidden @ weights["readout/kernel"] + weights["readout/bias"]
    return hidden if net.answers == 1 else jnp.swapaxes(hidden, 0, 1)


def adagrad(rate: float) -> Any:
    """Adagrad (Duchi et al. 2011), the accumulator starting at 0.1."""

    def update(weights: Weights, sums: Weights, gradients: Weights, step: jax.Array) -> tuple[Weights, Weights]:
        sums = jax.tree.map(lambda s, g: s + g * g, sums, gradients)
        return jax.tree.map(lambda w, g, s: w - rate * g / jnp.sqrt(s), weights, gradients, sums), sums

    return lambda weights: jax.tree.map(lambda w: jnp.full_like(w, 0.1), weights), update


def adam(rate: float) -> Any:
    """Adam (Kingma and Ba 2015), in the form of the text before section 2.1, which Keras has too."""

    def update(weights: Weights, slots: Any, gradients: Weights, step: jax.Array) -> tuple[Weights, Any]:
        means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, slots[0], gradients)
        squares = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, slots[1], gradients)
        corrected = rate * jnp.sqrt(1 - 0.999 ** (step + 1.0)) / (1 - 0.9 ** (step + 1.0))
        return jax.tree.map(lambda w, m, v: w - corrected * m / (jnp.sqrt(v) + 1e-8), weights, means, squares), (means, squares)

    return lambda weights: (jax.tree.map(jnp.zeros_like, weights),) * 2, update


def sgd(rate: float) -> Any:
    """Plain gradient descent."""

    def update(weights: Weights, slots: Any, gradients: Weights, step: jax.Array) -> tuple[Weights, Any]:
        return jax.tree.map(lambda w, g: w - rate * g, weights, gradients), slots

    return lambda weights: (), update


OPTIMIZERS = {"adagrad": adagrad, "adam": adam, "sgd": sgd}


@dataclass
class Ready:
    """Seeds about to be trained together: their state, keys and batches ``[…, steps, B]``."""

    state: Any
    keys: jax.Array
    batches: np.ndarray


class JaxScan:
    packages = ("jax", "jaxlib")

    def __init__(self, workload: Workload, together: bool) -> None:
        self.workload = workload
        self.together = together
        self.device = jax.default_backend()
        self.features, self.labels = jnp.asarray(workload.features), jnp.asarray(workload.labels)
        self.parameters = sum(w.size for w in self._weights(0).values())
        self._start, self._update = OPTIMIZERS[workload.recipe.optimizer](workload.recipe.learning_rate)
        self._run = jax.jit(jax.vmap(self._chunk, in_axes=(0, 0, 0, None, None)) if together else self._chunk)

    def train(self) -> float:
        groups = self.groups(range(self.workload.seeds))
        start = perf_counter()
        for group in groups:
            self.run(group)
        return perf_counter() - start

    def losses(self) -> list[float]:
        # As many seeds as train together, so that nothing is compiled anew.
        losses = self.run(self.groups(range(self.workload.seeds), in_order=True)[0])
        return (losses[:, 0] if self.together else losses).mean(axis=-1).tolist()

    def groups(self, seeds: Sequence[int], in_order: bool = False) -> list[Ready]:
        """Get seeds ready, all together or each alone."""
        ready = [Ready(self._begin(seed), jax.random.key(seed), self.workload.batches(seed, in_order)) for seed in seeds]
        if self.together:
            state, keys = (jax.tree.map(lambda *own: jnp.stack(own), *(getattr(one, name) for one in ready)) for name in ("state", "keys"))
            ready = [Ready(state, keys, np.stack([one.batches for one in ready]))]
        jax.block_until_ready([one.state for one in ready])
        return ready

    def run(self, ready: Ready) -> np.ndarray:
        """Take all steps, a chunk at a time; return the losses ``[chunks, …, K]``."""
        workload, state, losses = self.workload, ready.state, []
        for first in range(0, workload.steps, workload.chunk):
            batches = ready.batches[..., first : first + workload.chunk, :]
            state, of_chunk = self._run(state, ready.keys, batches, self.features, self.labels)
            losses.append(of_chunk)
        return np.asarray(jax.block_until_ready(losses))

    def _chunk(self, state: Any, key: jax.Array, batches: jax.Array, features: jax.Array, labels: jax.Array) -> tuple[Any, jax.Array]:
        """Take the steps of ``[K, B]`` indices; return the state and the losses ``[K]``."""

        def step(state: Any, batch: jax.Array) -> tuple[Any, jax.Array]:
            weights, slots, done = state
            loss_of = partial(self._loss, inputs=features[batch], labels=labels[batch], key=jax.random.fold_in(key, done))
            loss, gradients = jax.value_and_grad(loss_of)(weights)
            if (clip := self.workload.recipe.clip_value) is not None:
                gradients = jax.tree.map(lambda g: jnp.clip(g, -clip, clip), gradients)
            weights, slots = self._update(weights, slots, gradients, done)
            return (weights, slots, done + 1), loss

        return lax.scan(step, state, batches)

    def _loss(self, weights: Weights, inputs: jax.Array, labels: jax.Array, key: jax.Array) -> jax.Array:
        logits = jax.nn.log_softmax(logits_of(self.workload, weights, inputs, key))
        chosen = -jnp.take_along_axis(logits, labels[..., None], axis=-1)
        return chosen.sum() if self.workload.recipe.loss == "summed_cross_entropy" else chosen.mean()

    def _begin(self, seed: int) -> Any:
        weights = self._weights(seed)
        return weights, self._start(weights), jnp.zeros((), jnp.int32)

    def _weights(self, seed: int) -> Weights:
        return {path: jnp.asarray(values) for path, values in self.workload.initial(seed).items()}


BUILDERS = {"jax": partial(JaxScan, together=False), "jax-vmap": partial(JaxScan, together=True)}
