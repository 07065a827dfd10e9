"""Prove that a pointer net sorts lists of every length, or find a list that it sorts wrongly.

The net: encoder ``m_i = tanh(W[x_i] + m_(i-1) U + b)`` from zeros; decoder ``h' = tanh(m_p D + h V + c)`` from the last ``m``, where p is
the place that was written; written next is the unread place with the largest ``h Q m_i``.

The proof needs a box E[x] that holds every float32 ``m`` behind a symbol x, whatever came before, and a box D[w] that holds every ``h``
once w was written. If from D[w] the scores of smaller symbols lead those of larger ones, among those no smaller than w, and from E[x]
likewise for the smallest symbol, which is no greater than x, the last one read, then by induction every list of every length is sorted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.guarantees.document import sealed

Reals = NDArray[np.float64]
ASSUMPTIONS = {"float32_unit": 2.0**-24, "tanh_error": 2.0**-18}
ROUNDS = 200
# Boxes are made wider by this share and this much until they hold their images; what float64 errs by lies far below.
SHARE, WIDER = 2.0**-10, 2.0**-26


@dataclass(frozen=True)
class Boxes:
    """``[symbols, units]`` bounds."""

    low: Reals
    high: Reals

    def hull(self, *others: "Boxes") -> tuple[Reals, Reals]:
        """Return bounds of them all: ``[units]`` twice."""
        return np.concatenate([b.low for b in (self, *others)]).min(axis=0), np.concatenate([b.high for b in (self, *others)]).max(axis=0)

    def widened(self) -> "Boxes":
        by = SHARE * (self.high - self.low) + WIDER
        return Boxes(self.low - by, self.high + by)

    def holds(self, other: "Boxes") -> bool:
        return bool((self.low <= other.low).all() and (other.high <= self.high).all())


@dataclass(frozen=True)
class Wrong:
    """A list that the net sorts wrongly, as float32 arithmetic in NumPy has it."""

    numbers: tuple[int, ...]
    answer: tuple[int, ...]


def prove(weights: Mapping[str, Any], task: str = "sort") -> dict[str, Any] | Wrong | None:
    """Return a guarantee, a list that the net sorts wrongly, or ``None`` where neither was found.

    Args:
        weights: ``encoder/kernel`` W ``[symbols, units]``, ``encoder/recurrent_kernel`` U, ``encoder/bias`` b, ``decoder/kernel`` D,
            ``decoder/recurrent_kernel`` V, ``decoder/bias`` c, ``pointing/kernel`` Q: float32.
        task: Its name.
    """
    net = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    encoder = _settled(lambda now: _encoded(net, now), _points(np.tanh(net["encoder/kernel"] + net["encoder/bias"])))
    decoder = None
    if encoder is not None:
        known = encoder
        middle = (encoder.low + encoder.high) / 2
        first = _points(np.tanh(middle @ net["decoder/kernel"] + net["decoder/bias"]))
        decoder = _settled(lambda now: _decoded(net, known, now), first)
    if encoder is None or decoder is None:
        return None
    leads = _leads(net, encoder, decoder)
    if leads.min() > 0:
        boxes = {name: {"low": box.low.tolist(), "high": box.high.tolist()} for name, box in (("encoder", encoder), ("decoder", decoder))}
        # A little less than was found, so that a checker that rounds in its own way agrees.
        return sealed("sort_pointer", task, weights, ASSUMPTIONS, boxes | {"margin": float(leads.min()) * (1 - 2.0**-20)})
    return _counterexample(weights, leads)


def answer(weights: Mapping[str, Any], numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Sort as the net does, in NumPy's float32."""
    w = {name: np.asarray(array, np.float32) for name, array in weights.items()}
    memory, state = [], np.zeros(len(w["encoder/bias"]), np.float32)
    for number in numbers:
        state = np.tanh(w["encoder/kernel"][number] + state @ w["encoder/recurrent_kernel"] + w["encoder/bias"])
        memory.append(state)
    unread, written = np.ones(len(numbers), bool), []
    for _ in numbers:
        scores = np.where(unread, np.stack(memory) @ (state @ w["pointing/kernel"]), -np.inf)
        pick = int(scores.argmax())
        unread[pick] = False
        written.append(numbers[pick])
        state = np.tanh(memory[pick] @ w["decoder/kernel"] + state @ w["decoder/recurrent_kernel"] + w["decoder/bias"])
    return tuple(written)


def _points(values: Reals) -> Boxes:
    return Boxes(values, values)


