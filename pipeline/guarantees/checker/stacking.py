"""Check that a net with a hard stack answers right at every length and every depth.

The net: ``h' = tanh(W[x] + h U + T[s] + b)`` from zeros, where s is the symbol on top of its stack (no term where it is empty); then the
largest of ``h' A + c`` is done, 0 push, 1 pop (of an empty stack: nothing), 2 stay; pushed is the symbol with the largest of ``h' P + p``;
and answered is the largest of ``(h', t) V + d``, where t is one-hot the top that is left, or zeros. A pair is a stack symbol of the task's
machine and one of the net. The file lists ``stack``, which pair may lie on which (or, null, at the bottom), and contexts: a state of the
machine (the task's ``machine``-th), the symbol that led to it, the pair that lay on top before (or null), and a box.

Claim, for every input of the task and each of its positions, the last one that is answered included:

1. h' lies in the box of the context of the machine's state behind the position, its symbol, and the pair that lay on top before;
2. the answer is right, if one is asked for;
3. unless the machine is done: both stacks are as high behind it, and at each height the pair of their symbols may lie on the one below.

Proof by induction on positions. Checked is, from the start (h zeros, both stacks empty) and from each context, for each pair that may
lie on top behind it and each symbol that the machine can go on with, that h' lies in the box of the context that this makes. Which pair
may lie on top: where the machine pushes, every h of the box pushes one and the same symbol; what is on top then is the pair of both,
and it is listed that it may lie on the pair from before. Where it stays, so does the net (or pops nothing), and the pair from before
stays on top. Where it pops, every h of the box pops; what comes to light is what lay under the pair from before, so by 3 one that is
listed so, or nothing: all of these are gone through. In each case heights stay equal, what lies below is as it was, and 3 holds again.
Answers are checked for the same tops; in the state that nothing is asked in any more, for every top that the net could leave. Pairs are
also gone through that cannot come to light there, and states of the machine from which a context is not reached: more is proved then,
never less. Nothing is said of the height, so there is no greatest one.

float32: as in ``pointer``. Argmax is of float32 numbers, each of which errs by no more than its sum does, so one that leads by more than
both errors is the largest. A one-hot vector times a matrix is a row of it, exactly, also as a part of a longer sum.
"""

from typing import Any

import numpy as np

from pipeline.guarantees.checker.files import Array, numbers, require, whole
from pipeline.guarantees.checker.machines import DONE, MACHINES, POP, PUSH, STAY, Machine, Move, outcome

UNIT, TANH = 2.0**-24, 2.0**-18
# What float64 errs by for each unit of magnitude in sums of a few hundred terms, with much to spare; what underflow can lose.
EPS, TINY = 2.0**-40, 2.0**-90
NAMES = {
    "recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/top_kernel", "recurrent/bias", "recurrent_actions/kernel",
    "recurrent_actions/bias", "recurrent_pushed/kernel", "recurrent_pushed/bias", "readout/kernel", "readout/bias",
}  # fmt: skip
Pair = tuple[int, int]
Context = tuple[str, int, Pair | None]
Box = tuple[Array, Array]  # low and high ends
Under = dict[Any, list[Pair | None]]  # by pair: what it may lie on


def check(document: dict[str, Any], weights: dict[str, Array]) -> list[str]:
    """Return what is proved, in words. Raises ``Rejected``."""
    require(document["assumptions"] == {"float32_unit": UNIT, "tanh_error": TANH}, "the assumptions are not those of this checker")
    require(document["task"] in MACHINES, "there is no machine for this task")
    machines = MACHINES[document["task"]]
    require(whole(document["machine"], 0) < len(machines), "there is no such machine for this task")
    machine = machines[document["machine"]]
    net = _Net(weights, machine)
    under = _under(document["stack"], net)
    boxes = _boxes(document["contexts"], net)
    least = np.inf
    zeros = np.zeros(net.units)
    _go_on(machine, net, boxes, (zeros, zeros), machine.start, None)
    for (state, symbol, before), box in boxes.items():
        found = [(came, move) for came in _states(machine) for move in [outcome(machine, came, symbol, before and before[0])] if move]
        moves = [move for came, move in found if move.after == state]
        require(moves, f"no input leads to state {state} by symbol {symbol}")
        for move in moves:
            tops, lead = _tops(net, box, move, before, under)
            least = min(least, lead)
            for top in (top for top in tops if top is not None or not move.leaves):
                least = min(least, _answer(net, box, move, top))
                _go_on(machine, net, boxes, box, move.after, top)
    require(type(document["margin"]) is float and least >= document["margin"] > 0, f"the margin is {least}, and another one is claimed")
    return [
        f"proved: this net {machine.words}, of every length and every depth, if the assumptions hold",
        f"  margin       the right action, symbol and answer lead all others by at least {document['margin']:.6g}",
    ]


