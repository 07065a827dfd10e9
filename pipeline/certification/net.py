"""The net that is certified: one tanh layer and a linear readout, in float32 (Elman 1990, "Finding Structure in Time")."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import Mendable

Reals = NDArray[np.float64]
Singles = NDArray[np.float32]

# Where the checkpoints of the model ``simple_rnn`` keep what the equations call W, U, b, V and c.
PATHS = ("recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "readout/kernel", "readout/bias")


class NotCertifiable(Mendable):
    """Weights or a transducer that the prover does not speak about; the message says what it expects."""


@dataclass(frozen=True)
class TanhNet:
    """``h' = tanh(W[x] + h U + b)``, ``logits = h V + c``, output ``argmax(logits)``, from ``h = 0``; all weights float32.

    Attributes:
        kernel: W ``[symbols, units]``.
        recurrent: U ``[units, units]``.
        bias: b ``[units]``.
        readout: V ``[units, outputs]``.
        offset: c ``[outputs]``.

    Raises:
        NotCertifiable: A weight is not float32, not finite, or of another shape.
    """

    kernel: Singles
    recurrent: Singles
    bias: Singles
    readout: Singles
    offset: Singles

    def __post_init__(self) -> None:
        units, outputs = np.shape(self.bias)[-1:], np.shape(self.offset)[-1:]
        expected = ((*np.shape(self.kernel)[:1], *units), units * 2, units, units + outputs, outputs)
        for path, weight, shape in zip(PATHS, self.weights(), expected, strict=True):
            if weight.shape != shape or weight.dtype != np.float32:
                raise NotCertifiable(f"{path}: expected float32 {shape}, got {weight.dtype} {weight.shape}")
            if not np.isfinite(weight).all():
                raise NotCertifiable(f"{path}: expected finite weights, got {weight.size - np.isfinite(weight).sum()} that are not")

    @classmethod
    def read(cls, weights: Mapping[str, NDArray[Any]]) -> "TanhNet":
        """Take the weights of one ``simple_rnn`` by Keras variable path, as ``checkpoints.load`` gives them.

        Raises:
            NotCertifiable: The paths are others, so the net is another one.
        """
        if set(weights) != set(PATHS):
            raise NotCertifiable(f"expected the weights {', '.join(PATHS)} of a simple_rnn, got {', '.join(sorted(weights)) or 'none'}")
        return cls(*(weights[path] for path in PATHS))

    def weights(self) -> tuple[Singles, ...]:
        return self.kernel, self.recurrent, self.bias, self.readout, self.offset

    @property
    def symbols(self) -> int:
        return len(self.kernel)

    @property
    def units(self) -> int:
        return len(self.bias)

    @property
    def outputs(self) -> int:
        return len(self.offset)

    def digest(self) -> str:
        """Return the SHA-256 of every weight's path, shape and little-endian bytes: of the numbers, not of the file that holds them."""
        sha = hashlib.sha256()
        for path, weight in zip(PATHS, self.weights(), strict=True):
            sha.update(f"{path} {list(weight.shape)} float32\n".encode() + weight.astype("<f4").tobytes())
        return sha.hexdigest()

    def step(self, hidden: Singles, symbols: NDArray[np.integer]) -> tuple[Singles, NDArray[np.intp]]:
        """Advance as NumPy computes it in float32: ``[n, units]`` and ``[n]`` symbols to ``[n, units]`` and ``[n]`` outputs."""
        after = np.tanh(self.kernel[symbols] + hidden @ self.recurrent + self.bias)
        return after, np.argmax(after @ self.readout + self.offset, axis=1)

    def run(self, inputs: NDArray[np.integer]) -> NDArray[np.int64]:
        """Answer ``[n, time]`` symbols with ``[n, time]`` outputs, in float32."""
        hidden = np.zeros((len(inputs), self.units), np.float32)
        outputs = np.empty(inputs.shape, np.int64)
        for t in range(inputs.shape[1]):
            hidden, outputs[:, t] = self.step(hidden, inputs[:, t])
        return outputs
