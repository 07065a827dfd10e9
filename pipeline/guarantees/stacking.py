"""Prove that a net with a hard stack answers right at every length and depth: look for boxes that hold what they lead to.

The net is a finite-state net whose input is a symbol and the top of its stack, so its states are enclosed as those of such a net are: one
box for each context (the state of the task's machine, the symbol that led to it, what lay on top before), widened until all images lie
inside. What may lie under a pair is what was ever on top when it was pushed. ``checker/stacking.py`` says why this is enough.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.guarantees.checker.machines import DONE, MACHINES, POP, PUSH, STAY, Machine, Move
from pipeline.guarantees.document import sealed

Reals = NDArray[np.float64]
Pair = tuple[int, int]
Context = tuple[str, int, Pair | None]
ASSUMPTIONS = {"float32_unit": 2.0**-24, "tanh_error": 2.0**-18}
ROUNDS = 200
# Boxes are made wider by this share and this much until they hold their images; what float64 errs by lies far below.
SHARE, WIDER = 2.0**-10, 2.0**-26


def prove(weights: Mapping[str, Any], task: str) -> dict[str, Any] | None:
    """Return a guarantee, or ``None`` where no boxes were found, or where an action, a symbol or an answer is not sure.

    Args:
        weights: A net of ``pushdown_rnn``: ``recurrent/kernel`` W ``[symbols, units]``, ``recurrent/recurrent_kernel`` U,
            ``recurrent/top_kernel`` T, ``recurrent/bias`` b, and ``recurrent_actions``, ``recurrent_pushed`` and ``readout``, each with
            ``kernel`` and ``bias``: float32.
        task: One of ``MACHINES``.
    """
    net = {name: np.asarray(array, np.float64) for name, array in weights.items()}
    searches = [_Search(net, machine) for machine in MACHINES[task]]
    margins = [search.margin() if search.settles() else -np.inf for search in searches]
    machine = int(np.argmax(margins))
    search, margin = searches[machine], margins[machine]
    if not margin > 0:
        return None
    contexts = [
        {"state": state, "symbol": symbol, "top": None if top is None else list(top), "low": low.tolist(), "high": high.tolist()}
        for (state, symbol, top), (low, high) in search.boxes.items()
    ]
    # A little less than was found, so that a checker that rounds in its own way agrees.
    stack = [[list(upper), lower and list(lower)] for upper, lowers in search.under.items() for lower in lowers]
    content = {"machine": machine, "stack": stack, "contexts": contexts, "margin": margin * (1 - 2.0**-20)}
    return sealed("stack", task, weights, ASSUMPTIONS, content)


class _Search:
    """Boxes that grow, and on what each pair was pushed (``under``); ``moves`` says which move led to a context."""

    def __init__(self, net: Mapping[str, Reals], machine: Machine) -> None:
        self.net, self.machine = net, machine
        self.units = len(net["recurrent/bias"])
        self.boxes: dict[Context, tuple[Reals, Reals]] = {}
        self.moves: dict[Context, Move] = {}
        self.under: dict[Pair, list[Pair | None]] = {}

    def settles(self) -> bool:
        """Widen all boxes until they hold their images; say whether that came to an end."""
        for _ in range(ROUNDS):
            known = copy.deepcopy(self.under)
            wide = {context: _widened(box) for context, box in self.boxes.items()}
            images = self._images(wide)
            inside = images.keys() == wide.keys() and all(_holds(wide[context], _widened(image)) for context, image in images.items())
            if inside and known == self.under:
                self.boxes = wide
                return True
            self.boxes = {context: _hull(image, self.boxes.get(context, image)) for context, image in images.items()}
        return False

    def margin(self) -> float:
        """Bound by how much every action, symbol and answer leads, over all boxes."""
        return min(lead for context, box in self.boxes.items() for lead in self._leads(context, box))

    def _images(self, boxes: Mapping[Context, tuple[Reals, Reals]]) -> dict[Context, tuple[Reals, Reals]]:
        zeros = np.zeros(self.units)
        found: dict[Context, tuple[Reals, Reals]] = {}
        sources: list[tuple[tuple[Reals, Reals], str, list[Pair | None], bool]] = [((zeros, zeros), self.machine.start, [None], False)]
        sources += [
            (box, context[0], self._tops(context, box), self.moves[context].leaves) for context, box in boxes.items() if context[0] != DONE
        ]
        for box, state, tops, leaves in sources:
            for top in (top for top in tops if top is not None or not leaves):
                for symbol in range(self.machine.symbols):
                    move = self.machine.move(state, symbol, None if top is None else top[0])
                    if move is not None:
                        target = move.after, symbol, top
                        self.moves[target] = move
                        image = self._step(box, symbol, top)
                        found[target] = _hull(image, found[target]) if target in found else image
        return found

    def _tops(self, context: Context, box: tuple[Reals, Reals]) -> list[Pair | None]:
        move = self.moves[context]
        if move.action == STAY:
            return [context[2]]
        if move.action == POP and context[2] is not None:
            return list(self.under.get(context[2], []))
        pair = move.pushed, self._symbol(box)
        lowers = self.under.setdefault(pair, [])
        if context[2] not in lowers:
            lowers.append(context[2])
        return [pair]

    def _symbol(self, box: tuple[Reals, Reals]) -> int:
        center = (box[0] + box[1]) / 2
        return int(np.argmax(center @ self.net["recurrent_pushed/kernel"] + self.net["recurrent_pushed/bias"]))

    def _step(self, box: tuple[Reals, Reals], symbol: int, top: Pair | None) -> tuple[Reals, Reals]:
        """Enclose the float32 ``tanh(W[x] + h U + T[s] + b)``."""
        net = self.net
        known = [net["recurrent/kernel"][symbol], net["recurrent/bias"], *([] if top is None else [net["recurrent/top_kernel"][top[1]]])]
        low, high, size = _products(box, net["recurrent/recurrent_kernel"])
        size = size + np.sum(np.abs(known), axis=0)
        error = (_gamma(self.units + len(net["recurrent/kernel"]) + len(net["recurrent/top_kernel"]) + 4) + 2.0**-40) * size + 2.0**-36
        low, high = low + np.sum(known, axis=0) - error, high + np.sum(known, axis=0) + error
        return np.tanh(low) - 1.001 * ASSUMPTIONS["tanh_error"], np.tanh(high) + 1.001 * ASSUMPTIONS["tanh_error"]

    def _leads(self, context: Context, box: tuple[Reals, Reals]) -> Iterator[float]:
        net, move, before = self.net, self.moves[context], context[2]
        if move.after != DONE:
            actions = [_lead(box, net["recurrent_actions/kernel"], net["recurrent_actions/bias"], action) for action in range(3)]
            yield max(actions[STAY], actions[POP]) if move.action == STAY and before is None else actions[move.action]
            if move.action == PUSH:
                yield _lead(box, net["recurrent_pushed/kernel"], net["recurrent_pushed/bias"], self._symbol(box))
        if move.answer is not None:
            kernel, tops = net["readout/kernel"][: self.units], net["readout/kernel"][self.units :]
            left = self._tops(context, box) if move.after != DONE else [None, *((-1, symbol) for symbol in range(len(tops)))]
            for top in (top for top in left if top is not None or not move.leaves):
                bias = net["readout/bias"] + (0.0 if top is None else tops[top[1]])
                size = np.abs(net["readout/bias"]) + np.abs(tops).sum(axis=0)
                yield _lead(box, kernel, bias, move.answer(None if top is None else top[0]), size)


def _products(box: tuple[Reals, Reals], matrix: Reals) -> tuple[Reals, Reals, Reals]:
    """Return bounds of a box times a matrix, and of the terms' magnitudes."""
    up, down = np.maximum(matrix, 0), np.minimum(matrix, 0)
    low, high = box
    return low @ up + high @ down, high @ up + low @ down, np.maximum(np.abs(low), np.abs(high)) @ np.abs(matrix)


