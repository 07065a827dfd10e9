"""The checker's arithmetic: what one symbol makes of a set of states, float32 rounding and the checker's own included. NumPy alone.

A set is ``(center, axes, low, high)``: the points of the zonotope ``{center + e axes, |e| <= 1}`` that lie in the box ``[low, high]``;
``center``, ``low``, ``high`` ``[D]``, ``axes`` ``[R, D]``, float64.

The nets, in float32, from a state of zeros, with the output ``argmax(h V + d)``:

- ``tanh``: ``h' = tanh(W[x] + h U + b)``;
- ``lstm``: ``c' = f c + i tanh(g)``, ``h' = o tanh(c')``, state ``(h, c)``; ``i, f, g, o`` are the quarters of ``W[x] + h U + b``, all but
  ``g`` through a gate: the logistic function, or ``clip(0.2 x + 0.5, 0, 1)``; ``forget_bias`` and ``input_bias`` are added to what ``f``
  and ``i`` see; where ``input`` is ``number``, ``W[x]`` is ``x W``.

Sums may be in any order, fused multiply-adds and flushed subnormals are allowed (Higham 2002, section 3.1: a sum of n terms errs by
n 2^-24 / (1 - n 2^-24) of the terms' magnitudes), and no sum may leave float32's range (``Step.largest``). tanh errs by ``TANH``; the
logistic function by ``SIGMOID``, within [0, 1]. Products with exactly 0 and 1, and sums with exactly 0, are exact. float64 sums of fewer
than 4096 terms err by less than 2^-41 of the terms' magnitudes, ``EPS`` is twice that; NumPy's own float64 tanh, sqrt and arctanh are
taken to be right to 2^-45.
"""

from typing import Any

import numpy as np

TANH, SIGMOID, EPS, TINY = 2.0**-18, 2.0**-20, 2.0**-40, 2.0**-99
Array = Any
Set = tuple[Array, Array, Array, Array]


def tanh_lines(low: Array, high: Array) -> tuple[Array, Array, Array]:
    """Enclose tanh over ``[low, high]``, elementwise: slope, offset, radius with ``|tanh(z) - slope z - offset| <= radius``."""
    rise = (np.tanh(high) - np.tanh(low)) / np.maximum(high - low, 2.0**-900)
    slope = np.where(high - low < 1e-5, 1 - np.tanh((low + high) / 2) ** 2, np.minimum(rise, 1.0))
    slope = np.where(slope < 1e-6, 0.0, slope)
    # tanh(z) - slope z turns at z = +-turn and nowhere else; both are known to 1e-8.
    turn = np.arctanh(np.sqrt(1 - np.maximum(slope, 1e-6)))
    at = np.stack([low, high, np.clip(turn, low, high), np.clip(-turn, low, high)])
    return _between(slope, np.tanh(at) - slope * at, low, high)


def hard_gate_lines(low: Array, high: Array) -> tuple[Array, Array, Array]:
    """Enclose ``hard_gate``, which turns at -2.5 and 2.5, over ``[low, high]``: slope, offset, radius as of ``tanh_lines``."""
    slope = np.clip((hard_gate(high) - hard_gate(low)) / np.maximum(high - low, 2.0**-900), 0.0, 0.2)
    at = np.stack([low, high, np.clip(2.5, low, high), np.clip(-2.5, low, high)])
    return _between(slope, hard_gate(at) - slope * at, low, high)


def _between(slope: Array, off: Array, low: Array, high: Array) -> tuple[Array, Array, Array]:
    top, bottom = off.max(axis=0), off.min(axis=0)
    return slope, (top + bottom) / 2, (top - bottom) / 2 + EPS * (2 + np.abs(low) + np.abs(high))


def hard_gate(z: Array) -> Array:
    """Return ``clip(0.2 z + 0.5, 0, 1)``, elementwise, in float64."""
    return np.clip(0.2 * z + 0.5, 0.0, 1.0)


