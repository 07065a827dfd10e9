"""The referee: verify a certificate against a net's weights with NumPy and the standard library, sharing no code with the prover.

Three things are checked, and by induction on the number of strides they make every output right: the first set holds ``h = 0`` and its
transducer state is the start; whatever float32 state a stride of symbols leads to from a set lies in the set that the certificate names
as its target, whose transducer state is the one that the stride leads to; on the way the right logit leads by a positive margin, no less
than is claimed. Which histories a set is said to hold plays no part.

The net is ``h' = tanh(W[x] + h U + b)``, ``logits = h V + c`` in float32, sums in any order, fused multiply-adds and flushed subnormals
allowed (Higham 2002, section 3.1: a sum of n terms errs by n 2^-24 / (1 - n 2^-24) of the terms' magnitudes), tanh within ``TANH``.
The checker itself computes in float64; a sum of fewer than 4096 terms errs by less than 2^-41 of the terms' magnitudes, and ``EPS`` is
twice that. NumPy's own tanh, sqrt and arctanh are taken to be right to 2^-45.

Run it alone: ``python checker.py certificate.json weights.npz``.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

TANH, EPS = 2.0**-18, 2.0**-40
NAMES = ("recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "readout/kernel", "readout/bias")
Array = Any


class Rejected(ValueError):
    """The certificate does not prove what it says; the message names the first thing that is wrong."""


def check(certificate: Path, weights: Path, transducer: Any = None) -> float:
    """Verify a certificate and return its least margin in logits, as computed here.

    Args:
        certificate: The JSON file.
        weights: The ``.npz`` file of the net.
        transducer: What the net should compute (``states``, ``symbols``, ``transitions``); without it the certificate's own is believed.

    Raises:
        Rejected: Anything is not as it must be.
    """
    try:
        proof = json.loads(certificate.read_text())
        with np.load(weights, allow_pickle=False) as arrays:
            net = [arrays[name] for name in NAMES]
            _require(set(arrays.files) == set(NAMES), "the weights are those of another kind of net")
        return _check(proof, net, transducer)
    except (KeyError, TypeError, IndexError, ValueError, OSError, OverflowError, np.linalg.LinAlgError) as error:
        raise error if isinstance(error, Rejected) else Rejected(f"{certificate}: expected a certificate, got {error!r}") from None


def _require(holds: Any, otherwise: str) -> None:
    if not holds:
        raise Rejected(otherwise)


def _check(proof: dict[str, Any], net: list[Array], transducer: Any) -> float:
    sha = hashlib.sha256()
    for name, weight in zip(NAMES, net, strict=True):
        _require(weight.dtype == np.float32 and np.isfinite(weight).all(), f"{name} is not finite float32")
        sha.update(f"{name} {list(weight.shape)} float32\n".encode() + weight.astype("<f4").tobytes())
    _require(sha.hexdigest() == proof["weights_sha256"], "the certificate is for other weights")
    body = json.dumps({key: value for key, value in proof.items() if key != "digest"}, sort_keys=True, separators=(",", ":"))
    _require(hashlib.sha256(body.encode()).hexdigest() == proof["digest"], "the certificate was changed after it was written")
    _require(proof["format"] == "trailing-nines certificate 1", "the format is unknown")
    _require(proof["assumptions"] == {"float32_unit": 2.0**-24, "tanh_error": TANH}, "the assumptions are not those of this checker")
    table = proof["transducer"]
    moves = {(state, symbol): (after, output) for state, symbol, after, output in table["transitions"]}
    if transducer is not None:
        same = list(transducer.states) == table["states"] and transducer.symbols == table["symbols"] and transducer.transitions == moves
        _require(same, "the certificate is for another transducer")
    symbols, nodes, stride = range(table["symbols"]), proof["nodes"], proof["stride"]
    units = len(net[2])
    shapes = [weight.shape for weight in net]
    _require(shapes == [(len(symbols), units), (units, units), (units,), (units, len(net[4])), (len(net[4]),)], "weights do not fit")
    _require(units * (stride + 1) < 2000 and stride >= 1, "the net is larger than the rounding of this checker allows for")
    first = nodes[0]
    cells = [_Cell(node, units) for node in nodes]
    _require(first["state"] == table["states"][0], "the first set is not the start's")
    _require((cells[0].low <= 0).all() and (cells[0].high >= 0).all() and cells[0].holds(np.zeros(units), np.zeros((1, units))), "h = 0")
    step = _Step([weight.astype(np.float64) for weight in net])
    claims = []
    for node, cell in zip(nodes, cells, strict=True):
        _require(len(node["targets"]) == len(symbols) ** stride, f"{node['name']}: a stride has no target")
        images, least = [(node["state"], (cell.center, cell.axes, cell.low, cell.high))], np.inf
        for _ in range(stride):
            pushed = []
            for state, image in images:
                for symbol in symbols:
                    after, output = moves[state, symbol]
                    pushed.append((after, step.push(image, symbol)))
                    least = min(least, step.margin(pushed[-1][1], output))
            images = pushed
        _require(least >= node["margin"] > 0, f"{node['name']}: the margin is {least}, and {node['margin']} is claimed")
        claims.append(node["margin"])
        for number, (state, (center, axes, low, high)) in zip(node["targets"], images, strict=True):
            named = type(number) is int and 0 <= number < len(nodes) and nodes[number]["state"] == state
            _require(named, f"{node['name']}: a stride leads to no set of state {state}")
            target = cells[number]
            inside = (target.low <= low).all() and (high <= target.high).all() and target.holds(center, axes)
            _require(inside, f"{node['name']}: an image leaves the set of {nodes[number]['name']}")
    _require(proof["margin"] == min(claims), "the margin is not the least one")
    return float(min(claims))


class _Cell:
    """``{center + e axes, |e| <= 1}`` within ``[low, high]``."""

    def __init__(self, node: dict[str, Any], units: int) -> None:
        self.center, self.axes, self.low, self.high = (np.array(node[part], np.float64) for part in ("center", "axes", "low", "high"))
        _require(self.axes.shape == (units, units), f"{node['name']}: the axes do not fit")
        for part in (self.center, self.low, self.high, self.axes):
            _require(np.isfinite(part).all() and part.shape[-1:] == (units,) and part.ndim <= 2, f"{node['name']}: a number is missing")
        self.inverse = np.linalg.inv(self.axes)
        error = np.abs(self.axes @ self.inverse - np.eye(units)) + EPS * (np.abs(self.axes) @ np.abs(self.inverse) + 1)
        self.off = error.sum(axis=0).max()  # how far ``inverse`` may be from the true one, as a share

    def holds(self, center: Array, axes: Array) -> bool:
        """Say whether ``{center + e axes}`` lies in the parallelotope."""
        error = EPS * (np.abs(center) + np.abs(self.center) + np.abs(axes).sum(axis=0)) @ np.abs(self.inverse)
        within = np.abs((center - self.center) @ self.inverse) + np.abs(axes @ self.inverse).sum(axis=0) + error
        return bool(self.off < 0.5 and (within * (1 + EPS) <= 1 - self.off).all())


class _Step:
    """One symbol forward, for sets ``(center, axes, low, high)``: the points of a zonotope that lie in a box."""

    def __init__(self, net: list[Array]) -> None:
        self.kernel, self.recurrent, self.bias, self.readout, self.offset = net
        self.mixing, reading = np.abs(self.recurrent), np.abs(self.readout)
        terms = len(self.bias) + 2
        single = terms * 2.0**-24 / (1 - terms * 2.0**-24) * (1 + 2.0**-30)
        tiny = 2.0**-99
        fed = np.abs(self.kernel) + np.abs(self.bias)
        self.before = single * (fed + (1 + TANH) * self.mixing.sum(axis=0)) + tiny * (1 + self.mixing.max())
        self.after = single * (np.abs(self.offset) + (1 + TANH) * reading.sum(axis=0)) + tiny * (1 + reading.max())

    def push(self, image: tuple[Array, ...], symbol: int) -> tuple[Array, ...]:
        center, axes, low, high = image
        fed = self.kernel[symbol] + self.bias
        size = np.abs(center) + np.abs(axes).sum(axis=0) + np.abs(low) + np.abs(high)
        error = (1 + EPS) * self.before[symbol] + EPS * (size @ self.mixing + np.abs(self.kernel[symbol]) + np.abs(self.bias))
        center, axes = center @ self.recurrent + fed, axes @ self.recurrent
        spread = np.abs(axes).sum(axis=0)
        middle, half = (low + high) / 2 @ self.recurrent + fed, (high - low) / 2 @ self.mixing
        low = np.maximum(center - spread, middle - half) - error
        high = np.maximum(np.minimum(center + spread, middle + half) + error, low)
        ends = np.tanh(low), np.tanh(high)
        chord = (ends[1] - ends[0]) / np.maximum(high - low, 2.0**-900)
        slope = np.where(high - low < 1e-5, 1 - np.tanh((low + high) / 2) ** 2, np.minimum(chord, 1.0))
        slope = np.where(slope < 1e-6, 0.0, slope)
        # tanh(z) - slope z turns at z = +-turn and nowhere else; both are known to 1e-8.
        turn = np.arctanh(np.sqrt(1 - np.maximum(slope, 1e-6)))
        at = np.stack([low, high, np.clip(turn, low, high), np.clip(-turn, low, high)])
        bend = np.tanh(at) - slope * at
        top, bottom = bend.max(axis=0), bend.min(axis=0)
        noise = EPS * (2 + np.abs(low) + np.abs(high) + np.abs(center) + spread) + TANH
        radius = (top - bottom) / 2
        offset = (top + bottom) / 2
        flat = slope * spread + radius > (ends[1] - ends[0])  # the box says more: give up this unit's ties to the others
        slope = np.where(flat, 0.0, slope)
        offset = np.where(flat, (ends[0] + ends[1]) / 2, offset)
        radius = np.where(flat, (ends[1] - ends[0]) / 2, radius) + noise + slope * error
        axes = np.concatenate([slope * axes, np.diag(radius * (1 + EPS))])
        return slope * center + offset, axes, ends[0] - TANH - EPS, ends[1] + TANH + EPS

    def margin(self, image: tuple[Array, ...], output: int) -> float:
        """Bound from below by how much logit ``output`` leads."""
        center, axes, low, high = image
        apart = self.readout[:, [output]] - self.readout
        size = np.abs(center) + np.abs(axes).sum(axis=0) + np.abs(low) + np.abs(high)
        zonotope = center @ apart - np.abs(axes @ apart).sum(axis=0)
        box = (low + high) / 2 @ apart - (high - low) / 2 @ np.abs(apart)
        reading = np.abs(self.readout[:, [output]]) + np.abs(self.readout)
        constants = self.offset[output] - self.offset
        error = self.after[output] + self.after + EPS * (size @ reading + np.abs(self.offset[output]) + np.abs(self.offset))
        least = np.maximum(zonotope, box) + constants - (1 + EPS) * error
        return float(np.delete(least, output).min(initial=np.inf))


if __name__ == "__main__":
    print(f"right on every input of every length; least margin {check(Path(sys.argv[1]), Path(sys.argv[2])):.3f} logits")