def _lead(box: tuple[Reals, Reals], matrix: Reals, bias: Reals, right: int, size: Reals | None = None) -> float:
    """Bound from below by how much the float32 output ``right`` of ``h M + b`` leads all others; ``size`` of the constants."""
    others = np.arange(matrix.shape[1]) != right
    if not others.any():
        return np.inf
    least = _products(box, matrix[:, [right]] - matrix[:, others])[0] + bias[right] - bias[others]
    sizes = _products(box, matrix)[2] + (np.abs(bias) if size is None else size)
    error = (_gamma(len(matrix) + 260) + 2.0**-38) * sizes + 2.0**-36
    return float((least - error[right] - error[others]).min())


def _gamma(terms: int) -> float:
    unit = ASSUMPTIONS["float32_unit"]
    return 1.001 * terms * unit / (1 - terms * unit)


def _widened(box: tuple[Reals, Reals]) -> tuple[Reals, Reals]:
    by = SHARE * (box[1] - box[0]) + WIDER
    return box[0] - by, box[1] + by


def _hull(one: tuple[Reals, Reals], other: tuple[Reals, Reals]) -> tuple[Reals, Reals]:
    return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])


def _holds(box: tuple[Reals, Reals], other: tuple[Reals, Reals]) -> bool:
    return bool((box[0] <= other[0]).all() and (other[1] <= box[1]).all())
