"""One LSTM layer with a forget gate (Gers et al. 2000, eqs. 2-9) and a linear readout, and its sets, of ``(h, c)`` together.

Affine forms (``sets.affine``) follow the equations: the bilinear terms, gate times cell and gate times tanh, are linear around the
middles of their boxes, and the product of the half widths bounds the rest. A cell that has run far into tanh's flat part, or that a gate
holds, is best known by its box, which then replaces its form (``AffineForms.loose_as_boxes``).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets import base
from pipeline.certification.nets.tanh_net import PATHS
from pipeline.certification.sets.affine import AffineForms, activation, add, affine_map, identity, multiply, with_own_errors
from pipeline.certification.sets.relaxations import (
    RELAXATION_ERROR,
    hard_sigmoid,
    hard_sigmoid_relaxation,
    sigmoid,
    sigmoid_relaxation,
    tanh_relaxation,
)
from pipeline.certification.sets.rounding import HARD_ERROR, SIGMOID_ERROR, TANH_ERROR, Reals, Singles, sum_error
from pipeline.certification.sets.zonotopes import Zonotopes, margins


@dataclass(frozen=True)
class LSTMNet:
    """``c' = f c + i tanh(g)``, ``h' = o tanh(c')``, ``logits = h V + d``, output ``argmax(logits)``, from ``h = c = 0``; float32.

    ``i``, ``f`` and ``o`` are the gates of the first, second and last quarter of ``W[x] + h U + b``, ``g`` is the third quarter.

    Attributes:
        kernel: W ``[symbols, 4 units]``; ``[1, 4 units]`` where a symbol is fed as its number.
        recurrent: U ``[units, 4 units]``.
        bias: b ``[4 units]``.
        readout: V ``[units, outputs]``.
        offset: d ``[outputs]``.
        gates: The logistic function, or ``clip(0.2 x + 0.5, 0, 1)``.
        forget_bias: Added to what the forget gates see, as a float32.
        input_bias: Added to what the input gates see.
        numbers: How many symbols there are, where they are fed as numbers; else ``None``.

    Raises:
        NotCertifiable: A weight is not float32, not finite, of another shape, or so large that a sum may leave float32's range,
            or a parameter is unknown.
    """

    kernel: Singles
    recurrent: Singles
    bias: Singles
    readout: Singles
    offset: Singles
    gates: Literal["sigmoid", "hard_sigmoid"] = "sigmoid"
    forget_bias: float = 0.0
    input_bias: float = 0.0
    numbers: int | None = None

    def __post_init__(self) -> None:
        units, outputs = np.shape(self.readout)[:1], np.shape(self.offset)[-1:]
        gates = tuple(4 * size for size in units)
        rows = np.shape(self.kernel)[:1] if self.numbers is None else (1,)
        shapes = ((*rows, *gates), units + gates, gates, units + outputs, outputs)
        base.require(dict(zip(PATHS, self.weights(), strict=True)), dict(zip(PATHS, shapes, strict=True)))
        if self.gates not in ("sigmoid", "hard_sigmoid"):
            raise base.NotCertifiable(f"gates: expected sigmoid or hard_sigmoid, got {self.gates!r}")
        if not np.isfinite([self.forget_bias, self.input_bias]).all():
            raise base.NotCertifiable(f"expected finite biases of gates, got {self.forget_bias} and {self.input_bias}")
        base.require_in_range(self.recurrent.astype(np.float64), self.fed, self.bias.astype(np.float64), self.added)
        base.require_in_range(self.readout.astype(np.float64), self.offset.astype(np.float64))

    def weights(self) -> tuple[Singles, ...]:
        """Return the five arrays in the order of ``PATHS``."""
        return self.kernel, self.recurrent, self.bias, self.readout, self.offset

    @property
    def symbols(self) -> int:
        """How many input symbols there are."""
        return len(self.kernel) if self.numbers is None else self.numbers

    @property
    def outputs(self) -> int:
        """How many logits there are."""
        return len(self.offset)

    @property
    def width(self) -> int:
        """Numbers in a state: outputs ``h``, then cells ``c``."""
        return 2 * len(self.readout)

    @property
    def visible(self) -> int:
        """Those that the readout and the next step's sums see: ``h``."""
        return len(self.readout)

    def description(self) -> dict[str, Any]:
        """Return the kind of net, its gates, how symbols are fed, and what is added to the gates, as a certificate states it."""
        added = {"forget_bias": float(np.float32(self.forget_bias)), "input_bias": float(np.float32(self.input_bias))}
        return {"kind": "lstm", "gates": self.gates, "input": "one_hot" if self.numbers is None else "number"} | added

    def digest(self) -> str:
        """Return the SHA-256 of the description and of all weights."""
        return base.digest(self.description(), dict(zip(PATHS, self.weights(), strict=True)))

    def step(self, state: Singles, symbols: base.Symbols) -> tuple[Singles, NDArray[np.intp]]:
        """Advance in NumPy's float32: states ``[n, width]`` and ``[n]`` symbols to ``[n, width]`` and ``[n]`` outputs."""
        hidden, cell = np.split(state, 2, axis=1)
        fed = self.kernel[symbols] if self.numbers is None else symbols.astype(np.float32)[:, None] * self.kernel
        into, forget, candidate, out = np.split(fed + hidden @ self.recurrent + self.bias, 4, axis=1)
        into, forget = into + np.float32(self.input_bias), forget + np.float32(self.forget_bias)
        cell = self._gate(forget) * cell + self._gate(into) * np.tanh(candidate)
        hidden = self._gate(out) * np.tanh(cell)
        return np.concatenate([hidden, cell], axis=1), np.argmax(hidden @ self.readout + self.offset, axis=1)

    def _gate(self, x: Singles) -> Singles:
        if self.gates == "hard_sigmoid":
            return np.clip(np.float32(0.2) * x + np.float32(0.5), np.float32(0), np.float32(1))
        return np.float32(0.5) * np.tanh(np.float32(0.5) * x) + np.float32(0.5)

    @cached_property
    def fed(self) -> Reals:
        """Return ``W[x]`` for every symbol: ``[symbols, 4 units]``."""
        kernel = self.kernel.astype(np.float64)
        return kernel if self.numbers is None else np.arange(self.numbers)[:, None] * kernel

    @cached_property
    def added(self) -> Reals:
        """Return what is added to the gates beside ``b``: ``[4 units]``."""
        bias = (np.float32(value) for value in (self.input_bias, self.forget_bias, 0.0, 0.0))
        return np.repeat(np.array([*bias], np.float64), self.visible)

    @cached_property
    def preactivation_error(self) -> Reals:
        """How far the float32 numbers that gates and candidates see may stray, a hard gate's own rounding included: as ``fed``."""
        mixing, bias = self.recurrent.astype(np.float64), self.bias.astype(np.float64)
        error = sum_error(mixing, self.fed, bias, self.added)
        if self.gates == "sigmoid":
            return error
        largest = 2 * np.abs(mixing).sum(axis=0) + np.abs(self.fed) + np.abs(bias) + np.abs(self.added)
        return error + HARD_ERROR * (1 + largest) * np.repeat([1.0, 1.0, 0.0, 1.0], self.visible)

    @cached_property
    def logit_error(self) -> Reals:
        """How far float32 ``h V + d`` may stray: ``[outputs]``."""
        return sum_error(self.readout.astype(np.float64), self.offset.astype(np.float64))

    def push(self, sets: Zonotopes) -> Zonotopes:
        """Enclose the images; each has ``2 units`` generators more than its set, for what a step bends and rounds in cells and outputs."""
        mixing = np.concatenate([self.recurrent, np.zeros_like(self.recurrent)]).astype(np.float64)
        z = affine_map(sets, mixing, self.fed + self.bias + self.added, self.preactivation_error)
        into, forget, candidate, out = z.split(4)
        cell = identity(sets, self.symbols).split(2)[1]
        cell = add(multiply(self._opened(forget), cell), multiply(self._opened(into), _squashed(candidate))).loose_as_boxes()
        cell = cell._replace(generators=with_own_errors(cell), radius=np.zeros_like(cell.radius))
        hidden = multiply(self._opened(out).widened(self.visible), _squashed(cell)).loose_as_boxes()
        generators = np.concatenate([with_own_errors(hidden), cell.widened(self.visible).generators], axis=2)
        parts = ((hidden.center, cell.center), (hidden.low, cell.low), (hidden.high, cell.high))
        center, low, high = (np.concatenate(pair, axis=1) for pair in parts)
        return Zonotopes(center, generators, low, high)

    def _opened(self, z: AffineForms) -> AffineForms:
        if self.gates == "hard_sigmoid":
            return activation(z, hard_sigmoid, hard_sigmoid_relaxation, 0.0, (0.0, 1.0))
        return activation(z, sigmoid, sigmoid_relaxation, SIGMOID_ERROR + RELAXATION_ERROR, (0.0, 1.0))

    def margins(self, sets: Zonotopes, outputs: base.Symbols) -> Reals:
        """Bound from below by how much float32 logit ``outputs[i]`` leads in all of set ``i``: ``[N]``."""
        readout = np.concatenate([self.readout, np.zeros_like(self.readout)]).astype(np.float64)
        return margins(readout, self.offset.astype(np.float64), self.logit_error, sets, outputs)


def _squashed(z: AffineForms) -> AffineForms:
    return activation(z, np.tanh, tanh_relaxation, TANH_ERROR + RELAXATION_ERROR, (-1 - TANH_ERROR, 1 + TANH_ERROR))
