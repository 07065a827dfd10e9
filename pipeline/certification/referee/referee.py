"""The referee: the induction once more, each number a ball. It shares with the checker how files are read, and no arithmetic."""

from collections.abc import Callable
from itertools import product as words_of
from pathlib import Path
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from pipeline.certification.checker.checker import Rejected, well_formed
from pipeline.certification.checker.files import read
from pipeline.certification.checker.layered import PARTS
from pipeline.certification.referee.balls import (
    ONE,
    ZERO,
    Float32,
    Form,
    activation,
    addition,
    blend,
    product,
    settled,
    weighted_sums,
)

# Bits of every ball's middle.
PRECISION = 128
Array = Any


def referee(certificate: Path, weights: Path, told: Callable[[str], None] = lambda line: None) -> float:
    """Judge a certificate in ball arithmetic and return its margin.

    Args:
        certificate: The JSON file.
        weights: The ``.npz`` file of the net.
        told: Called with a line for each set that was judged.

    Raises:
        Rejected: It does not prove what it says, or is of a net with hard gates, of which this referee does not speak.
    """
    proof, arrays = read(certificate, weights)
    moves = well_formed(certificate, proof, arrays)
    before = ctx.prec
    ctx.prec = PRECISION
    try:
        return _judged(proof, arrays, moves, told)
    finally:
        ctx.prec = before


def _judged(proof: dict[str, Any], arrays: dict[str, Array], moves: Any, told: Callable[[str], None]) -> float:
    net, nodes, symbols = _Net(proof, arrays), proof["nodes"], proof["transducer"]["symbols"]
    cells = [_Cell(node) for node in nodes]
    if nodes[0]["state"] != proof["transducer"]["states"][0] or not cells[0].holds([Form(ZERO, [], ZERO, ZERO, ZERO)] * net.width):
        raise Rejected("the first set is not the start's, or does not hold the state of zeros")
    for node, cell in zip(nodes, cells, strict=True):
        reached: dict[tuple[int, ...], tuple[str, list[Form]]] = {(): (node["state"], cell.forms())}
        for length in range(1, proof["stride"] + 1):
            for word in words_of(range(symbols), repeat=length):
                state, forms = reached[word[:-1]]
                after, output = moves[state, word[-1]]
                forms = net.push(forms, word[-1])
                if not (net.within(forms) and net.leads(forms, output, arb(node["margin"]))):
                    raise Rejected(f"{node['name']}: the right logit may not lead by the margin of {node['margin']}")
                reached[word] = (after, forms)
        for word, number in zip(words_of(range(symbols), repeat=proof["stride"]), node["targets"], strict=True):
            state, forms = reached[word]
            if type(number) is not int or not 0 <= number < len(nodes) or nodes[number]["state"] != state:
                raise Rejected(f"{node['name']}: a target is no set of state {state}")
            if not cells[number].holds(forms):
                raise Rejected(f"{node['name']}: an image leaves the set of {nodes[number]['name']}")
        told(node["name"])
    if not 0 < proof["margin"] == min(node["margin"] for node in nodes):
        raise Rejected("the margin is not the least one")
    return float(proof["margin"])


class _Cell:
    def __init__(self, node: dict[str, Any]) -> None:
        self.center, self.low, self.high = ([arb(value) for value in node[part]] for part in ("center", "low", "high"))
        self.axes = arb_mat([[arb(value) for value in row] for row in node["axes"]])
        try:
            self.inverse = self.axes.inv()
        except ZeroDivisionError:
            raise Rejected(f"{node['name']}: its axes span no volume") from None

    def forms(self) -> list[Form]:
        """Return its points as forms over its own axes."""
        width = len(self.center)
        return [Form.cut(self.center[j], [self.axes[i, j] for i in range(width)], ZERO, self.low[j], self.high[j]) for j in range(width)]

    def holds(self, forms: list[Form]) -> bool:
        """Say whether the boxes lie in the box, and the forms, by their axes or by their boxes, in the parallelotope."""
        boxes = zip(forms, self.low, self.high, strict=True)
        if not all(form.low >= low and form.high <= high for form, low, high in boxes):
            return False
        count = max(len(form.axes) for form in forms)
        forms = [form.with_axes(count) for form in forms]
        rows = [[form.center - middle for form, middle in zip(forms, self.center, strict=True)]]
        rows += [[form.middle - middle for form, middle in zip(forms, self.center, strict=True)]]
        rows += [[form.axes[axis] for form in forms] for axis in range(count)]
        moved = arb_mat(rows) * self.inverse
        for j in range(len(forms)):
            column = [abs(self.inverse[i, j]) for i in range(len(forms))]
            own = sum((weight * form.radius for weight, form in zip(column, forms, strict=True)), ZERO)
            by_axes = sum((abs(moved[2 + axis, j]) for axis in range(count)), own)
            by_box = sum((weight * form.half for weight, form in zip(column, forms, strict=True)), ZERO)
            for sign in (1, -1):
                if not ((sign * moved[0, j] + by_axes) <= 1 or (sign * moved[1, j] + by_box) <= 1):
                    return False
        return True