def _settled(image: Any, boxes: Boxes) -> Boxes | None:
    """Widen boxes until they hold their own images."""
    for _ in range(ROUNDS):
        wider = boxes.widened()
        if wider.holds((after := image(wider)).widened()):
            return wider
        boxes = Boxes(np.minimum(boxes.low, after.low), np.maximum(boxes.high, after.high))
    return None


def _through(parts: list[tuple[Reals, Reals, Reals]], *constants: Reals) -> Boxes:
    """Enclose the float32 ``tanh`` of a sum of products of boxes ``(low, high)`` with matrices, and of constants ``[symbols, units]``."""
    low = high = np.sum(constants, axis=0)
    size, terms = np.sum(np.abs(constants), axis=0), len(constants) + 2
    for below, above, matrix in parts:
        up, down = np.maximum(matrix, 0), np.minimum(matrix, 0)
        low, high = low + below @ up + above @ down, high + above @ up + below @ down
        size = size + np.maximum(np.abs(below), np.abs(above)) @ np.abs(matrix)
        terms += len(matrix)
    error = (_gamma(terms) + 2.0**-40) * size + 2.0**-40
    return Boxes(np.tanh(low - error) - 1.001 * ASSUMPTIONS["tanh_error"], np.tanh(high + error) + 1.001 * ASSUMPTIONS["tanh_error"])


def _gamma(terms: int) -> float:
    unit = ASSUMPTIONS["float32_unit"]
    return 1.001 * terms * unit / (1 - terms * unit)


def _encoded(net: Mapping[str, Reals], before: Boxes) -> Boxes:
    zeros = _points(np.zeros((1, before.low.shape[1])))
    kernel = net["encoder/kernel"]
    return _through([(*before.hull(zeros), net["encoder/recurrent_kernel"])], kernel, np.broadcast_to(net["encoder/bias"], kernel.shape))


def _decoded(net: Mapping[str, Reals], encoder: Boxes, before: Boxes) -> Boxes:
    state = before.hull(encoder)
    parts = [(encoder.low, encoder.high, net["decoder/kernel"]), (*state, net["decoder/recurrent_kernel"])]
    return _through(parts, np.broadcast_to(net["decoder/bias"], encoder.low.shape))


def _leads(net: Mapping[str, Reals], encoder: Boxes, decoder: Boxes) -> Reals:
    """Bound from below by how much the score of each symbol leads that of each larger one: ``[contexts, symbols, symbols]``.

    Contexts are first those of the start, by the last symbol read, then by the last symbol written; infinite where a pair cannot matter.
    """
    symbols = len(encoder.low)
    states = Boxes(np.concatenate([encoder.low, decoder.low]), np.concatenate([encoder.high, decoder.high]))
    center, radius = (states.low + states.high) / 2, (states.high - states.low) / 2
    places, spread = (encoder.low + encoder.high) / 2, (encoder.high - encoder.low) / 2
    query, blurred = center @ net["pointing/kernel"], radius @ np.abs(net["pointing/kernel"])
    weighed = (np.abs(center) + radius) @ np.abs(net["pointing/kernel"])
    scores, spreads = query @ places.T, (np.abs(query) + blurred) @ spread.T
    rounding = (_gamma(2 * len(net["pointing/kernel"]) + 4) + 2.0**-40) * (weighed @ (np.abs(places) + spread).T) + 2.0**-90
    leads = np.full((2 * symbols, symbols, symbols), np.inf)
    for less in range(symbols - 1):
        more = np.arange(less + 1, symbols)
        between = np.abs(places[less] - places[more])
        worst = blurred @ between.T + (spreads + rounding)[:, [less]] + (spreads + rounding)[:, more]
        found = scores[:, [less]] - scores[:, more] - worst
        asked = np.concatenate([np.arange(symbols) >= less, np.arange(symbols) <= less])
        leads[:, less, less + 1 :] = np.where(asked[:, None], found, np.inf)
    return leads


def _counterexample(weights: Mapping[str, Any], leads: Reals) -> Wrong | None:
    """Try short lists in which a pair that is not proved meets its context."""
    symbols = leads.shape[1]
    for context, less, more in np.argwhere(leads <= 0).tolist():
        started = context < symbols
        other = [context] if started else [context - symbols]
        for numbers in ((more, less), (more, less, *other), (less, more, *other), (*other, more, less), (*other, less, more)):
            if (given := answer(weights, numbers)) != tuple(sorted(numbers)):
                return Wrong(numbers, given)
    return None
