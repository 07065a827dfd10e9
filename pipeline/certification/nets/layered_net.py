"""Nets of one or several recurrent layers and a linear readout, as Keras, PyTorch and ONNX have them.

A state is the outputs ``h`` of all layers, the last layer's first, then the cells of those that are LSTMs, in the same order.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets import base
from pipeline.certification.nets.layers import Fed, Layer
from pipeline.certification.sets.affine import AffineForms, identity
from pipeline.certification.sets.combining import Known
from pipeline.certification.sets.rounding import SINGLE, UNDERFLOW, Reals, Singles, float64_error, gamma
from pipeline.certification.sets.zonotopes import Zonotopes, margins

# No proof speaks of outputs ``h`` beyond this, nor of cells beyond 2^100: sums of larger ones might leave float32's range.
LARGEST_OUTPUT = 2.0
LARGEST_CELL = 2.0**100


@dataclass(frozen=True)
class LayeredNet:
    """Layers one above the other; each reads the outputs of the one below, and the first one reads a row of ``table`` for each symbol.

    The logits are ``h V + d`` of the last layer's ``h``, the output is their argmax. All weights are float32.

    Attributes:
        layers: The layers, that which reads the symbols first.
        readout: V ``[H, outputs]``.
        offset: d ``[outputs]``.
        table: ``[symbols, D]``, what the first layer reads for each symbol; ``None``: a one-hot row.

    Raises:
        NotCertifiable: A weight is not float32, not finite, of another shape, or so large that a sum may leave float32's range.
    """

    layers: tuple[Layer, ...]
    readout: Singles
    offset: Singles
    table: Singles | None = None

    def __post_init__(self) -> None:
        if not self.layers:
            raise base.NotCertifiable("expected a net of at least one recurrent layer, got none")
        inputs = self.layers[0].inputs
        if self.table is not None:
            base.require({"input/table": self.table}, {"input/table": (*np.shape(self.table)[:1], inputs)})
        for number, layer in enumerate(self.layers):
            layer.require(f"layer_{number}", inputs)
            inputs = layer.units
        outputs = np.shape(self.offset)[-1:]
        named = {"readout/kernel": self.readout, "readout/bias": self.offset}
        base.require(named, {"readout/kernel": (inputs, *outputs), "readout/bias": outputs})
        self._require_in_range()

    def _require_in_range(self) -> None:
        for number, layer in enumerate(self.layers):
            fed = self._known(0).size if number == 0 else 2 * np.abs(layer.kernel.astype(np.float64)).sum(axis=0)
            base.require_in_range(
                layer.recurrent.astype(np.float64), fed, layer.bias.astype(np.float64), layer.recurrent_bias.astype(np.float64)
            )
        base.require_in_range(self.readout.astype(np.float64), self.offset.astype(np.float64))

    @property
    def symbols(self) -> int:
        """How many input symbols there are."""
        return self.layers[0].inputs if self.table is None else len(self.table)

    @property
    def outputs(self) -> int:
        """How many logits there are."""
        return len(self.offset)

    @property
    def width(self) -> int:
        """Numbers in a state."""
        return self.visible + sum(layer.cells for layer in self.layers)

    @property
    def visible(self) -> int:
        """Outputs of layers, which the readout and the next step's sums see."""
        return sum(layer.units for layer in self.layers)

    def description(self) -> dict[str, Any]:
        """Return what the weights do not say, as a certificate states it."""
        fed = "one_hot" if self.table is None else "table"
        return {"kind": "layers", "input": fed, "layers": [layer.description() for layer in self.layers]}

    def weights(self) -> dict[str, Singles]:
        """Return all arrays by the names under which a certificate's weights file has them."""
        named = {} if self.table is None else {"input/table": self.table}
        for number, layer in enumerate(self.layers):
            named |= {f"layer_{number}/{part}": weight for part, weight in layer.weights().items()}
        return named | {"readout/kernel": self.readout, "readout/bias": self.offset}

    def digest(self) -> str:
        """Return the SHA-256 of the description and of all weights."""
        return base.digest(self.description(), self.weights())

    def step(self, state: Singles, symbols: base.Symbols) -> tuple[Singles, NDArray[np.intp]]:
        """Advance in NumPy's float32: states ``[n, width]`` and ``[n]`` symbols to ``[n, width]`` and ``[n]`` outputs."""
        after = self.advance(state, symbols)
        return after, np.argmax(self.logits(after), axis=1)

    def advance(self, state: Singles, symbols: base.Symbols) -> Singles:
        """Advance the states alone."""
        fed, after = self._fed32[symbols], np.empty_like(state)
        for number, (layer, (hidden, cell)) in enumerate(zip(self.layers, self._places, strict=True)):
            after[:, hidden], after[:, cell] = layer.step(fed, state[:, hidden], state[:, cell])
            if number + 1 < len(self.layers):
                fed = after[:, hidden] @ self.layers[number + 1].kernel
        return after

    def logits(self, state: Singles) -> Singles:
        """Read logits ``[n, outputs]`` from states ``[n, width]``."""
        return state[:, : len(self.readout)] @ self.readout + self.offset

    @cached_property
    def _fed32(self) -> Singles:
        return self.layers[0].kernel if self.table is None else self.table @ self.layers[0].kernel

    @cached_property
    def _places(self) -> list[tuple[slice, slice]]:
        """Where each layer's outputs and cells are in a state."""
        places: list[tuple[slice, slice]] = []
        at, cells = 0, self.visible
        for layer in reversed(self.layers):
            places.append((slice(at, at + layer.units), slice(cells, cells + layer.cells)))
            at, cells = at + layer.units, cells + layer.cells
        return places[::-1]

    def _known(self, sets: int) -> Known:
        """Say what the first layer is fed for every symbol, ``sets`` times over; once, where that is 0."""
        kernel = self.layers[0].kernel.astype(np.float64)
        if self.table is None:
            value, size, terms = kernel, np.abs(kernel), 1
        else:
            table = self.table.astype(np.float64)
            value, size, terms = table @ kernel, np.abs(table) @ np.abs(kernel), len(kernel)
        if sets:
            value, size = np.tile(value, (sets, 1)), np.tile(size, (sets, 1))
        return Known(value, size, terms)

    def push(self, sets: Zonotopes) -> Zonotopes:
        """Enclose the images of one symbol: N times A zonotopes, the symbol varying fastest, with ``width`` generators more."""
        state = identity(sets, self.symbols)
        fed, outputs, cells = Fed((), self._known(len(sets.center))), [], []
        for number, (layer, (hidden, cell)) in enumerate(zip(self.layers, self._places, strict=True)):
            output, kept = layer.push(fed, _part(state, hidden), _part(state, cell) if layer.cells else None)
            outputs.append(output)
            cells += [kept] if kept is not None else []
            if number + 1 < len(self.layers):
                kernel = self.layers[number + 1].kernel.astype(np.float64)
                none = np.zeros((len(output.center), kernel.shape[1]))
                fed = Fed(((output, kernel),), Known(none, none, 0))
        return _together([*outputs[::-1], *cells[::-1]])

    def margins(self, sets: Zonotopes, outputs: base.Symbols) -> Reals:
        """Bound from below by how much float32 logit ``outputs[i]`` leads in all of set ``i``: ``[N]``; minus infinity out of range."""
        readout = np.zeros((self.width, self.outputs))
        readout[: len(self.readout)] = self.readout
        largest = np.maximum(np.abs(sets.low), np.abs(sets.high))
        magnitude = (largest @ np.abs(readout) + np.abs(self.offset)) * (1 + float64_error(self.width))
        error = gamma(len(self.readout) + 1, SINGLE) * magnitude + UNDERFLOW * (1 + np.abs(readout).max()) * (1 + LARGEST_OUTPUT)
        least = margins(readout, self.offset.astype(np.float64), error, sets, outputs)
        within = (largest[:, : self.visible] <= LARGEST_OUTPUT).all(axis=1) & (largest[:, self.visible :] <= LARGEST_CELL).all(axis=1)
        return np.where(within, least, -np.inf)


def _part(state: AffineForms, columns: slice) -> AffineForms:
    return AffineForms(*(part[..., columns] for part in state))


def _together(forms: list[AffineForms]) -> Zonotopes:
    most = max(form.generators.shape[1] for form in forms)
    forms = [form.widened(most - form.generators.shape[1]) for form in forms]
    return Zonotopes(*(np.concatenate([getattr(form, part) for form in forms], axis=-1) for part in Zonotopes._fields))
