"""The delta rule as a recurrent layer."""

import math
from typing import Any

import numpy as np
from keras import ops

from pipeline.layers.basic import Readout
from pipeline.layers.initializers import draw
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor

EPSILON = 1e-6


class DeltaNet(Recurrent):
    """Each head: ``S' = S (I - b k k') + b v k'``, output ``S' q``; then a dense layer of every position.

    ``q``, ``k`` of length 1, ``v``, ``b = span * logistic(…)`` and a skip ``r`` are linear in the input x; ``u = r + O N(S' q)`` and
    ``h = u + relu(u V + d) W + e``. N brings each head's output to a root mean square of 1. The state is linear in what it was, whatever
    is read (Schlag et al. 2021, "Linear Transformers Are Secretly Fast Weight Programmers", eq. 24).
    """

    def __init__(self, name: str, seeds: tuple[int, ...], inputs: int, units: int, heads: int, span: float) -> None:
        super().__init__(name, seeds)
        self.units, self.heads, self.span, self.size = units, heads, span, units // heads
        parts = [("query", units), ("key", units), ("value", units), ("skip", units), ("rate", heads)]
        self.kernel = self.weight(
            "kernel", np.concatenate([draw("glorot_uniform", (inputs, size), seeds, name, part) for part, size in parts], axis=2)
        )
        self.bias = self.constant("bias", (4 * units + heads,), 0.0)
        self.mixed = self.weight("mixed", draw("glorot_uniform", (units, units), seeds, name, "mixed"))
        self.widening = Readout(f"{name}_widening", seeds, units, 2 * units, "glorot_uniform")
        self.narrowing = Readout(f"{name}_narrowing", seeds, 2 * units, units, "glorot_uniform")

    def initial_state(self, batch: Any) -> State:
        """Return the output ``[S, B, H]`` and the heads' matrices ``[S, B, n, d, d]``, zeros."""
        seeds = len(self.seeds)
        return ops.zeros((seeds, batch, self.units)), ops.zeros((seeds, batch, self.heads, self.size, self.size))

    def step(self, fed: Tensor, state: State) -> State:
        fed = fed + ops.expand_dims(self.bias, 1)
        shape = ops.shape(fed)
        heads = (shape[0], shape[1], self.heads, self.size)
        query, key, value = (ops.reshape(fed[..., i * self.units : (i + 1) * self.units], heads) for i in range(3))
        skip, rate = fed[..., 3 * self.units : 4 * self.units], ops.expand_dims(self.span * ops.sigmoid(fed[..., 4 * self.units :]), -1)
        query, key = _of_length_one(query), _of_length_one(key)
        matrix = state[1]
        told = ops.einsum("sbnvk,sbnk->sbnv", matrix, key)
        matrix = matrix + ops.einsum("sbnv,sbnk->sbnvk", rate * (value - told), key)
        read = math.sqrt(self.size) * _of_length_one(ops.einsum("sbnvk,sbnk->sbnv", matrix, query))
        mixed = skip + ops.matmul(ops.reshape(read, (shape[0], shape[1], self.units)), self.mixed)
        return mixed + self.narrowing(ops.relu(self.widening(mixed))), matrix


def _of_length_one(vectors: Tensor) -> Tensor:
    return vectors * ops.rsqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + EPSILON)
