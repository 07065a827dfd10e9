"""The checker: verify a certificate against a net's weights with NumPy and the standard library, sharing no code with the prover.

Three things are checked, and by induction on the number of steps of ``k`` symbols they make every output right: the first set holds the
state of zeros and its transducer state is the start; whatever float32 state ``k`` symbols lead to from a set lies in the set that the
certificate names as its target, whose transducer state is the one that the symbols lead to; on the way the right logit leads by a
positive margin, no less than is claimed. Which histories a set is said to hold plays no part. In the file ``k`` is called ``stride``.

``steps`` and ``layered`` say which nets there are, what float32 may do to them, and enclose their steps; ``files`` reads; ``statement``
says in words what was proved. ``docs/certificate.md`` describes the format.

Run it alone: ``python -m pipeline.certification.checker.checker certificate.json weights.npz``. Exit codes: 0 accepted, 1 rejected,
2 wrong arguments or an unreadable file.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.checker.files import Rejected, Unreadable, read
from pipeline.certification.checker.layered import LayeredStep, as_layers, fault
from pipeline.certification.checker.statement import statement
from pipeline.certification.checker.steps import EPS, SIGMOID, TANH, Set, Step

__all__ = ["Rejected", "Unreadable", "check", "main"]

USAGE = "usage: python -m pipeline.certification.checker.checker certificate.json weights.npz"
Array = Any
Moves = dict[tuple[str, int], tuple[str, int]]
FORMATS = {True: "trailing-nines certificate 3", False: "trailing-nines certificate 2"}  # by whether it is a net of layers


def check(certificate: Path, weights: Path, transducer: Any = None, net: Any = None) -> float:
    """Verify a certificate and return its least margin in logits, which is no more than the one computed here.

    Args:
        certificate: The JSON file.
        weights: The ``.npz`` file of the net.
        transducer: What the net should compute (``states``, ``symbols``, ``transitions``); without it the certificate's own is believed.
        net: What the net is beside its weights (``kind``, and for an LSTM ``gates``, ``forget_bias``, ``input_bias``, ``input``; for a net
            of layers ``input`` and ``layers``); likewise.

    Raises:
        Rejected: Anything is not as it must be; ``Unreadable`` if a file cannot be read at all.
    """
    return _accepted(certificate, *read(certificate, weights), transducer, net)


def main(words: list[str]) -> int:
    """Check the certificate and the weights named by ``words``, print what is proved or one line of why not; return the exit code."""
    if len(words) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    certificate, weights = map(Path, words)
    try:
        proof, arrays = read(certificate, weights)
        _accepted(certificate, proof, arrays)
        print("\n".join(statement(proof, arrays, weights)))
    except Rejected as error:
        finding = "unreadable" if isinstance(error, Unreadable) else "rejected"
        print(f"{finding}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2 if isinstance(error, Unreadable) else 1
    return 0


def _accepted(certificate: Path, proof: dict[str, Any], weights: dict[str, Array], transducer: Any = None, net: Any = None) -> float:
    try:
        with np.errstate(all="ignore"):  # what is not finite is looked for, and rejected
            return _check(proof, weights, transducer, net)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, OverflowError, np.linalg.LinAlgError) as error:
        raise error if isinstance(error, Rejected) else Rejected(f"{certificate}: expected a certificate, got {error!r}") from None


def well_formed(certificate: Path, proof: dict[str, Any], weights: dict[str, Array]) -> Moves:
    """Check all of a certificate but its sets, as another referee needs it; return the machine's transitions.

    Raises:
        Rejected: A digest, a shape, a number or the machine is not as it must be.
    """
    try:
        with np.errstate(all="ignore"):
            moves = _moves(proof["transducer"])
            _unchanged(proof, weights)
            step = _step(proof["net"], weights, proof["transducer"]["symbols"])
            _require(step.largest < 2.0**127, "the weights are so large that a sum may leave the range of float32")
            _require(
                max(output for _, output in moves.values()) < step.outputs, "the transducer has an output that the net has no logit for"
            )
            _require(type(proof["stride"]) is int and proof["stride"] >= 1, "the number of symbols per step is no positive integer")
            for node in proof["nodes"]:
                _Cell(node, step.width)
                _require(0 < node["margin"] < np.inf, f"{node['name']}: the margin is no positive number")
                count = table_size(proof["transducer"]["symbols"], proof["stride"])
                _require(len(node["targets"]) == count, f"{node['name']}: {count} targets are needed")
            _require(len(proof["nodes"]) > 0, "there are no sets")
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, OverflowError, np.linalg.LinAlgError) as error:
        raise error if isinstance(error, Rejected) else Rejected(f"{certificate}: expected a certificate, got {error!r}") from None
    return moves


def table_size(symbols: int, k: int) -> int:
    """Count the words of ``k`` symbols."""
    return int(symbols**k)


def _require(holds: Any, otherwise: str) -> None:
    if not holds:
        raise Rejected(otherwise)


def _check(proof: dict[str, Any], weights: dict[str, Array], transducer: Any, net: Any) -> float:
    described, table, nodes, k = proof["net"], proof["transducer"], proof["nodes"], proof["stride"]
    _require(net is None or net == described, f"the certificate is for a net of {described}, and not of {net}")
    moves = _moves(table)
    if transducer is not None:
        same = list(transducer.states) == table["states"] and transducer.symbols == table["symbols"] and transducer.transitions == moves
        _require(same, "the certificate is for another transducer")
    _unchanged(proof, weights)
    step = _step(described, weights, table["symbols"])
    _require(max(output for _, output in moves.values()) < step.outputs, "the transducer has an output that the net has no logit for")
    _require(step.largest < 2.0**127, "the weights are so large that a sum may leave the range of float32")
    _require(type(k) is int and k >= 1, "the number of symbols per step is no positive integer")
    _require(step.width * (2 * k + 3) < 2000, "the net is larger than the rounding of this checker allows for")
    first, cells = nodes[0], [_Cell(node, step.width) for node in nodes]
    zero = np.zeros(step.width)
    _require(first["state"] == table["states"][0], "the first set is not the start's")
    _require(cells[0].holds((zero, np.zeros((1, step.width)), zero, zero)), "the first set does not hold the state of zeros")
    for node, cell in zip(nodes, cells, strict=True):
        images, least = _push(step, (node["state"], cell.points), moves, range(table["symbols"]), k)
        _require(not np.isnan(least), f"{node['name']}: a margin or an image is not a number")
        _require(least >= node["margin"] > 0, f"{node['name']}: the margin is {least}, and {node['margin']} is claimed")
        _require(len(node["targets"]) == len(images), f"{node['name']}: {len(images)} targets are needed, one for each {k} symbols")
        for number, (state, image) in zip(node["targets"], images, strict=True):
            named = type(number) is int and 0 <= number < len(nodes) and nodes[number]["state"] == state
            _require(named, f"{node['name']}: a target is no set of state {state}")
            _require(cells[number].holds(image), f"{node['name']}: an image leaves the set of {nodes[number]['name']}")
    _require(proof["margin"] == min(node["margin"] for node in nodes), "the margin is not the least one")
    return float(proof["margin"])


def _moves(table: dict[str, Any]) -> Moves:
    """Return ``(state, symbol) -> (state after, output)`` for every state and symbol."""
    states, symbols, rows = table["states"], table["symbols"], table["transitions"]
    _require(type(symbols) is int and symbols >= 1, "the transducer has no symbols")
    _require(all(type(state) is str for state in states) and len(set(states)) == len(states), "the transducer's states are no names")
    moves = {(state, symbol): (after, output) for state, symbol, after, output in rows}
    whole = set(moves) == {(state, symbol) for state in states for symbol in range(symbols)} and len(moves) == len(rows)
    _require(whole, "the transducer does not have one transition for each state and symbol")
    known = all(after in states and type(output) is int and output >= 0 for after, output in moves.values())
    _require(known, "a transition leads to no state or has no output")
    return moves


def _unchanged(proof: dict[str, Any], weights: dict[str, Array]) -> None:
    sha = hashlib.sha256(json.dumps(proof["net"], sort_keys=True, separators=(",", ":")).encode() + b"\n")
    for name, weight in weights.items():
        _require(weight.dtype == np.float32 and np.isfinite(weight).all(), f"{name} is not finite float32")
        sha.update(f"{name} {list(weight.shape)} float32\n".encode() + weight.astype("<f4").tobytes())
    body = json.dumps({key: value for key, value in proof.items() if key != "digest"}, sort_keys=True, separators=(",", ":"))
    _require(hashlib.sha256(body.encode()).hexdigest() == proof["digest"], "the certificate was changed after it was written")
    _require(sha.hexdigest() == proof["weights_sha256"], "the certificate is for other weights")
    _require(proof["format"] == FORMATS[proof["net"]["kind"] in ("gru", "layers")], "the format is unknown")
    assumed = {"float32_unit": 2.0**-24, "tanh_error": TANH, "sigmoid_error": SIGMOID}
    _require(proof["assumptions"] == assumed, "the assumptions are not those of this checker")


def _step(described: dict[str, Any], weights: dict[str, Array], symbols: int) -> Step | LayeredStep:
    if described["kind"] == "gru":
        described, weights = as_layers(described, weights)
    shapes = {name: weight.shape for name, weight in weights.items()}
    if described["kind"] == "layers":
        wrong = fault(described, shapes, symbols)
        _require(not wrong, wrong)
        _require(
            weights["layer_0/kernel"].shape[0] < 1000 or described["input"] == "one_hot", "the input is wider than this checker allows for"
        )
        return LayeredStep({name: weight.astype(np.float64) for name, weight in weights.items()}, described, symbols)
    _fitting(described, [*shapes.values()], symbols)
    return Step([weight.astype(np.float64) for weight in weights.values()], described, symbols)


def _fitting(described: dict[str, Any], shapes: list[tuple[int, ...]], symbols: int) -> None:
    gates, rows = 1, symbols
    if described != {"kind": "tanh"}:
        known = set(described) == {"kind", "gates", "input", "forget_bias", "input_bias"} and described["kind"] == "lstm"
        _require(known, "the net is unknown")
        kinds = described["gates"] in ("sigmoid", "hard_sigmoid") and described["input"] in ("one_hot", "number")
        _require(kinds, "the gates or inputs are unknown")
        added = _numbers([described["forget_bias"], described["input_bias"]])
        _require((added.astype(np.float32) == added).all(), "the gates' biases are not float32")
        gates, rows = 4, symbols if described["input"] == "one_hot" else 1
    units, outputs = shapes[3]
    expected = [(rows, gates * units), (units, gates * units), (gates * units,), (units, outputs), (outputs,)]
    _require(shapes == expected, "the weights do not fit the net")


def _numbers(values: Any) -> Array:
    """Return nested lists of finite numbers as float64, and nothing else: no text that reads as a number, no ragged list."""
    found = np.array(values)
    _require(found.dtype.kind in "fi" and np.isfinite(found).all(), "a number is missing")
    return found.astype(np.float64)


def _push(step: Step | LayeredStep, first: tuple[str, Set], moves: Moves, symbols: range, k: int) -> tuple[list[tuple[str, Set]], float]:
    """Return the images after ``k`` symbols, and the least margin on the way: not a number where anything on the way is not."""
    images, least = [first], np.inf
    for _ in range(k):
        pushed = []
        for state, image in images:
            for symbol in symbols:
                after, output = moves[state, symbol]
                pushed.append((after, step.push(image, symbol)))
                spoilt = any(np.isnan(part).any() for part in pushed[-1][1])
                least = np.minimum(least, np.nan if spoilt else step.margin(pushed[-1][1], output))  # unlike min, it passes NaN on
        images = pushed
    return images, float(least)


class _Cell:
    """``{center + e axes, |e| <= 1}`` within ``[low, high]``."""

    def __init__(self, node: dict[str, Any], width: int) -> None:
        self.points: Any = tuple(_numbers(node[part]) for part in ("center", "axes", "low", "high"))
        for part, shape in zip(self.points, ((width,), (width, width), (width,), (width,)), strict=True):
            _require(part.shape == shape, f"{node['name']}: a number is missing")
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
    sys.exit(main(sys.argv[1:]))