class _Net:
    """The weights as float64, and what float32 may err by."""

    def __init__(self, weights: dict[str, Array], machine: Machine) -> None:
        require(set(weights) == NAMES, "the weights are those of another kind of net")
        w = {name: array.astype(np.float64) for name, array in weights.items()}
        self.units, self.symbols = w["recurrent_pushed/kernel"].shape
        units, symbols = self.units, self.symbols
        shapes = [(machine.symbols, units), (units, units), (symbols, units), (units,), (units, 3), (3,), (units, symbols), (symbols,)]
        shapes += [(units + symbols, machine.outputs), (machine.outputs,)]
        parts = ["recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/top_kernel", "recurrent/bias"]
        parts += [f"{layer}/{part}" for layer in ("recurrent_actions", "recurrent_pushed", "readout") for part in ("kernel", "bias")]
        for name, shape in zip(parts, shapes, strict=True):
            require(w[name].shape == shape, f"{name} has not the shape of this net")
        require(
            units + symbols < 1000 and max(np.abs(a).max() for a in w.values()) < 2.0**40, "the net is larger than this checker allows for"
        )
        self.kernel, self.mixing, self.top, self.bias = (w[name] for name in parts[:4])
        self.actions, self.pushed = ((w[f"recurrent_{part}/kernel"], w[f"recurrent_{part}/bias"]) for part in ("actions", "pushed"))
        self.readout = w["readout/kernel"][:units], w["readout/kernel"][units:], w["readout/bias"]

    def step(self, box: Box, symbol: int, top: Pair | None) -> Box:
        """Enclose the float32 h' of every h in a box."""
        terms = [self.kernel[symbol], self.bias] + ([] if top is None else [self.top[top[1]]])
        low, high = _sums(box, self.mixing, terms, self.units + self.symbols + self.kernel.shape[0] + 3)
        return np.tanh(low) - TANH - EPS, np.tanh(high) + TANH + EPS


def _sums(box: Box, matrix: Array, constants: list[Array], terms: int) -> Box:
    """Enclose float32 sums of at most ``terms`` terms: a vector in a box times a matrix, and constants."""
    middle = (box[0] + box[1]) / 2
    half = np.maximum(box[1] - middle, middle - box[0]) * (1 + EPS) + EPS
    exact = middle @ matrix + sum(constants)
    size = (np.abs(middle) + half) @ np.abs(matrix) + sum(np.abs(constant) for constant in constants)
    off = (half @ np.abs(matrix) + (terms * UNIT / (1 - terms * UNIT) + EPS) * size) * (1 + EPS) + TINY
    return exact - off, exact + off


def _lead(box: Box, matrix: Array, constants: list[Array], terms: int, right: int) -> float:
    """Bound from below by how much the float32 sum ``right`` leads all others, over a box."""
    middle = (box[0] + box[1]) / 2
    half = np.maximum(box[1] - middle, middle - box[0]) * (1 + EPS) + EPS
    size = (np.abs(middle) + half) @ np.abs(matrix) + sum(np.abs(constant) for constant in constants)
    error = (terms * UNIT / (1 - terms * UNIT) + 2 * EPS) * size * (1 + EPS) + TINY
    apart = matrix[:, [right]] - matrix
    leads = middle @ apart + sum(constant[right] - constant for constant in constants)
    leads = leads - (half @ np.abs(apart)) * (1 + EPS) - EPS * size - error - error[right] - EPS * size[right]
    others = np.delete(leads, right)
    require(not np.isnan(others).any(), "a sum is not a number")
    return float(others.min()) if len(others) else np.inf