class Value:
    """K quantities as affine forms ``center + e axes + radius`` that lie within ``[low, high]``.

    ``radius`` is each one's own error. ``center``, ``radius``, ``low``, ``high`` ``[K]``, ``axes`` ``[R, K]``, float64. Affine arithmetic:
    de Figueiredo and Stolfi 2004, "Affine Arithmetic: Concepts and Applications", section 3.
    """

    def __init__(self, center: Array, axes: Array, radius: Array, low: Array, high: Array) -> None:
        wide = np.abs(axes).sum(axis=0) + radius
        slack = wide * (1 + EPS) + EPS * np.abs(center)
        low = np.maximum(low, center - slack)
        high = np.maximum(np.minimum(high, center + slack), low)
        self.center, self.axes, self.low, self.high = center, axes, low, high
        self.size = np.abs(center) + wide
        self.radius = radius + EPS * self.size
        self.middle, self.half = (low + high) / 2, (high - low) / 2 * (1 + EPS) + EPS * np.maximum(np.abs(low), np.abs(high))
        self.zero = (low == 0) & (high == 0)
        self.exact = self.zero | ((low == 1) & (high == 1))

    def through(self, lines: tuple[Array, Array, Array], low: Array, high: Array, error: float) -> "Value":
        """Apply a growing function that ``lines`` enclose, whose float32 form errs by ``error`` and lies in ``[low, high]``."""
        slope, offset, radius = lines
        return Value(slope * self.center + offset, slope * self.axes, radius + slope * self.radius + error, low, high)

    def times(self, other: "Value") -> "Value":
        """Enclose the float32 product: linear around the boxes' middles, and what is left lies within the product of the half widths."""
        here, there = self.middle, other.middle
        ends = np.stack([self.low * other.low, self.low * other.high, self.high * other.low, self.high * other.high])
        low, high = ends.min(axis=0), ends.max(axis=0)
        largest = np.maximum(np.abs(low), np.abs(high))
        error = np.where(self.exact | other.exact, 0.0, (2.0**-24 + EPS) * largest + TINY)
        radius = np.abs(here) * other.radius + np.abs(there) * self.radius + self.half * other.half + error + TINY
        center, axes = here * other.center + there * self.center - here * there, here * other.axes + there * self.axes
        radius = radius + EPS * (np.abs(here) * other.size + np.abs(there) * self.size + np.abs(here * there))
        return Value(center, axes, radius, *with_flushed(low - error, high + error))

    def plus(self, other: "Value") -> "Value":
        """Enclose the float32 sum."""
        size = np.maximum(np.abs(self.low), np.abs(self.high)) + np.maximum(np.abs(other.low), np.abs(other.high))
        error = np.where(self.zero | other.zero, 0.0, (2.0**-24 + EPS) * size + TINY)
        radius = self.radius + other.radius + error + TINY + EPS * (self.size + other.size)
        ends = with_flushed(self.low + other.low - error, self.high + other.high + error)
        return Value(self.center + other.center, self.axes + other.axes, radius, *ends)

    def as_set(self) -> Set:
        """Give each error an axis of its own: ``[R + K, K]`` axes; where the box is much tighter than the form, it takes its place."""
        half = (self.high - self.low) / 2
        loose = np.abs(self.axes).sum(axis=0) + self.radius > 2 * half
        center = np.where(loose, (self.low + self.high) / 2, self.center)
        radius = np.where(loose, half + EPS * (np.abs(self.low) + np.abs(self.high)), self.radius) * (1 + EPS)
        return center, np.concatenate([np.where(loose, 0.0, self.axes), np.diag(radius)]), self.low, self.high


def with_flushed(low: Array, high: Array) -> tuple[Array, Array]:
    """Let boxes of subnormal numbers reach zero, to which they may be flushed; bounds of any one shape."""
    return np.where((low > 0) & (low < 2.0**-126), 0.0, low), np.where((high < 0) & (high > -(2.0**-126)), 0.0, high)


def tanh_of(z: Value) -> Value:
    """Enclose the float32 tanh."""
    ends = np.tanh(z.low) - TANH - EPS, np.tanh(z.high) + TANH + EPS
    return z.through(tanh_lines(z.low, z.high), *ends, TANH + EPS)


