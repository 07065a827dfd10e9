"""What the prover asks of a net: to step float32 states, and to push whole sets of them, rounding included."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.sets.rounding import Reals, Singles
from pipeline.certification.sets.zonotopes import Zonotopes
from pipeline.core.errors import Mendable

Symbols = NDArray[np.integer]

# Half of float32's range, for the sake of rounding.
LARGEST_SUM = 2.0**127


class NotCertifiable(Mendable):
    """Weights or a transducer that the prover does not speak about; the message says what it expects."""


class Net(Protocol):
    """A recurrent net over finitely many symbols that starts from a state of zeros and answers with the argmax of its logits.

    A state is one float32 row, what the readout sees first.
    """

    @property
    def symbols(self) -> int:
        """How many input symbols there are."""
        ...

    @property
    def outputs(self) -> int:
        """How many logits there are."""
        ...

    @property
    def width(self) -> int:
        """Numbers in a state."""
        ...

    @property
    def visible(self) -> int:
        """How many of them, the first ones, the readout and the next step's sums see."""
        ...

    def description(self) -> dict[str, Any]:
        """Return the kind of net and all that its weights do not say, as a certificate states it."""
        ...

    def digest(self) -> str:
        """Return the SHA-256 of the description and of all weights."""
        ...

    def step(self, state: Singles, symbols: Symbols) -> tuple[Singles, NDArray[np.intp]]:
        """Advance as NumPy computes it in float32: ``[n, width]`` and ``[n]`` symbols to ``[n, width]`` and ``[n]`` outputs."""
        ...

    def push(self, sets: Zonotopes) -> Zonotopes:
        """Enclose every float32 state that one symbol can lead to from ``sets``: N times A zonotopes, the symbol varying fastest."""
        ...

    def margins(self, sets: Zonotopes, outputs: Symbols) -> Reals:
        """Bound from below by how much float32 logit ``outputs[i]`` leads in all of set ``i``: ``[N]``."""
        ...


def run(net: Net, inputs: Symbols) -> NDArray[np.int64]:
    """Answer ``[n, time]`` symbols with ``[n, time]`` outputs, in float32."""
    state = np.zeros((len(inputs), net.width), np.float32)
    outputs = np.empty(inputs.shape, np.int64)
    for t in range(inputs.shape[1]):
        state, outputs[:, t] = net.step(state, inputs[:, t])
    return outputs


def digest(description: Mapping[str, Any], weights: Mapping[str, Singles]) -> str:
    """Return the SHA-256 of the description and of every weight's path, shape and little-endian bytes: of numbers, not of a file."""
    sha = hashlib.sha256(json.dumps(description, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    for path, weight in weights.items():
        sha.update(f"{path} {list(weight.shape)} float32\n".encode() + weight.astype("<f4").tobytes())
    return sha.hexdigest()


def require(weights: Mapping[str, Singles], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that all weights are finite float32 of the expected shapes.

    Raises:
        NotCertifiable: One is not.
    """
    for path, weight in weights.items():
        if weight.shape != shapes[path] or weight.dtype != np.float32:
            raise NotCertifiable(f"{path}: expected float32 {shapes[path]}, got {weight.dtype} {weight.shape}")
        if not np.isfinite(weight).all():
            raise NotCertifiable(f"{path}: expected finite weights, got {weight.size - np.isfinite(weight).sum()} that are not")


def require_in_range(mixing: Reals, *constants: Reals) -> None:
    """Check that no float32 sum ``h mixing + constants`` of a net can leave float32's range on its way, in whatever order.

    Args:
        mixing: ``[H, K]``, float64.
        constants: Terms that broadcast to ``[…, K]``.

    Raises:
        NotCertifiable: One can; the model of rounding would not hold for it (Higham 2002, section 2.2).
    """
    largest = (2 * np.abs(mixing).sum(axis=0) + sum(np.abs(term) for term in constants)).max(initial=0.0)
    if not largest < LARGEST_SUM:
        raise NotCertifiable(f"expected weights whose sums stay below 2^127, got some that may come to {largest:.3g}")
