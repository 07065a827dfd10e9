"""The nets as plain numbers: shapes, parameters, floating-point operations and initial weights. Needs NumPy alone.

Every contender starts from these weights and must have these parameters, so that all of them compute the same thing.
Shapes: B sequences, T positions, D features, H units, P fed back, C answers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# A training step's arithmetic in forward passes: one forward, one towards the inputs, one towards the weights.
PASSES = 3


@dataclass(frozen=True)
class Recurrent:
    """One recurrent layer: ``[B, T, D]`` to ``[B, T, P]``; ``P`` is ``H`` without a projection (Sak et al. 2014).

    ``gates`` says which: 1 an RNN, 3 a GRU whose reset gate acts after the product, 4 an LSTM.
    """

    name: str
    inputs: int
    units: int
    gates: int
    projection: int | None = None

    @property
    def fed_back(self) -> int:
        return self.units if self.projection is None else self.projection

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The weights by the names that the engine's checkpoints have."""
        width = self.gates * self.units
        shapes: dict[str, tuple[int, ...]] = {"kernel": (self.inputs, width), "recurrent_kernel": (self.fed_back, width), "bias": (width,)}
        if self.gates == 3:
            shapes["candidate_bias"] = (self.units,)
        return shapes if self.projection is None else shapes | {"projection": (self.units, self.projection)}

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one position of one sequence, forward; what is element-wise is not counted."""
        return sum(shape[0] * shape[1] for shape in self.shapes.values() if len(shape) == 2)


@dataclass(frozen=True)
class Net:
    """Recurrent layers, each over all positions, and a linear readout.

    Attributes:
        layers: One layer, or an encoder and a decoder.
        readout: Width of the readout, or ``None`` where the layer's projection is the answer.
        answers: Positions that are read out: all, or one.
        positions: Positions of a training sequence.
    """

    layers: tuple[Recurrent, ...]
    readout: int | None
    answers: int
    positions: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """All weights by path, in the order of the layers."""
        shapes = {f"{layer.name}/{name}": shape for layer in self.layers for name, shape in layer.shapes.items()}
        if self.readout is None:
            return shapes
        return shapes | {"readout/kernel": (self.layers[-1].fed_back, self.readout), "readout/bias": (self.readout,)}

    @property
    def parameters(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    @property
    def forward_multiply_adds(self) -> int:
        """Multiply-adds of one sequence, forward."""
        recurrent = self.positions * sum(layer.multiply_adds for layer in self.layers)
        return recurrent + (0 if self.readout is None else self.answers * self.layers[-1].fed_back * self.readout)

    def step_flops(self, batch: int) -> int:
        """Floating-point operations of one training step of one seed: two for a multiply-add, three passes."""
        return 2 * PASSES * batch * self.forward_multiply_adds

    def draw(self, seed: int) -> dict[str, Array]:
        """Draw one seed's initial weights by path: Glorot's uniform matrices, biases of zero."""
        rng = np.random.default_rng([seed, 20])
        return {path: _glorot(rng, shape) if len(shape) == 2 else np.zeros(shape, np.float32) for path, shape in self.shapes.items()}


def _glorot(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    limit = np.sqrt(6 / sum(shape))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
