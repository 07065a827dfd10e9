"""Initial weights for several seeds at once: each seed draws its own, and the same ones whether trained alone or with others.

They are drawn by NumPy and not by the backend, so that a seed begins as the same net on TensorFlow and on JAX.

Gate kernels have three conventions in the literature's code, which differ in Glorot's fans (Glorot and Bengio 2010, eq. 16):

- ``fused``: one ``[inputs + units, gates * units]`` matrix, as TensorFlow 1's cells drew it;
- ``separate``: each gate's input kernel by Glorot and its recurrent kernel orthogonal (Saxe et al. 2014) with gain 1.1, as Keras 1
  drew them;
- ``stacked``: one ``[gates, inputs, units]`` array for inputs and one for the recurrence, whose first axis counts in the fans.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.core.seeding import stream

Array = NDArray[np.float32]
GateConvention = Literal["fused", "separate", "stacked"]
ORTHOGONAL_GAIN = 1.1


def draw(name: str, shape: tuple[int, ...], seeds: tuple[int, ...], *keys: str) -> Array:
    """Draw ``[seeds, *shape]`` float32 weights with the initializer ``name``; ``keys`` name the weight."""
    initializer = _INITIALIZERS[name]
    return np.stack([initializer(stream(seed, "weights", *keys), shape) for seed in seeds]).astype(np.float32)


def gate_kernels(
    convention: GateConvention, inputs: int, recurrent: int, units: int, gates: int, seeds: tuple[int, ...], key: str
) -> tuple[Array, Array]:
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


def _side_by_side(kernels: Array) -> Array:
    seeds, gates, rows, units = kernels.shape
    return kernels.transpose(0, 2, 1, 3).reshape(seeds, rows, gates * units)


def _glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    fan_in, fan_out = (int(np.prod(shape[:-2])) * fan for fan in shape[-2:])
    limit = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape)


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = shape
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q = q * np.sign(np.diag(r))  # without it the matrices are not uniformly distributed (Mezzadri 2007)
    return ORTHOGONAL_GAIN * (q if rows >= columns else q.T)


def _truncated_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    values = rng.standard_normal(shape)
    while (beyond := np.abs(values) > 2).any():
        values[beyond] = rng.standard_normal(int(beyond.sum()))
    return values


_INITIALIZERS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]] = {
    "glorot_uniform": _glorot_uniform,
    "orthogonal": _orthogonal,
    "truncated_normal": _truncated_normal,
    "uniform_0_1": lambda rng, shape: rng.uniform(0.0, 1.0, shape),
    "uniform_pm_0_1": lambda rng, shape: rng.uniform(-0.1, 0.1, shape),
    "uniform_pm_0_2": lambda rng, shape: rng.uniform(-0.2, 0.2, shape),
}
