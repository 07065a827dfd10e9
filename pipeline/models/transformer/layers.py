"""A Transformer encoder with a seed axis.

Every position looks at all others, so what may be told apart by place depends on how positions enter:

- ``none``: not at all; the net sees a bag of symbols;
- ``sinusoidal``: sines and cosines of the place are added to the embedding (Vaswani et al. 2017, section 3.5);
- ``relative``: attention sees the distance of two places (Dai et al. 2019, "Transformer-XL", section 3.3);
- ``randomised``: as ``sinusoidal``, of places that training draws anew at every step, in order, from a range that is longer than any input
  (Ruoss et al. 2023, "Randomized Positional Encodings Boost Length Generalization of Transformers", section 3). Answering takes places
  that are spread evenly over the range, where they draw there too.
"""

import math

from keras import ops

from pipeline.layers.basic import Encoding, Readout, SeedLayer, gaussian
from pipeline.layers.initializers import draw
from pipeline.layers.networks import Network
from pipeline.layers.xla import Tensor

# The longest wavelength of the sines is 2 pi times this (Vaswani et al. 2017, section 3.5).
SLOWEST = 10_000.0
EPSILON = 1e-6
# Tells the draw of places from other random draws of a net.
PLACES_SALT = 6


class Embedding(SeedLayer):
    """A vector for each symbol, ``[S, B, T, C]`` one-hot to ``[S, B, T, H]``, times the root of its size."""

    def __init__(self, name: str, seeds: tuple[int, ...], symbols: int, units: int) -> None:
        super().__init__(name, seeds)
        self.kernel = self.weight("kernel", draw("glorot_uniform", (symbols, units), seeds, name))

    def call(self, features: Tensor) -> Tensor:
        return ops.einsum("sbtc,sch->sbth", features, self.kernel) * math.sqrt(self.kernel.shape[-1])


class Block(SeedLayer):
    """``u = N(x + A(x))``, ``y = N(u + relu(u V + b) W + c)``: N brings each position to mean 0 and variance 1, A attends.

    A head's score of place j from place i is ``q_i k_j / sqrt(d)``, or with distances ``((q_i + e) k_j + (q_i + f) r_(i-j)) / sqrt(d)``,
    r a linear map of the distance's sines and cosines.
    """

    def __init__(self, name: str, seeds: tuple[int, ...], units: int, heads: int, relative: bool) -> None:
        super().__init__(name, seeds)
        self.heads = heads
        self.size = units // heads
        kernels = [draw("glorot_uniform", (units, units), seeds, name, part) for part in ("query", "key", "value", "mixed")]
        self.query, self.key, self.value, self.mixed = (
            self.weight(part, kernel) for part, kernel in zip(("query", "key", "value", "mixed"), kernels, strict=True)
        )
        self.widening = Readout(f"{name}_widening", seeds, units, 4 * units, "glorot_uniform")
        self.narrowing = Readout(f"{name}_narrowing", seeds, 4 * units, units, "glorot_uniform")
        self.distance = self.weight("distance", draw("glorot_uniform", (units, units), seeds, name, "distance")) if relative else None
        if relative:
            self.content_bias = self.constant("content_bias", (heads, self.size), 0.0)
            self.distance_bias = self.constant("distance_bias", (heads, self.size), 0.0)

    def call(self, values: Tensor) -> Tensor:
        """Map ``[S, B, T, H]`` to ``[S, B, T, H]``."""
        query, key, value = (self._split(values, kernel) for kernel in (self.query, self.key, self.value))
        if self.distance is None:
            scores = ops.einsum("sbtnd,sbund->sbntu", query, key)
        else:
            content, place = (ops.expand_dims(ops.expand_dims(bias, 1), 1) for bias in (self.content_bias, self.distance_bias))
            scores = ops.einsum("sbtnd,sbund->sbntu", query + content, key) + self._by_distance(query + place)
        weights = ops.softmax(scores / math.sqrt(self.size))
        attended = ops.einsum("sbntu,sbund->sbtnd", weights, value)
        attended = ops.einsum("sbth,shg->sbtg", ops.reshape(attended, ops.shape(values)), self.mixed)
        normal = _normalised(values + attended)
        return _normalised(normal + self.narrowing(ops.relu(self.widening(normal))))

    def _split(self, values: Tensor, kernel: Tensor) -> Tensor:
        shape = ops.shape(values)
        return ops.reshape(ops.einsum("sbth,shg->sbtg", values, kernel), (*shape[:3], self.heads, self.size))

    def _by_distance(self, query: Tensor) -> Tensor:
        """Score distances: ``[S, B, T, n, d]`` to ``[S, B, n, T, T]``."""
        positions = ops.shape(query)[2]
        distances = ops.cast(ops.arange(2 * positions - 1), "float32") - ops.cast(positions - 1, "float32")
        known = ops.einsum("rh,shg->srg", sines(distances, self.heads * self.size), self.distance)
        known = ops.reshape(known, (ops.shape(known)[0], 2 * positions - 1, self.heads, self.size))
        places = ops.arange(positions)
        apart = ops.expand_dims(places, 1) - ops.expand_dims(places, 0) + positions - 1
        scores = ops.einsum("sbtnd,srnd->sbntr", query, known)
        return ops.take_along_axis(scores, ops.broadcast_to(apart, (*ops.shape(scores)[:3], positions, positions)), axis=-1)


class Encoder(Network):
    """Embedding, positions, blocks and a readout."""

    def __init__(
        self, name: str, embedding: Embedding, blocks: list[Block], readout: Readout, encoding: Encoding, positions: str, longest: int
    ) -> None:
        super().__init__(name, embedding.seeds)
        self.embedding = embedding
        self.blocks = blocks
        self.readout = readout
        self.encoding = encoding
        self.positions = positions
        self.longest = longest
        self.built = True

    def call(self, inputs: Tensor, keys: Tensor | None = None, targets: Tensor | None = None, answers: int | None = None) -> Tensor:
        values = self.embedding(self.encoding.features(inputs))
        if self.positions in ("sinusoidal", "randomised"):
            places = self._places(ops.shape(inputs)[2], keys)
            values = values + ops.expand_dims(sines(places, values.shape[-1]), 1)
        for block in self.blocks:
            values = block(values)
        return self.readout(values if answers is None else values[:, :, ops.shape(values)[2] - answers :])

    def _places(self, positions: Tensor, keys: Tensor | None) -> Tensor:
        """Return where the symbols are said to stand: ``[S or 1, T]``, ascending."""
        counted = ops.cast(ops.arange(positions), "float32")
        if self.positions == "sinusoidal":
            return ops.expand_dims(counted, 0)
        if keys is None:
            return ops.expand_dims((counted + 0.5) * (self.longest / ops.cast(positions, "float32")), 0)
        drawn = ops.argsort(gaussian(keys, PLACES_SALT, (self.longest,)))[:, :positions]
        return ops.cast(ops.sort(drawn), "float32")


def sines(places: Tensor, units: int) -> Tensor:
    """Write places ``[…]`` as sines and cosines ``[…, units]`` of falling frequencies."""
    rates = ops.exp(-math.log(SLOWEST) / (units // 2) * ops.cast(ops.arange(units // 2), "float32"))
    angles = ops.expand_dims(places, -1) * rates
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def _normalised(values: Tensor) -> Tensor:
    apart = values - ops.mean(values, axis=-1, keepdims=True)
    return apart * ops.rsqrt(ops.mean(ops.square(apart), axis=-1, keepdims=True) + EPSILON)
