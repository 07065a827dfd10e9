"""The layers of nets that were made elsewhere: tanh, LSTM and GRU, each in float32 and on affine forms.

Keras, PyTorch and ONNX compute the same equations and differ in the order of gates, in the number of biases and in where a GRU's reset gate
acts. Here gates are in Keras's order, and both biases are kept as they are, since their sum would have to be rounded.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from pipeline.certification.nets import base
from pipeline.certification.sets.affine import AffineForms, activation, add, multiply, with_own_errors
from pipeline.certification.sets.combining import Known, blend, weighted_sum
from pipeline.certification.sets.relaxations import RELAXATION_ERROR, sigmoid, sigmoid_relaxation, tanh_relaxation
from pipeline.certification.sets.rounding import SIGMOID_ERROR, TANH_ERROR, Reals, Singles

GATES = {"tanh": 1, "lstm": 4, "gru": 3}
PARTS = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")


@dataclass(frozen=True)
class Layer:
    """One recurrent layer: inputs ``x`` ``[D]``, outputs ``h`` ``[H]``, from a state of zeros.

    With ``a = x W + b`` and ``u = h U + c``, cut into as many parts as there are gates:

    - ``tanh``: ``h' = tanh(a + u)``;
    - ``lstm``: ``i, f, g, o = a + u``; ``c' = s(f) c + s(i) tanh(g)``; ``h' = s(o) tanh(c')``; ``s`` is the logistic function;
    - ``gru``: ``z = s(a_1 + u_1)``, ``r = s(a_2 + u_2)``; ``n = tanh(a_3 + r u_3)`` where the reset gate acts after the product (Keras's
      default, PyTorch), ``n = tanh(a_3 + (r h) U_3 + c_3)`` where it acts before (Cho et al. 2014, eq. 8); ``h' = z h + (1 - z) n``.

    Attributes:
        kind: Which of them.
        kernel: W ``[D, gates H]``.
        recurrent: U ``[H, gates H]``.
        bias: b ``[gates H]``.
        recurrent_bias: c ``[gates H]``, zeros where a framework has one bias only.
        reset: Where a GRU's reset gate acts; ``None`` for the others.
    """

    kind: Literal["tanh", "lstm", "gru"]
    kernel: Singles
    recurrent: Singles
    bias: Singles
    recurrent_bias: Singles
    reset: Literal["after", "before"] | None = None

    def __post_init__(self) -> None:
        if self.kind not in GATES:
            raise base.NotCertifiable(f"expected a layer of kind {', '.join(GATES)}, got {self.kind!r}")
        if (self.reset in ("after", "before")) != (self.kind == "gru"):
            raise base.NotCertifiable(f"reset: expected after or before for a gru, and nothing for other layers, got {self.reset!r}")

    @property
    def units(self) -> int:
        """Numbers in ``h``."""
        return len(self.recurrent)

    @property
    def inputs(self) -> int:
        """Numbers in ``x``."""
        return len(self.kernel)

    @property
    def cells(self) -> int:
        """Numbers in the state beside ``h``."""
        return self.units if self.kind == "lstm" else 0

    def weights(self) -> dict[str, Singles]:
        """Return the four arrays by the names of ``PARTS``."""
        return dict(zip(PARTS, (self.kernel, self.recurrent, self.bias, self.recurrent_bias), strict=True))

    def description(self) -> dict[str, Any]:
        """Return what the weights do not say."""
        return {"kind": self.kind} | ({"reset": self.reset} if self.reset else {})

    def require(self, name: str, inputs: int) -> None:
        """Check shapes, types and finiteness, and that sums stay in range where states lie in [-2, 2]. Raises ``NotCertifiable``."""
        wide = GATES[self.kind] * self.units
        shapes = ((inputs, wide), (self.units, wide), (wide,), (wide,))
        named = {f"{name}/{part}": weight for part, weight in self.weights().items()}
        base.require(named, dict(zip(named, shapes, strict=True)))

    def step(self, fed: Singles, hidden: Singles, cell: Singles) -> tuple[Singles, Singles]:
        """Advance in NumPy's float32: ``x W`` ``[n, gates H]``, ``h`` ``[n, H]``, ``c`` ``[n, H or 0]`` to the next ``h`` and ``c``."""
        if self.kind == "gru":
            return self._gru(fed, hidden), cell
        z = fed + self.bias + (hidden @ self.recurrent + self.recurrent_bias)
        if self.kind == "tanh":
            return np.tanh(z), cell
        into, forget, candidate, out = np.split(z, 4, axis=1)
        cell = _gate(forget) * cell + _gate(into) * np.tanh(candidate)
        return _gate(out) * np.tanh(cell), cell

    def _gru(self, fed: Singles, hidden: Singles) -> Singles:
        units = self.units
        fed = fed + self.bias
        gates = fed[:, : 2 * units] + (hidden @ self.recurrent[:, : 2 * units] + self.recurrent_bias[: 2 * units])
        update, reset = np.split(_gate(gates), 2, axis=1)
        own, more = self.recurrent[:, 2 * units :], self.recurrent_bias[2 * units :]
        heard = reset * (hidden @ own + more) if self.reset == "after" else (reset * hidden) @ own + more
        return update * hidden + (np.float32(1) - update) * np.tanh(fed[:, 2 * units :] + heard)

    def push(self, fed: "Fed", hidden: AffineForms, cell: AffineForms | None) -> tuple[AffineForms, AffineForms | None]:
        """Enclose the next ``h`` and ``c``; each error becomes a generator, ``H`` more for ``c`` and ``H`` more for ``h``."""
        if self.kind == "gru":
            return _own_errors(self._push_gru(fed, hidden)), None
        z = self._sum(fed, hidden, slice(None))
        if self.kind == "tanh":
            return _own_errors(_squashed(z)), None
        if cell is None:
            raise ValueError("expected the cells of an lstm, got none")
        into, forget, candidate, out = z.split(4)
        missing = z.generators.shape[1] - cell.generators.shape[1]
        cell = _own_errors(add(multiply(_opened(forget), cell.widened(missing)), multiply(_opened(into), _squashed(candidate))))
        return _own_errors(multiply(_opened(out).widened(self.units), _squashed(cell))), cell

    def _push_gru(self, fed: "Fed", hidden: AffineForms) -> AffineForms:
        units = self.units
        update, reset = _opened(self._sum(fed, hidden, slice(2 * units))).split(2)
        candidate = slice(2 * units, None)
        kept = hidden.widened(reset.generators.shape[1] - hidden.generators.shape[1])
        if self.reset == "before":
            new = self._sum(fed, multiply(reset, kept), candidate)
        else:
            none = Known(np.zeros_like(hidden.center), np.zeros_like(hidden.center), 0)
            heard = weighted_sum([(kept, self._matrix(candidate))], none.plus(_reals(self.recurrent_bias[candidate])))
            given = fed.part(candidate)
            new = weighted_sum(given.forms, given.known.plus(_reals(self.bias[candidate])), multiply(reset, heard))
        return blend(update, kept, _squashed(new))

    def _sum(self, fed: "Fed", hidden: AffineForms, gates: slice) -> AffineForms:
        given = fed.part(gates)
        known = given.known.plus(_reals(self.bias[gates]), _reals(self.recurrent_bias[gates]))
        return weighted_sum([*given.forms, (hidden, self._matrix(gates))], known)

    def _matrix(self, gates: slice) -> Reals:
        return _reals(self.recurrent[:, gates])


class Fed(NamedTuple):
    """What inputs give a layer before its biases: forms times matrices ``[D, gates H]``, or what is known of a symbol."""

    forms: tuple[tuple[AffineForms, Reals], ...]
    known: Known

    def part(self, gates: slice) -> "Fed":
        """Return what some of the gates are given."""
        forms = tuple((x, matrix[:, gates]) for x, matrix in self.forms)
        return Fed(forms, Known(self.known.value[:, gates], self.known.size[:, gates], self.known.terms))


def _reals(weight: Singles) -> Reals:
    return weight.astype(np.float64)


def _own_errors(forms: AffineForms) -> AffineForms:
    forms = forms.loose_as_boxes()
    return forms._replace(generators=with_own_errors(forms), radius=np.zeros_like(forms.radius))


def _gate(x: Singles) -> Singles:
    return np.float32(0.5) * np.tanh(np.float32(0.5) * x) + np.float32(0.5)


def _opened(z: AffineForms) -> AffineForms:
    return activation(z, sigmoid, sigmoid_relaxation, SIGMOID_ERROR + RELAXATION_ERROR, (0.0, 1.0))


def _squashed(z: AffineForms) -> AffineForms:
    return activation(z, np.tanh, tanh_relaxation, TANH_ERROR + RELAXATION_ERROR, (-1 - TANH_ERROR, 1 + TANH_ERROR))