class _Net:
    """A net of any kind as layers with two biases each: what this project adds to gates is the second one."""

    def __init__(self, proof: dict[str, Any], arrays: dict[str, Array]) -> None:
        net, assumed = proof["net"], proof["assumptions"]
        if net.get("gates") == "hard_sigmoid":
            raise Rejected("a net with hard gates, of which this referee does not speak")
        self.two = net["kind"] != "tanh"  # whether there is a second bias
        self.machine = Float32(*(arb(assumed[name]) for name in ("float32_unit", "tanh_error", "sigmoid_error")))
        exact = [array.astype(np.float64) for array in arrays.values()]
        if net["kind"] == "layers":
            named = dict(zip(arrays, exact, strict=True))
            self.table = named.get("input/table")
            self.layers = [(layer, [named[f"layer_{number}/{part}"] for part in PARTS]) for number, layer in enumerate(net["layers"])]
        else:
            kernel, mixing, bias, *own = exact[:-2]
            more, units = np.zeros_like(bias), len(mixing)
            if net["kind"] == "lstm":
                more[:units], more[units : 2 * units] = net["input_bias"], net["forget_bias"]
            if own:
                more[2 * units :] = own[0]
            self.table = np.arange(proof["transducer"]["symbols"], dtype=np.float64)[:, None] if net.get("input") == "number" else None
            self.layers = [(net, [kernel, mixing, bias, more])]
        self.readout, self.offset = exact[-2:]
        self.units = [len(parts[1]) for _, parts in self.layers]
        self.cells = [units if layer["kind"] == "lstm" else 0 for units, (layer, _) in zip(self.units, self.layers, strict=True)]
        self.width = sum(self.units) + sum(self.cells)

    def push(self, forms: list[Form], symbol: int) -> list[Form]:
        """Enclose the state that a symbol leads to."""
        at, cell_at = sum(self.units), self.width
        outputs: list[list[Form]] = []
        kept: list[list[Form]] = []
        for number, (layer, parts) in enumerate(self.layers):
            at, cell_at = at - self.units[number], cell_at - self.cells[number]
            hidden, cells = forms[at : at + self.units[number]], forms[cell_at : cell_at + self.cells[number]]
            below = [(outputs[-1], parts[0])] if number else []
            step = _Step(parts, below, *self._fed(parts[0], symbol if not number else None), self.machine, self.two)
            output, cells = step.gru(hidden, layer["reset"]) if layer["kind"] == "gru" else step.other(hidden, cells, layer["kind"])
            outputs.append(output)
            kept.append(cells)
        return [form for group in (*outputs[::-1], *kept[::-1]) for form in group]

    def _fed(self, kernel: Array, symbol: int | None) -> tuple[list[arb], list[arb], int]:
        """Return what is known of a layer's input: values, the magnitudes of their terms, and how many they are."""
        if symbol is None:
            return [ZERO] * kernel.shape[1], [ZERO] * kernel.shape[1], 0
        if self.table is None:
            return [arb(value) for value in kernel[symbol]], [arb(abs(value)) for value in kernel[symbol]], 1
        products = [[arb(x) * arb(w) for x, w in zip(self.table[symbol], column, strict=True)] for column in kernel.T]
        return [sum(row, ZERO) for row in products], [sum((abs(p) for p in row), ZERO) for row in products], len(kernel)

    def within(self, forms: list[Form]) -> bool:
        """Say whether no sum of the next step can leave the range of float32."""
        visible = sum(self.units)
        return all(form.peak <= 2 for form in forms[:visible]) and all(form.peak <= arb(2) ** 100 for form in forms[visible:])

    def leads(self, forms: list[Form], output: int, margin: arb) -> bool:
        """Say whether a logit leads every other one by the margin."""
        seen = forms[: len(self.readout)]
        reach = [sum((form.peak * abs(arb(w)) for form, w in zip(seen, column, strict=True)), abs(arb(d)))
                 for column, d in zip(self.readout.T, self.offset, strict=True)]  # fmt: skip
        tiny = 4 * self.machine.tiny * (1 + arb(float(np.abs(self.readout).max())))
        errors = [self.machine.gamma(len(seen) + 1) * size + tiny for size in reach]
        for other in range(len(self.offset)):
            if other == output:
                continue
            apart = [arb(a) - arb(b) for a, b in zip(self.readout[:, output], self.readout[:, other], strict=True)]
            fixed = arb(self.offset[output]) - arb(self.offset[other]) - errors[output] - errors[other] - margin
            count = max(len(form.axes) for form in seen)
            by_axes, by_box = fixed, fixed
            for weight, form in zip(apart, seen, strict=True):
                by_axes += weight * form.center - abs(weight) * form.radius
                by_box += weight * form.middle - abs(weight) * form.half
            padded = [form.with_axes(count) for form in seen]
            for axis in range(count):
                by_axes -= abs(sum((weight * form.axes[axis] for weight, form in zip(apart, padded, strict=True)), ZERO))
            if not (by_axes >= 0 or by_box >= 0):
                return False
        return True


