"""The checker's arithmetic for nets of several layers, GRUs among them: what one symbol makes of a set of states. NumPy alone.

The net, in float32, from a state of zeros: the first layer reads a row of ``input/table`` for each symbol (a one-hot row where there is
no table), every other one the outputs ``h`` of the layer below; the output is ``argmax(h V + d)`` of the last layer's ``h``. A state is
the ``h`` of all layers, the last layer's first, then the cells ``c`` of LSTMs in the same order. With ``a = x W + b``, ``u = h U + c``,
cut into as many parts as there are gates, and the logistic function ``s``:

- ``tanh``: ``h' = tanh(a + u)``;
- ``lstm``: ``i, f, g, o = a + u``; ``c' = s(f) c + s(i) tanh(g)``; ``h' = s(o) tanh(c')``;
- ``gru``: ``z = s(a_1 + u_1)``, ``r = s(a_2 + u_2)``, ``n = tanh(a_3 + r u_3)`` where ``reset`` is ``after``,
  ``n = tanh(a_3 + (r h) U_3 + c_3)`` where it is ``before``; ``h' = z h + (1 - z) n``, computed so or as ``n + z (h - n)``.

Rounding is as ``steps`` says. ``h`` must stay within [-2, 2] and cells within 2^100, so that no sum leaves float32's range. A blend of
``h`` and ``n`` errs by at most eight factors ``1 + d`` on each of the two.
"""

from typing import Any

import numpy as np

from pipeline.certification.checker.steps import EPS, SIGMOID, TINY, Set, Value, tanh_lines, tanh_of

Array = Any
UNIT = 2.0**-24
GATES = {"tanh": 1, "lstm": 4, "gru": 3}
PARTS = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")
RESETS = ("after", "before")
CANDIDATE_BIAS = "recurrent/candidate_bias"


def names(net: dict[str, Any]) -> list[str]:
    """Return the names of the arrays that a net of this description has, in the order of their digest."""
    layers = [f"layer_{number}/{part}" for number in range(len(net["layers"])) for part in PARTS]
    return [*(["input/table"] if net["input"] == "table" else []), *layers, "readout/kernel", "readout/bias"]


