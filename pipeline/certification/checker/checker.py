"""The referee: verify a certificate against a net's weights with NumPy and the standard library, sharing no code with the prover.

Three things are checked, and by induction on the number of strides they make every output right: the first set holds the state of zeros
and its transducer state is the start; whatever float32 state a stride of symbols leads to from a set lies in the set that the
certificate names as its target, whose transducer state is the one that the stride leads to; on the way the right logit leads by a
positive margin, no less than is claimed. Which histories a set is said to hold plays no part.

``checker_steps`` says which nets there are, what float32 may do to them, and encloses their steps.

Run it alone: ``python -m pipeline.certification.checker.checker certificate.json weights.npz``.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.checker.steps import EPS, SIGMOID, TANH, Set, Step

NAMES = ("recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "readout/kernel", "readout/bias")
Array = Any


class Rejected(ValueError):
    """The certificate does not prove what it says; the message names the first thing that is wrong."""


def check(certificate: Path, weights: Path, transducer: Any = None, net: Any = None) -> float:
    """Verify a certificate and return its least margin in logits, as computed here.

    Args:
        certificate: The JSON file.
        weights: The ``.npz`` file of the net.
        transducer: What the net should compute (``states``, ``symbols``, ``transitions``); without it the certificate's own is believed.
        net: What the net is beside its weights (``kind``, and for an LSTM ``gates``, ``forget_bias``, ``input_bias``, ``input``); likewise.

    Raises:
        Rejected: Anything is not as it must be.
    """
    try:
        proof = json.loads(certificate.read_text())
        with np.load(weights, allow_pickle=False) as arrays:
            _require(set(arrays.files) == set(NAMES), "the weights are those of another kind of net")
            named = [arrays[name] for name in NAMES]
        return _check(proof, named, transducer, net)
    except (KeyError, TypeError, IndexError, ValueError, OSError, OverflowError, np.linalg.LinAlgError) as error:
        raise error if isinstance(error, Rejected) else Rejected(f"{certificate}: expected a certificate, got {error!r}") from None


def _require(holds: Any, otherwise: str) -> None:
    if not holds:
        raise Rejected(otherwise)


def _check(proof: dict[str, Any], weights: list[Array], transducer: Any, net: Any) -> float:
    told, table, nodes, stride = proof["net"], proof["transducer"], proof["nodes"], proof["stride"]
    _require(net is None or net == told, f"the certificate is for a net of {told}, and not of {net}")
    moves = {(state, symbol): (after, output) for state, symbol, after, output in table["transitions"]}
    if transducer is not None:
        same = list(transducer.states) == table["states"] and transducer.symbols == table["symbols"] and transducer.transitions == moves
        _require(same, "the certificate is for another transducer")
    _unchanged(proof, weights)
    _fitting(told, [weight.shape for weight in weights], table["symbols"])
    step = Step([weight.astype(np.float64) for weight in weights], told, table["symbols"])
    _require(step.width * (2 * stride + 3) < 2000 and stride >= 1, "the net is larger than the rounding of this checker allows for")
    first, cells = nodes[0], [_Cell(node, step.width) for node in nodes]
    zero = np.zeros(step.width)
    _require(first["state"] == table["states"][0], "the first set is not the start's")
    _require(cells[0].holds((zero, np.zeros((1, step.width)), zero, zero)), "the first set does not hold the state of zeros")
    for node, cell in zip(nodes, cells, strict=True):
        images, least = _stride(step, (node["state"], cell.points), moves, range(table["symbols"]), stride)
        _require(least >= node["margin"] > 0, f"{node['name']}: the margin is {least}, and {node['margin']} is claimed")
        _require(len(node["targets"]) == len(images), f"{node['name']}: a stride has no target")
        for number, (state, image) in zip(node["targets"], images, strict=True):
            named = type(number) is int and 0 <= number < len(nodes) and nodes[number]["state"] == state
            _require(named, f"{node['name']}: a stride leads to no set of state {state}")
            _require(cells[number].holds(image), f"{node['name']}: an image leaves the set of {nodes[number]['name']}")
    _require(proof["margin"] == min(node["margin"] for node in nodes), "the margin is not the least one")
    return float(proof["margin"])


def _unchanged(proof: dict[str, Any], weights: list[Array]) -> None:
    sha = hashlib.sha256(json.dumps(proof["net"], sort_keys=True, separators=(",", ":")).encode() + b"\n")
    for name, weight in zip(NAMES, weights, strict=True):
        _require(weight.dtype == np.float32 and np.isfinite(weight).all(), f"{name} is not finite float32")
        sha.update(f"{name} {list(weight.shape)} float32\n".encode() + weight.astype("<f4").tobytes())
    body = json.dumps({key: value for key, value in proof.items() if key != "digest"}, sort_keys=True, separators=(",", ":"))
    _require(hashlib.sha256(body.encode()).hexdigest() == proof["digest"], "the certificate was changed after it was written")
    _require(sha.hexdigest() == proof["weights_sha256"], "the certificate is for other weights")
    _require(proof["format"] == "trailing-nines certificate 2", "the format is unknown")
    assumed = {"float32_unit": 2.0**-24, "tanh_error": TANH, "sigmoid_error": SIGMOID}
    _require(proof["assumptions"] == assumed, "the assumptions are not those of this checker")


def _fitting(told: dict[str, Any], shapes: list[tuple[int, ...]], symbols: int) -> None:
    gates, rows = 1, symbols
    if told != {"kind": "tanh"}:
        _require(set(told) == {"kind", "gates", "input", "forget_bias", "input_bias"} and told["kind"] == "lstm", "the net is unknown")
        _require(told["gates"] in ("sigmoid", "hard_sigmoid") and told["input"] in ("one_hot", "number"), "the gates or inputs are unknown")
        added = np.array([told["forget_bias"], told["input_bias"]], np.float64)
        _require((np.isfinite(added) & (added.astype(np.float32) == added)).all(), "the gates' biases are not float32")
        gates, rows = 4, symbols if told["input"] == "one_hot" else 1
    units, outputs = shapes[3]
    expected = [(rows, gates * units), (units, gates * units), (gates * units,), (units, outputs), (outputs,)]
    _require(shapes == expected, "the weights do not fit the net")


def _stride(step: Step, first: tuple[str, Set], moves: dict[Any, Any], symbols: range, stride: int) -> tuple[list[tuple[str, Set]], float]:
    images, least = [first], np.inf
    for _ in range(stride):
        pushed = []
        for state, image in images:
            for symbol in symbols:
                after, output = moves[state, symbol]
                pushed.append((after, step.push(image, symbol)))
                least = min(least, step.margin(pushed[-1][1], output))
        images = pushed
    return images, least


class _Cell:
    """``{center + e axes, |e| <= 1}`` within ``[low, high]``."""

    def __init__(self, node: dict[str, Any], width: int) -> None:
        self.points: Any = tuple(np.array(node[part], np.float64) for part in ("center", "axes", "low", "high"))
        for part, shape in zip(self.points, ((width,), (width, width), (width,), (width,)), strict=True):
            _require(part.shape == shape and np.isfinite(part).all(), f"{node['name']}: a number is missing")
        self.center, axes, self.low, self.high = self.points
        self.inverse = np.linalg.inv(axes)
        error = np.abs(axes @ self.inverse - np.eye(width)) + EPS * (np.abs(axes) @ np.abs(self.inverse) + 1)
        self.off = error.sum(axis=0).max()  # how far ``inverse`` may be from the true one, as a share

    def holds(self, image: Set) -> bool:
        """Say whether the image's box lies in the box, and the image, by its axes or by its box, in the parallelotope."""
        center, axes, low, high = image
        size = np.abs(center) + np.abs(self.center) + np.abs(axes).sum(axis=0) + np.abs(low) + np.abs(high)
        middle, wide = (center - self.center) @ self.inverse, np.abs(axes @ self.inverse).sum(axis=0)
        boxed, half = ((low + high) / 2 - self.center) @ self.inverse, (high - low) / 2 @ np.abs(self.inverse)
        down, up = np.minimum(wide - middle, half - boxed), np.minimum(middle + wide, boxed + half)
        within = (np.maximum(down, up) + EPS * (size @ np.abs(self.inverse))) * (1 + EPS)
        return bool(self.off < 0.5 and (within <= 1 - self.off).all() and (self.low <= low).all() and (high <= self.high).all())


if __name__ == "__main__":
    print(f"right on every input of every length; least margin {check(Path(sys.argv[1]), Path(sys.argv[2])):.3f} logits")