class _Step:
    """One layer's step, with what it is fed."""

    def __init__(
        self, parts: list[Array], below: list[tuple[list[Form], Array]], value: list[arb], size: list[arb], terms: int, machine: Float32,
        two: bool,
    ) -> None:  # fmt: skip
        self.mixing, self.bias, self.more = parts[1:]
        self.below, self.value, self.size, self.terms, self.machine, self.two = below, value, size, terms, machine, two

    def other(self, hidden: list[Form], cells: list[Form], kind: str) -> tuple[list[Form], list[Form]]:
        """Advance a tanh layer or an LSTM."""
        z = self._sums(hidden, 0, len(self.bias), (self.bias, self.more) if self.two else (self.bias,))
        if kind == "tanh":
            return settled([self._tanh(form) for form in z]), []
        units = len(self.mixing)
        into, forget, candidate, out = (z[n * units : (n + 1) * units] for n in range(4))
        held = [product(self._gate(f), c, self.machine) for f, c in zip(forget, cells, strict=True)]
        taken = [product(self._gate(i), self._tanh(g), self.machine) for i, g in zip(into, candidate, strict=True)]
        after = settled([addition(a, b, self.machine) for a, b in zip(held, taken, strict=True)])
        shown = [product(self._gate(o), self._tanh(c), self.machine) for o, c in zip(out, after, strict=True)]
        return settled(shown), after

    def gru(self, hidden: list[Form], reset: str) -> tuple[list[Form], list[Form]]:
        """Advance a GRU."""
        units = len(self.mixing)
        gates = [self._gate(form) for form in self._sums(hidden, 0, 2 * units, (self.bias, self.more))]
        update, opened = gates[:units], gates[units:]
        if reset == "before":
            heard = [product(r, h, self.machine) for r, h in zip(opened, hidden, strict=True)]
            new = self._sums(heard, 2 * units, 3 * units, (self.bias, self.more))
        else:
            own, more = self.mixing[:, 2 * units :], self.more[2 * units :]
            sums = weighted_sums([(hidden, own)], [arb(c) for c in more], [abs(arb(c)) for c in more], 1, None, self.machine)
            heard = [product(r, u, self.machine) for r, u in zip(opened, sums, strict=True)]
            new = self._sums(None, 2 * units, 3 * units, (self.bias,), heard)
        new = settled([self._tanh(form) for form in new], boxes=False)
        return settled([blend(z, h, n, self.machine) for z, h, n in zip(update, hidden, new, strict=True)]), []

    def _sums(
        self, hidden: list[Form] | None, first: int, last: int, biases: tuple[Array, ...], extra: list[Form] | None = None
    ) -> list[Form]:
        parts = [(forms, matrix[:, first:last]) for forms, matrix in self.below]
        if hidden is not None:
            parts.append((hidden, self.mixing[:, first:last]))
        value, size = self.value[first:last], self.size[first:last]
        for bias in biases:
            value = [a + arb(b) for a, b in zip(value, bias[first:last], strict=True)]
            size = [a + abs(arb(b)) for a, b in zip(size, bias[first:last], strict=True)]
        return weighted_sums(parts, value, size, self.terms + len(biases), extra, self.machine)

    def _tanh(self, form: Form) -> Form:
        error = self.machine.tanh
        return activation(form, lambda z: z.tanh(), ONE, error, (-1 - error, 1 + error))

    def _gate(self, form: Form) -> Form:
        return activation(form, lambda z: (1 + (z / 2).tanh()) / 2, arb(0.25), self.machine.sigmoid, (ZERO, ONE))