def _tops(net: _Net, box: Box, move: Move, before: Pair | None, under: Under) -> tuple[list[Pair | None], float]:
    """Return what may lie on top of both stacks once the net has acted as the machine does, and by how much its choices lead."""
    if move.after == DONE:
        return [before], np.inf  # nothing more is asked; what the answer sees is gone through in _answer
    leads = {action: _lead(box, *_matrix(net.actions), net.units + 2, action) for action in range(3)}
    if move.action == PUSH:
        middle = (box[0] + box[1]) / 2
        symbol = int((middle @ net.pushed[0] + net.pushed[1]).argmax())
        lead = min(leads[PUSH], _lead(box, *_matrix(net.pushed), net.units + 2, symbol))
        require(
            before in under.get((move.pushed, symbol), ()), f"the net pushes {symbol} for {move.pushed} on {before}, which is not listed"
        )
        return [(move.pushed, symbol)], lead
    if move.action == POP:
        require(before in under, f"the pair {before} is popped, and is not listed")
        return under[before], leads[POP]
    lead = max(leads[STAY], leads[POP]) if before is None else leads[STAY]
    return [before], lead


def _answer(net: _Net, box: Box, move: Move, top: Pair | None) -> float:
    """Bound by how much the right answer leads; where the machine is done, whatever the net left on top."""
    if move.answer is None:
        return np.inf
    kernel, tops, bias = net.readout
    seen = [top] if move.after != DONE else [None, *((-1, symbol) for symbol in range(net.symbols))]
    right, terms = move.answer(top and top[0]), net.units + net.symbols + 2
    return min(_lead(box, kernel, [bias] if at is None else [bias, tops[at[1]]], terms, right) for at in seen)


def _go_on(machine: Machine, net: _Net, boxes: dict[Context, Box], box: Box, state: str, top: Pair | None) -> None:
    """Require that whatever a box is led to lies in the box of the context that this makes."""
    for symbol in range(machine.symbols):
        move = outcome(machine, state, symbol, top and top[0])
        if move is None:
            continue
        require((move.after, symbol, top) in boxes, f"there is no context for state {move.after}, symbol {symbol}, top {top}")
        low, high = net.step(box, symbol, top)
        least, most = boxes[move.after, symbol, top]
        require(((low >= least) & (high <= most)).all(), f"a state leaves the box of state {move.after}, symbol {symbol}, top {top}")


def _matrix(layer: tuple[Array, Array]) -> tuple[Array, list[Array]]:
    return layer[0], [layer[1]]


def _states(machine: Machine) -> list[str]:
    """Return all states that a machine can come to, whatever lies on its stack."""
    found = [machine.start]
    for state in found:  # grows while it is walked
        for symbol in range(machine.symbols):
            for top in (None, *range(machine.symbols)):
                move = outcome(machine, state, symbol, top)
                if move and move.after not in found:
                    found.append(move.after)
    return found


def _pair(pair: Any, net: _Net) -> Pair:
    require(type(pair) is list and len(pair) == 2 and all(type(part) is int for part in pair), "a pair is two whole numbers")
    require(pair[0] >= 0 and 0 <= pair[1] < net.symbols, "a pair has a symbol that there is not")
    return pair[0], pair[1]


def _under(rows: Any, net: _Net) -> Under:
    """Read which pair may lie on which."""
    found: Under = {}
    for upper, lower in rows:
        found.setdefault(_pair(upper, net), []).append(None if lower is None else _pair(lower, net))
    return found


def _boxes(contexts: Any, net: _Net) -> dict[Context, Box]:
    found: dict[Context, Box] = {}
    for context in contexts:
        state, symbol, top = context["state"], context["symbol"], context["top"]
        require(type(state) is str and type(symbol) is int and 0 <= symbol < len(net.kernel), "a context has no state, or no symbol")
        key = state, symbol, None if top is None else _pair(top, net)
        require(key not in found, "a context is there twice")
        low, high = (numbers(context[end], (net.units,)) for end in ("low", "high"))
        require(
            (low <= high).all() and np.abs(low).max() < 2 and np.abs(high).max() < 2,
            "a box has its ends the wrong way round, or is too wide",
        )
        found[key] = low, high
    require(found, "there are no contexts")
    return found
