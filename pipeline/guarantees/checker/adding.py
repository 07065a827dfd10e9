"""Bound the error of an LSTM that adds two marked numbers (Hochreiter and Schmidhuber 1997, section 5.4), up to a length or at every one.

A sequence is pairs ``(x, m)``, x in [-1, 1]: m is -1 at the first and the last pair, 1 at one or two pairs between them (at one where the
first mark fell on the first pair), else 0; the answer is ``0.5 + sum / 4`` of the marked numbers. The net: an LSTM whose gates are
``clip(0.2 z + 0.5, 0, 1)`` from zeros, and ``y = h V + d`` behind the last pair.

Boxes hold the states: behind the first pair; behind any number of unmarked pairs; behind a mark whose x lies in one of ``cuts`` equal
parts of [-1, 1], and so on. A gate that is shut or open in all of a box is exactly 0 or 1, and what is kept by such gates stays the same
to the last bit, however long. Boxes are widened by what unmarked pairs make of them until they hold it, and then the bound is for every
length; or as often as there are pairs in ``length``, and then up to that length.

float32: sums in any order, fused or not; tanh errs by ``tanh_error``; all in float64, outwards.
"""

from typing import Any, NamedTuple

import numpy as np

from pipeline.guarantees.checker.files import Array, require, whole