def as_layers(net: dict[str, Any], weights: dict[str, Array]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Describe a net of kind ``gru`` as one of a single layer: of its second bias only the candidate's third may not be zero.

    ``weights`` are in the order of the digest: W, U, b, the candidate's bias where ``reset`` is ``after``, V, d.
    """
    kernel, mixing, bias, *own, readout, offset = weights.values()
    more = np.zeros_like(bias)
    if own:
        more[len(bias) - len(own[0]) :] = own[0]
    parts = dict(zip((f"layer_0/{part}" for part in PARTS), (kernel, mixing, bias, more), strict=True))
    layer = {key: value for key, value in net.items() if key in ("kind", "reset")}
    layers: Any = [layer] if set(net) == {"kind", "reset"} and all(3 * len(part) == len(bias) for part in own) else []
    return {"kind": "layers", "input": "one_hot", "layers": layers}, parts | {"readout/kernel": readout, "readout/bias": offset}


def fault(net: dict[str, Any], shapes: dict[str, tuple[int, ...]], symbols: int) -> str:
    """Say what is wrong with a description, or how the shapes do not fit it; nothing if all is right."""
    if set(net) != {"kind", "input", "layers"} or net["input"] not in ("one_hot", "table") or not net["layers"]:
        return "the net is unknown"
    for layer in net["layers"]:
        known = layer["kind"] in GATES and set(layer) == ({"kind", "reset"} if layer["kind"] == "gru" else {"kind"})
        if not known or layer.get("reset", "after") not in RESETS:
            return "a layer is unknown"
    inputs = symbols
    expected: dict[str, tuple[int, ...]] = {}
    if net["input"] == "table":
        inputs = shapes["input/table"][-1]
        expected["input/table"] = (symbols, inputs)
    for number, layer in enumerate(net["layers"]):
        units = shapes[f"layer_{number}/recurrent_kernel"][0]
        wide = GATES[layer["kind"]] * units
        expected |= {
            f"layer_{number}/{part}": shape for part, shape in zip(PARTS, ((inputs, wide), (units, wide), (wide,), (wide,)), strict=True)
        }
        inputs = units
    outputs = shapes["readout/bias"][-1]
    expected |= {"readout/kernel": (inputs, outputs), "readout/bias": (outputs,)}
    return "" if shapes == expected else "the weights do not fit the net"


class LayeredStep:
    """A net: its weights by name, float64, and its description. The attributes are those of ``steps.Step``."""

    def __init__(self, weights: dict[str, Array], net: dict[str, Any], symbols: int) -> None:
        self.layers = [_Layer(layer, *(weights[f"layer_{number}/{part}"] for part in PARTS)) for number, layer in enumerate(net["layers"])]
        self.readout, self.offset = weights["readout/kernel"], weights["readout/bias"]
        self.top, self.outputs = self.readout.shape
        self.visible = sum(layer.units for layer in self.layers)
        self.width = self.visible + sum(layer.cells for layer in self.layers)
        table, kernel = weights.get("input/table"), self.layers[0].kernel
        self.fed, self.fed_size, self.fed_terms = (
            (kernel, np.abs(kernel), 1) if table is None else (table @ kernel, np.abs(table) @ np.abs(kernel), len(kernel))
        )
        sums = [2 * np.abs(self.readout).sum(axis=0) + np.abs(self.offset)]
        for number, layer in enumerate(self.layers):
            fed = 2 * np.abs(layer.kernel).sum(axis=0) if number else self.fed_size
            sums.append((2 * np.abs(layer.mixing).sum(axis=0) + fed + np.abs(layer.bias) + np.abs(layer.more)).reshape(-1))
        self.largest = max(found.max() for found in sums)

    def push(self, image: Set, symbol: int) -> Set:
        """Enclose every float32 state that ``symbol`` leads to from the set."""
        at, cells = self.visible, self.width
        outputs: list[Value] = []
        kept: list[Value] = []
        fed = _Known(self.fed[symbol], self.fed_size[symbol], self.fed_terms)
        for number, layer in enumerate(self.layers):
            at, cells = at - layer.units, cells - layer.cells
            hidden = _part(image, slice(at, at + layer.units))
            cell = _part(image, slice(cells, cells + layer.cells))
            below = [(outputs[-1], layer.kernel)] if number else []
            output, state = layer.push(below, fed if number == 0 else _Known.none(layer.kernel.shape[1]), hidden, cell)
            outputs.append(output)
            kept += [] if state is None else [state]
        together = [*outputs[::-1], *kept[::-1]]
        most = max(len(value.axes) for value in together)
        parts = [(value.center, _padded(value.axes, most), value.low, value.high) for value in together]
        return tuple(np.concatenate(part, axis=-1) for part in zip(*parts, strict=True))  # type: ignore[return-value]

    def margin(self, image: Set, output: int) -> float:
        """Bound from below by how much float32 logit ``output`` leads in all of the set; minus infinity where the set leaves the range."""
        _, _, low, high = image
        most = np.maximum(np.abs(low), np.abs(high))
        if not ((most[: self.visible] <= 2).all() and (most[self.visible :] <= 2.0**100).all()):
            return -np.inf
        center, axes, low, high = (part[..., : self.top] for part in image)
        apart = self.readout[:, [output]] - self.readout
        size = np.abs(center) + np.abs(axes).sum(axis=0) + np.abs(low) + np.abs(high)
        reading = np.abs(self.readout[:, [output]]) + np.abs(self.readout)
        largest = np.abs(self.offset) + most[: self.top] @ np.abs(self.readout)
        single = _gamma(self.top + 1) * largest + 4 * TINY * (1 + np.abs(self.readout).max())
        error = single[output] + single + EPS * (size @ reading + np.abs(self.offset[output]) + np.abs(self.offset))
        by_axes = center @ apart - np.abs(axes @ apart).sum(axis=0)
        by_box = (low + high) / 2 @ apart - (high - low) / 2 @ np.abs(apart)
        least = np.maximum(by_axes, by_box) + self.offset[output] - self.offset - (1 + EPS) * error
        return float(np.delete(least, output).min(initial=np.inf))


class _Known:
    """A sum of numbers: its value, the sum of its terms' magnitudes, ``[K]``, and how many they are."""

    def __init__(self, value: Array, size: Array, terms: int) -> None:
        self.value, self.size, self.terms = value, size, terms

    @classmethod
    def none(cls, width: int) -> "_Known":
        return cls(np.zeros(width), np.zeros(width), 0)

    def part(self, gates: slice) -> "_Known":
        return _Known(self.value[gates], self.size[gates], self.terms)

    def plus(self, *more: Array) -> "_Known":
        return _Known(self.value + sum(more), self.size + sum(np.abs(term) for term in more), self.terms + len(more))


class _Layer:
    def __init__(self, net: dict[str, Any], kernel: Array, mixing: Array, bias: Array, more: Array) -> None:
        self.kind, self.before = net["kind"], net.get("reset") == "before"
        self.kernel, self.mixing, self.bias, self.more = kernel, mixing, bias, more
        self.units = len(mixing)
        self.cells = self.units if self.kind == "lstm" else 0

    def push(self, below: list[tuple[Value, Array]], fed: _Known, hidden: Value, cell: Value) -> tuple[Value, Value | None]:
        """Return the next ``h`` and, of an LSTM, the next ``c``, without errors of their own: each has an axis instead."""
        if self.kind == "gru":
            return _settled(self._gru(below, fed, hidden)), None
        z = self._sums(below, fed, hidden, slice(None))
        if self.kind == "tanh":
            return _settled(tanh_of(z)), None
        into, forget, candidate, out = (_columns(z, slice(n * self.units, (n + 1) * self.units)) for n in range(4))
        kept = _settled(logistic(forget).times(_wider(cell, z)).plus(logistic(into).times(tanh_of(candidate))))
        return _settled(_wider(logistic(out), kept).times(tanh_of(kept))), kept

    def _gru(self, below: list[tuple[Value, Array]], fed: _Known, hidden: Value) -> Value:
        gates, last = slice(2 * self.units), slice(2 * self.units, None)
        opened = logistic(self._sums(below, fed, hidden, gates))
        update, reset = _columns(opened, slice(self.units)), _columns(opened, slice(self.units, None))
        hidden = _wider(hidden, opened)
        if self.before:
            new = self._sums(below, fed, reset.times(hidden), last)
        else:
            heard = float_sum([(hidden, self.mixing[:, last])], _Known.none(self.units).plus(self.more[last]))
            new = float_sum([(x, m[:, last]) for x, m in below], fed.part(last).plus(self.bias[last]), reset.times(heard))
        return between(update, hidden, tanh_of(new))

    def _sums(self, below: list[tuple[Value, Array]], fed: _Known, hidden: Value, gates: slice) -> Value:
        parts = [*((x, m[:, gates]) for x, m in below), (hidden, self.mixing[:, gates])]
        return float_sum(parts, fed.part(gates).plus(self.bias[gates], self.more[gates]))


def float_sum(parts: list[tuple[Value, Array]], known: _Known, extra: Value | None = None) -> Value:
    """Enclose a float32 sum of products ``x M``, known terms and ``extra``, in any order: n terms err by n 2^-24 / (1 - n 2^-24)."""
    values = [value for value, _ in parts] + ([] if extra is None else [extra])
    ways = [*parts, *([] if extra is None else [(extra, np.eye(len(extra.center)))])]
    count = sum(len(matrix) for _, matrix in parts) + known.terms + (extra is not None)
    rows = max(len(value.axes) for value in values)
    center, axes, radius = known.value, np.zeros((rows, len(known.value))), np.zeros(len(known.value))
    size, middle, half, ours, factor = known.size, known.value, 0.0, known.size, 1.0
    for value, matrix in ways:
        weight, most = np.abs(matrix), np.maximum(np.abs(value.low), np.abs(value.high))
        center, axes = center + value.center @ matrix, axes + _padded(value.axes, rows) @ matrix
        radius, half = radius + value.radius @ weight, half + (value.high - value.low) / 2 @ weight
        middle, size, ours = middle + (value.low + value.high) / 2 @ matrix, size + most @ weight, ours + (value.size + most) @ weight
        factor = max(factor, (1 + weight.max(initial=0.0)) * (1 + most.max(initial=0.0)))
    error = _gamma(count) * size + TINY * factor + EPS * ours
    return Value(center, axes, radius + error, middle - half - error, middle + half + error)


def between(gate: Value, kept: Value, new: Value) -> Value:
    """Enclose a float32 ``z h + (1 - z) n``: ``n`` and ``z (h - n)``, linear around the middles but for the half widths' product."""
    new = _settled(new, boxes=False)
    rows = len(new.axes)
    most = np.maximum(np.abs(kept.low), np.abs(kept.high)) + np.maximum(np.abs(new.low), np.abs(new.high))
    gap = Value(
        kept.center - new.center, _padded(kept.axes, rows) - new.axes, kept.radius + new.radius + EPS * (kept.size + new.size),
        kept.low - new.high - EPS * most, kept.high - new.low + EPS * most,
    )  # fmt: skip
    here, there = gate.middle, gap.middle
    error = 8 * UNIT * most + TINY
    terms = new.size + here * gap.size + np.abs(there) * (gate.size + here)
    radius = new.radius + here * gap.radius + np.abs(there) * gate.radius + gate.half * gap.half + error + EPS * terms
    lows = [z * kept.low + (1 - z) * new.low for z in (gate.low, gate.high)]
    highs = [z * kept.high + (1 - z) * new.high for z in (gate.low, gate.high)]
    beyond = error + EPS * most
    axes = new.axes + here * gap.axes + there * _padded(gate.axes, rows)
    center = new.center + here * gap.center + there * (gate.center - here)
    return Value(center, axes, radius, np.minimum(*lows) - beyond, np.maximum(*highs) + beyond)


def logistic(z: Value) -> Value:
    """Enclose the float32 logistic function, which stays within [0, 1]."""
    slope, offset, radius = tanh_lines(z.low / 2, z.high / 2)
    low, high = (1 + np.tanh(z.low / 2)) / 2 - SIGMOID - EPS, (1 + np.tanh(z.high / 2)) / 2 + SIGMOID + EPS
    return z.through((slope / 4, (1 + offset) / 2, radius / 2), np.maximum(low, 0.0), np.minimum(high, 1.0), SIGMOID + EPS)


def _gamma(terms: int) -> float:
    return terms * UNIT / (1 - terms * UNIT) * (1 + 2.0**-30)


def _part(image: Set, columns: slice) -> Value:
    center, axes, low, high = (part[..., columns] for part in image)
    return Value(center, axes, np.zeros(center.shape), low, high)


def _columns(value: Value, columns: slice) -> Value:
    return Value(*(part[..., columns] for part in (value.center, value.axes, value.radius, value.low, value.high)))


def _settled(value: Value, boxes: bool = True) -> Value:
    """Turn each error into an axis; ``boxes``: where the box is much tighter than the form, it takes its place."""
    if boxes:
        center, axes, low, high = value.as_set()
        return Value(center, axes, np.zeros(center.shape), low, high)
    axes = np.concatenate([value.axes, np.diag(value.radius)])
    return Value(value.center, axes, np.zeros(value.center.shape), value.low, value.high)


def _wider(value: Value, other: Value) -> Value:
    """Give a value as many axes as another one has."""
    return Value(value.center, _padded(value.axes, len(other.axes)), value.radius, value.low, value.high)


def _padded(axes: Array, rows: int) -> Array:
    return np.concatenate([axes, np.zeros((rows - len(axes), axes.shape[1]))])
