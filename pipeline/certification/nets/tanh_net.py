"""One tanh layer and a linear readout (Elman 1990, "Finding Structure in Time"), and its sets."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets import base
from pipeline.certification.sets.affine import activation, affine_map, with_own_errors
from pipeline.certification.sets.relaxations import RELAXATION_ERROR, tanh_relaxation
from pipeline.certification.sets.rounding import TANH_ERROR, Reals, Singles, sum_error
from pipeline.certification.sets.zonotopes import Zonotopes, margins

# Where the checkpoints of recurrent nets keep what the equations call W, U, b, V and c.
PATHS = ("recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "readout/kernel", "readout/bias")


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
        NotCertifiable: A weight is not float32, not finite, of another shape, or so large that a sum may leave float32's range.
    """

    kernel: Singles
    recurrent: Singles
    bias: Singles
    readout: Singles
    offset: Singles

    def __post_init__(self) -> None:
        units, outputs = np.shape(self.bias)[-1:], np.shape(self.offset)[-1:]
        shapes = ((*np.shape(self.kernel)[:1], *units), units * 2, units, units + outputs, outputs)
        base.require(dict(zip(PATHS, self.weights(), strict=True)), dict(zip(PATHS, shapes, strict=True)))
        kernel, recurrent, bias, readout, offset = (weight.astype(np.float64) for weight in self.weights())
        base.require_in_range(recurrent, kernel, bias)
        base.require_in_range(readout, offset)

    def weights(self) -> tuple[Singles, ...]:
        """Return the five arrays in the order of ``PATHS``."""
        return self.kernel, self.recurrent, self.bias, self.readout, self.offset

    @property
    def symbols(self) -> int:
        """How many input symbols there are."""
        return len(self.kernel)

    @property
    def outputs(self) -> int:
        """How many logits there are."""
        return len(self.offset)

    @property
    def width(self) -> int:
        """Numbers in a state: the units."""
        return len(self.bias)

    @property
    def visible(self) -> int:
        """Those that the readout and the next step see: all."""
        return len(self.bias)

    def description(self) -> dict[str, Any]:
        """Return the kind of net, as a certificate states it."""
        return {"kind": "tanh"}

    def digest(self) -> str:
        """Return the SHA-256 of the description and of all weights."""
        return base.digest(self.description(), dict(zip(PATHS, self.weights(), strict=True)))

    def step(self, state: Singles, symbols: base.Symbols) -> tuple[Singles, NDArray[np.intp]]:
        """Advance in NumPy's float32: states ``[n, width]`` and ``[n]`` symbols to ``[n, width]`` and ``[n]`` outputs."""
        after = np.tanh(self.kernel[symbols] + state @ self.recurrent + self.bias)
        return after, np.argmax(after @ self.readout + self.offset, axis=1)

    @cached_property
    def preactivation_error(self) -> Reals:
        """How far float32 ``W[x] + h U + b`` may stray: ``[symbols, units]``."""
        return sum_error(self.recurrent.astype(np.float64), self.kernel.astype(np.float64), self.bias.astype(np.float64))

    @cached_property
    def logit_error(self) -> Reals:
        """How far float32 ``h V + c`` may stray: ``[outputs]``."""
        return sum_error(self.readout.astype(np.float64), self.offset.astype(np.float64))

    def push(self, sets: Zonotopes) -> Zonotopes:
        """Enclose the images; each has ``units`` generators more than its set, one for what tanh bends and rounding adds at each unit."""
        fed = self.kernel.astype(np.float64) + self.bias
        z = affine_map(sets, self.recurrent.astype(np.float64), fed, self.preactivation_error)
        after = activation(z, np.tanh, tanh_relaxation, TANH_ERROR + RELAXATION_ERROR, (-1 - TANH_ERROR, 1 + TANH_ERROR)).loose_as_boxes()
        return Zonotopes(after.center, with_own_errors(after), after.low, after.high)

    def margins(self, sets: Zonotopes, outputs: base.Symbols) -> Reals:
        """Bound from below by how much float32 logit ``outputs[i]`` leads in all of set ``i``: ``[N]``."""
        return margins(self.readout.astype(np.float64), self.offset.astype(np.float64), self.logit_error, sets, outputs)