class Step:
    """A net: its five weights as float64, in the order of the module's equations W, U, b, V, d, and ``net``, the rest of its description.

    Attributes:
        units: Numbers in ``h``.
        width: Numbers in a state: ``h``, or ``h`` and ``c``.
        outputs: Numbers of logits.
        largest: The largest magnitude that a sum of float32 terms can come to on its way, in whatever order.
    """

    def __init__(self, weights: list[Array], net: dict[str, Any], symbols: int) -> None:
        self.lstm, self.hard = net["kind"] == "lstm", net.get("gates") == "hard_sigmoid"
        kernel, self.mixing, self.bias, self.readout, self.offset = weights
        self.units, self.outputs = self.readout.shape
        self.width = self.units * (2 if self.lstm else 1)
        self.fed = np.arange(symbols)[:, None] * kernel if net.get("input") == "number" else kernel
        added = (net["input_bias"], net["forget_bias"], 0.0, 0.0) if self.lstm else (0.0,)
        self.added = np.repeat(np.array(added, np.float64), self.units)
        constants = np.abs(self.fed) + np.abs(self.bias) + np.abs(self.added)
        seen = 2 * np.abs(self.mixing).sum(axis=0) + constants
        self.largest = max(seen.max(), (2 * np.abs(self.readout).sum(axis=0) + np.abs(self.offset)).max())
        self.before = self._sum_error(self.mixing, constants, 3 if self.lstm else 2)
        if self.hard:  # as far as the gate's own rounding is like a change of what it sees; no matter for the candidates
            self.before += 20 * 2.0**-24 * (1 + seen) * np.repeat([1.0, 1.0, 0.0, 1.0], self.units)
        self.after = self._sum_error(self.readout, np.abs(self.offset), 1)

    def _sum_error(self, mixing: Array, constants: Array, more: int) -> Array:
        terms = len(mixing) + more
        single = terms * 2.0**-24 / (1 - terms * 2.0**-24) * (1 + 2.0**-30)
        return single * (constants + (1 + 2.0**-16) * np.abs(mixing).sum(axis=0)) + TINY * (1 + np.abs(mixing).max())

    def push(self, image: Set, symbol: int) -> Set:
        """Enclose every float32 state that ``symbol`` leads to from the set; the result has ``width`` axes more."""
        center, axes, low, high = (part[..., : self.units] for part in image)
        fed = self.fed[symbol] + self.bias + self.added
        size = np.abs(center) + np.abs(axes).sum(axis=0) + np.abs(low) + np.abs(high)
        error = self.before[symbol] * (1 + EPS)
        error = error + EPS * (size @ np.abs(self.mixing) + np.abs(self.fed[symbol]) + np.abs(self.bias) + np.abs(self.added))
        middle, half = (low + high) / 2 @ self.mixing + fed, (high - low) / 2 @ np.abs(self.mixing) + error
        parts = (center @ self.mixing + fed, axes @ self.mixing, error, middle - half, middle + half)
        if not self.lstm:
            return tanh_of(Value(*parts)).as_set()
        into, forget, candidate, out = (Value(*part) for part in zip(*(np.split(part, 4, axis=-1) for part in parts), strict=True))
        center, axes, low, high = (part[..., self.units :] for part in image)
        cell = Value(center, axes, np.zeros(self.units), low, high)
        cells = self._gated(forget).times(cell).plus(self._gated(into).times(tanh_of(candidate))).as_set()
        opened = self._gated(out)
        none = np.zeros((self.units, self.units))
        opened = Value(opened.center, np.concatenate([opened.axes, none]), opened.radius, opened.low, opened.high)
        center, axes, low, high = cells
        hidden = opened.times(tanh_of(Value(center, axes, np.zeros(self.units), low, high))).as_set()
        axes = np.concatenate([axes, none])
        return tuple(np.concatenate(pair, axis=-1) for pair in zip(hidden, (center, axes, low, high), strict=True))  # type: ignore[return-value]

    def _gated(self, z: Value) -> Value:
        if self.hard:
            return z.through(hard_gate_lines(z.low, z.high), hard_gate(z.low), hard_gate(z.high), 0.0)
        slope, offset, radius = tanh_lines(z.low / 2, z.high / 2)
        low, high = (1 + np.tanh(z.low / 2)) / 2 - SIGMOID - EPS, (1 + np.tanh(z.high / 2)) / 2 + SIGMOID + EPS
        return z.through((slope / 4, (1 + offset) / 2, radius / 2), np.maximum(low, 0.0), np.minimum(high, 1.0), SIGMOID + EPS)

    def margin(self, image: Set, output: int) -> float:
        """Bound from below by how much float32 logit ``output`` leads every other one in all of the set; infinite if it is alone."""
        center, axes, low, high = (part[..., : self.units] for part in image)
        apart = self.readout[:, [output]] - self.readout
        size = np.abs(center) + np.abs(axes).sum(axis=0) + np.abs(low) + np.abs(high)
        zonotope = center @ apart - np.abs(axes @ apart).sum(axis=0)
        box = (low + high) / 2 @ apart - (high - low) / 2 @ np.abs(apart)
        reading = np.abs(self.readout[:, [output]]) + np.abs(self.readout)
        constants = self.offset[output] - self.offset
        error = self.after[output] + self.after + EPS * (size @ reading + np.abs(self.offset[output]) + np.abs(self.offset))
        least = np.maximum(zonotope, box) + constants - (1 + EPS) * error
        return float(np.delete(least, output).min(initial=np.inf))
