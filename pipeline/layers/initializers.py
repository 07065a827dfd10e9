"""Initial weights for several seeds at once: each seed draws its own, and the same ones whether trained alone or with others.

Gate kernels have three conventions in the literature's code, which differ in Glorot's fans (Glorot and Bengio 2010, eq. 16):

- ``fused``: one ``[inputs + units, gates * units]`` matrix, as TensorFlow 1's cells drew it;
- ``separate``: each gate's input kernel by Glorot and its recurrent kernel orthogonal (Saxe et al. 2014) with gain 1.1, as Keras 1
  drew them;
- ``stacked``: one ``[gates, inputs, units]`` array for inputs and one for the recurrence, whose first axis counts in the fans.
"""

from typing import Literal

import numpy as np
from keras import initializers, ops

from pipeline.core.seeding import stream_seed

GateConvention = Literal["fused", "separate", "stacked"]
Kernels = tuple[np.ndarray, np.ndarray]


def draw(name: str, shape: tuple[int, ...], seeds: tuple[int, ...], *keys: str) -> np.ndarray:
    """Draw ``[seeds, *shape]`` float32 weights with the Keras initializer ``name``; ``keys`` name the weight."""
    return np.stack([_draw_one(name, shape, stream_seed(seed, "weights", *keys)) for seed in seeds])


def gate_kernels(
    convention: GateConvention, inputs: int, recurrent: int, units: int, gates: int, seeds: tuple[int, ...], key: str
) -> Kernels:
    """Draw a recurrent layer's kernels: ``[seeds, inputs, gates * units]`` and ``[seeds, recurrent, gates * units]``."""
    if convention == "fused":
        both = draw("glorot_uniform", (inputs + recurrent, gates * units), seeds, key, "fused")
        return both[:, :inputs], both[:, inputs:]
    if convention == "stacked":
        kernel = draw("glorot_uniform", (gates, inputs, units), seeds, key, "kernel")
        loop = draw("glorot_uniform", (gates, recurrent, units), seeds, key, "recurrent")
        return _side_by_side(kernel), _side_by_side(loop)
    kernel = np.stack([draw("glorot_uniform", (inputs, units), seeds, key, "kernel", str(g)) for g in range(gates)], axis=1)
    loop = np.stack([draw("orthogonal", (recurrent, units), seeds, key, "recurrent", str(g)) for g in range(gates)], axis=1)
    return _side_by_side(kernel), _side_by_side(loop)


def _draw_one(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    return ops.convert_to_numpy(_INITIALIZERS[name](seed)(shape, dtype="float32"))


def _side_by_side(kernels: np.ndarray) -> np.ndarray:
    seeds, gates, rows, units = kernels.shape
    return kernels.transpose(0, 2, 1, 3).reshape(seeds, rows, gates * units)


_INITIALIZERS = {
    "glorot_uniform": lambda seed: initializers.GlorotUniform(seed=seed),
    "orthogonal": lambda seed: initializers.Orthogonal(gain=1.1, seed=seed),
    "uniform_0_1": lambda seed: initializers.RandomUniform(0.0, 1.0, seed=seed),
    "truncated_normal": lambda seed: initializers.TruncatedNormal(stddev=1.0, seed=seed),
}
