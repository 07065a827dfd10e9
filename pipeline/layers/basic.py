"""Keras layers with a seed axis: nets of the same shape, side by side, in every tensor's first axis.

Nets of a few dozen units cost dispatch, not arithmetic; ten of them in one tensor cost little more than one.
Shapes in this package: S seeds, B sequences, T positions, D features, H units, C symbols. All reals are float32.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from pipeline.layers.initializers import draw
from pipeline.layers.xla import Tensor, normal, uniform

# A kernel's rows are looked up, not multiplied by one-hot vectors, from so many symbols on.
MANY_SYMBOLS = 16

# Layers of one net that draw noise of their own; a training may have 2**31 / (8 * MOST_LAYERS) steps, some 16 million.
MOST_LAYERS = 16


class SeedLayer(keras.layers.Layer):
    """A layer whose weights carry the seed axis."""

    def __init__(self, name: str, seeds: tuple[int, ...]) -> None:
        super().__init__(name=name)
        self.seeds = seeds

    def weight(self, name: str, value: Any) -> Tensor:
        """Make a trainable weight ``[S, …]`` that starts at ``value``."""
        return self.add_weight(name=name, shape=value.shape, initializer=lambda shape, dtype: ops.convert_to_tensor(value, dtype))

    def constant(self, name: str, shape: tuple[int, ...], value: float) -> Tensor:
        """Make a trainable weight ``[S, *shape]`` that starts at one number."""
        return self.add_weight(name=name, shape=(len(self.seeds), *shape), initializer=keras.initializers.Constant(value))


class Readout(SeedLayer):
    """``y = h V + c`` at every position it is given: ``[S, …, H]`` to ``[S, …, C]``; ``V`` begins as it is drawn, times ``gain``."""

    def __init__(
        self, name: str, seeds: tuple[int, ...], units: int, outputs: int, kernel: str, bias: float = 0.0, gain: float = 1.0
    ) -> None:
        super().__init__(name, seeds)
        self.kernel = self.weight("kernel", gain * draw(kernel, (units, outputs), seeds, name))
        self.bias = self.constant("bias", (outputs,), bias)

    def call(self, hidden: Tensor) -> Tensor:
        shape = ops.shape(hidden)
        flat = ops.reshape(hidden, (shape[0], -1, shape[-1]))
        return ops.reshape(ops.matmul(flat, self.kernel) + ops.expand_dims(self.bias, 1), (*shape[:-1], self.kernel.shape[-1]))


class Dropout(SeedLayer):
    """Inverted dropout (Srivastava et al. 2014) whose mask depends on a seed's own key, and so not on its neighbours."""

    def __init__(self, name: str, seeds: tuple[int, ...], rate: float, salt: int) -> None:
        super().__init__(name, seeds)
        self.rate = rate
        self.salt = salt

    def call(self, values: Tensor, keys: Tensor) -> Tensor:
        """Drop from ``[S, …]``; ``keys`` are ``[S, 2]`` int32, new at every step."""
        kept = ops.stack([uniform(key, values.shape[1:]) >= self.rate for key in _salted(keys, self.salt, len(self.seeds))])
        return ops.where(kept, values / (1.0 - self.rate), 0.0)


def gaussian(keys: Tensor, salt: int, shape: tuple[int, ...], place: int = 0) -> Tensor:
    """Draw standard normal noise ``[S, *shape]``, each seed's from its own key.

    ``salt`` (0 to 7) tells draws of one layer apart, ``place`` (0 to ``MOST_LAYERS - 1``) the layers of one net.
    """
    return ops.stack([normal(key, shape) for key in _salted(keys, salt, keys.shape[0], place)])


def _salted(keys: Tensor, salt: int, seeds: int, place: int = 0) -> list[Tensor]:
    # The first word is the seed's own and the second the step. Places lie far apart in the second one, beyond any number of steps.
    salted = keys * 8 + salt
    if place:
        salted = salted + np.array([0, place * (2**31 // MOST_LAYERS)], dtype=np.int32)
    return [salted[s] for s in range(seeds)]


class Encoding(NamedTuple):
    """How a net reads its inputs.

    Attributes:
        symbols: Size of the alphabet; ``None`` for reals.
        scalar: Whether symbols are fed as numbers.
    """

    symbols: int | None
    scalar: bool = False

    @property
    def looked_up(self) -> bool:
        """Whether the net is given symbols, and not features."""
        return self.symbols is not None and self.symbols >= MANY_SYMBOLS and not self.scalar

    def features(self, inputs: Tensor) -> Tensor:
        """Turn ``[S, B, T]`` symbols or reals (or ``[S, B, T, D]`` reals) into ``[S, B, T, D]`` features."""
        if self.symbols is not None and not self.scalar:
            return ops.one_hot(inputs, self.symbols)
        reals = ops.cast(inputs, "float32")
        return reals if len(reals.shape) == 4 else ops.expand_dims(reals, -1)