UNIT, TANH = 2.0**-24, 2.0**-18
EPS, TINY = 2.0**-40, 2.0**-90
NAMES = {"recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "readout/kernel", "readout/bias"}
LEAST = 2.0**-126  # what is smaller may be flushed to zero
# Boxes that hold themselves are looked for in so many steps.
STEPS = 400


class Box(NamedTuple):
    """Bounds of states: each ``[boxes, units]``."""

    hidden_low: Array
    hidden_high: Array
    cell_low: Array
    cell_high: Array

    def hull(self, other: "Box") -> "Box":
        return Box(*(near(a, b) for near, a, b in zip((np.minimum, np.maximum) * 2, self, other, strict=True)))

    def holds(self, other: "Box") -> bool:
        low = (self.hidden_low <= other.hidden_low).all() and (self.cell_low <= other.cell_low).all()
        return bool(low and (other.hidden_high <= self.hidden_high).all() and (other.cell_high <= self.cell_high).all())

    def repeated(self, times: int) -> "Box":
        return Box(*(np.repeat(part, times, axis=0) for part in self))


def check(document: dict[str, Any], weights: dict[str, Array]) -> list[str]:
    """Return what is proved, in words. Raises ``Rejected``."""
    require(document["assumptions"] == {"float32_unit": UNIT, "tanh_error": TANH}, "the assumptions are not those of this checker")
    cuts, length, error = whole(document["cuts"], 1), document["length"], document["error"]
    require(cuts <= 512, "there are more parts than this checker takes")
    require(type(error) is float and 0 < error < 1, "the error is no number between 0 and 1")
    length = None if length is None else whole(length, 1)
    require(length is None or length <= 10**6, "the length is greater than this checker takes")
    found = error_of(weights, document["net"], cuts, length)
    require(found is not None and found <= error, f"an error of {found} is proved, and {error} is claimed")
    reach = "at every length" if length is None else f"up to length {length}"
    return [f"proved: this net adds two marked numbers with an error of at most {error:.4g} {reach}, if the assumptions hold"]


def error_of(weights: dict[str, Array], net: dict[str, Any], cuts: int, length: int | None) -> float | None:
    """Return a bound of the error; ``None`` where no box was found that holds every length. Raises ``Rejected``."""
    step = Step(weights, net)
    everything = np.array([[-1.0]]), np.array([[1.0]])
    edges = np.linspace(-1, 1, cuts + 1)
    part = edges[:-1, None], edges[1:, None]
    units = step.units
    zeros = Box(*np.zeros((4, 1, units)))
    before = step.unmarked(step(zeros, *everything, -1), length)
    if before is None:
        return None
    once = step.unmarked(step(before.repeated(cuts), *part, 1), length)
    if once is None:
        return None
    second = np.tile(part[0], (cuts, 1)), np.tile(part[1], (cuts, 1))
    twice = step.unmarked(step(once.repeated(cuts), *second, 1), length)
    if twice is None:
        return None
    low, high = edges[:-1], edges[1:]
    errors = step.error(step(once, *everything, -1), 0.5 + low / 4, 0.5 + high / 4)
    sums = tuple(0.5 + (np.repeat(end, cuts) + np.tile(end, cuts)) / 4 for end in (low, high))
    return max(errors, step.error(step(twice, *everything, -1), *sums))


class Step:
    """What a pair makes of a box."""

    def __init__(self, weights: dict[str, Array], net: dict[str, Any]) -> None:
        require(set(net) == {"kind", "gates", "forget_bias", "input_bias"}, "the net is unknown")
        require((net["kind"], net["gates"]) == ("lstm", "hard_sigmoid"), "the net is unknown")
        require(set(weights) == NAMES, "the weights are those of another kind of net")
        self.kernel, self.mixing, self.bias, self.readout, self.offset = (
            weights[name].astype(np.float64)
            for name in ("recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "readout/kernel", "readout/bias")
        )
        self.units = len(self.readout)
        shapes = [(2, 4 * self.units), (self.units, 4 * self.units), (4 * self.units,), (self.units, 1), (1,)]
        found = [part.shape for part in (self.kernel, self.mixing, self.bias, self.readout, self.offset)]
        require(found == shapes and self.units < 500, "the weights do not fit the net")
        added = np.array([net["input_bias"], net["forget_bias"], 0.0, 0.0], np.float64)
        require((added.astype(np.float32) == added).all() and np.isfinite(added).all(), "the gates' biases are not float32")
        self.added = np.repeat(added, self.units)
        require(
            max(float(np.abs(part).max()) for part in (self.kernel, self.mixing, self.bias, self.readout)) < 2.0**40,
            "weights are too large",
        )

    def __call__(self, box: Box, low: Array, high: Array, mark: int) -> Box:
        """Enclose every float32 state that a pair leads to whose number lies between ``low`` and ``high`` ``[boxes, 1]``."""
        middle, half = (box.hidden_low + box.hidden_high) / 2, (box.hidden_high - box.hidden_low) / 2
        number, spread = (low + high) / 2, (high - low) / 2
        center = middle @ self.mixing + number * self.kernel[0] + mark * self.kernel[1] + self.bias + self.added
        size = (np.abs(middle) + half) @ np.abs(self.mixing) + (np.abs(number) + spread) * np.abs(self.kernel[0])
        size = size + np.abs(mark * self.kernel[1]) + np.abs(self.bias) + np.abs(self.added)
        terms = self.units + 5
        radius = half @ np.abs(self.mixing) + spread * np.abs(self.kernel[0])
        radius = radius * (1 + EPS) + (terms * UNIT / (1 - terms * UNIT) + EPS) * size * (1 + EPS) + TINY
        into, forget, candidate, out = (
            (one, other) for one, other in zip(np.split(center - radius, 4, axis=-1), np.split(center + radius, 4, axis=-1), strict=True)
        )
        gates = [_gate(*ends) for ends in (into, forget, out)]
        taken, kept = _product(gates[0], _tanh(*candidate)), _product(gates[1], (box.cell_low, box.cell_high))
        largest = np.maximum(np.abs(taken[0]), np.abs(taken[1])) + np.maximum(np.abs(kept[0]), np.abs(kept[1]))
        error = 2 * UNIT * largest + TINY
        same = (gates[0][1] == 0) & (gates[1][0] == 1)
        cell = np.where(same, box.cell_low, taken[0] + kept[0] - error), np.where(same, box.cell_high, taken[1] + kept[1] + error)
        cell = np.where((cell[0] > 0) & (cell[0] < LEAST), 0.0, cell[0]), np.where((cell[1] < 0) & (cell[1] > -LEAST), 0.0, cell[1])
        hidden = _product(gates[2], _tanh(*cell))
        require(not any(np.isnan(part).any() for part in (*hidden, *cell)), "a state is not a number")
        return Box(*hidden, *cell)

    def unmarked(self, box: Box, length: int | None) -> Box | None:
        """Enclose what any number of unmarked pairs lead to, up to ``length`` of them; ``None`` where no box was found."""
        for steps in range(STEPS if length is None else length):
            after = self(box, np.array([[-1.0]]), np.array([[1.0]]), 0)
            if box.holds(after):
                return box
            box = box.hull(after)
            if length is None and steps % 8 == 7:  # a step ahead, where boxes grow less and less
                wider = Box(*(end + side * (2.0**-20 + 2.0**-8 * np.abs(box[2 * at + 1] - box[2 * at])) * moved
                              for at in range(2) for side, end, moved in self._moved(box, at, after)))  # fmt: skip
                if wider.holds(self(wider, np.array([[-1.0]]), np.array([[1.0]]), 0)):
                    return wider
        return None if length is None else box

    def _moved(self, box: Box, at: int, after: Box) -> list[tuple[int, Array, Array]]:
        """Return the ends of hidden states (0) or cells (1), and which of them may be widened: cells that are kept may not."""
        still = (after[2 * at] >= box[2 * at]) & (after[2 * at + 1] <= box[2 * at + 1]) & (at == 1)
        return [(-1, box[2 * at], ~still), (1, box[2 * at + 1], ~still)]

    def error(self, box: Box, low: Array, high: Array) -> float:
        """Bound how far the answer lies from any number between ``low`` and ``high`` ``[boxes]``."""
        middle, half = (box.hidden_low + box.hidden_high) / 2, (box.hidden_high - box.hidden_low) / 2
        answer = (middle @ self.readout)[:, 0] + self.offset[0]
        size = ((np.abs(middle) + half) @ np.abs(self.readout))[:, 0] + np.abs(self.offset[0])
        terms = self.units + 2
        radius = (half @ np.abs(self.readout))[:, 0] * (1 + EPS) + (terms * UNIT / (1 - terms * UNIT) + EPS) * size * (1 + EPS) + TINY
        off = np.maximum(answer + radius - low, high - answer + radius) + EPS
        require(not np.isnan(off).any(), "an answer is not a number")
        return float(off.max())


def _gate(low: Array, high: Array) -> tuple[Array, Array]:
    """Enclose the float32 ``clip(0.2 z + 0.5, 0, 1)``; 0.2 itself is rounded."""
    down, up = (0.2 * end + side * 2.0**-22 * (1 + np.abs(end)) + 0.5 for end, side in ((low, -1), (high, 1)))
    return np.clip(down, 0.0, 1.0), np.clip(up, 0.0, 1.0)


def _tanh(low: Array, high: Array) -> tuple[Array, Array]:
    return np.tanh(low) - TANH - EPS, np.tanh(high) + TANH + EPS


def _product(one: tuple[Array, Array], other: tuple[Array, Array]) -> tuple[Array, Array]:
    """Enclose float32 products of numbers between bounds."""
    ends = np.stack([a * b for a in one for b in other])
    error = UNIT * np.abs(ends).max(axis=0) * (1 + EPS) + TINY
    nothing = (one[1] == 0) & (one[0] == 0)
    error = np.where(nothing, 0.0, error)
    return ends.min(axis=0) - error, ends.max(axis=0) + error
