"""Check that a pointer net sorts lists of every length.

The net: ``m_i = tanh(W[x_i] + m_(i-1) U + b)``, m before the first is zeros; ``h`` is the last m, then ``h' = tanh(m_p D + h V + c)``;
written next is an unread place with the largest score ``h Q m_i``. Checked are boxes E[x] and D[w]:

1. ``m`` behind symbol x lies in E[x], if the one before is zeros or lies in any E;
2. ``h'`` once w was written lies in D[w], if m_p lies in E[w] and h in any E or D;
3. with h in D[w]: for all a and b with w <= a < b, every score from E[a] is above every score from E[b];
4. with h in E[x]: likewise for all a <= x and b > a.

Induction: at the start h is in E[x] of the last symbol x, so the least symbol is no greater than x, and a place that holds it is
written. Once w was written, nothing unread is less than w, h is in D[w], and again a place of the least one is written.

float32: a sum of n terms, products among them, in any order, fused or not, errs by n u / (1 - n u) times the sum of the terms'
magnitudes (Higham 2002, section 3.1). A score is a sum of products of three factors, whichever product is taken first: 2 n + 2 roundings
on each. tanh errs by ``tanh_error``. What is subnormal may be flushed.
"""

from typing import Any

import numpy as np

from pipeline.guarantees.checker.files import Array, numbers, require

UNIT, TANH = 2.0**-24, 2.0**-18
# What float64 errs by for each unit of magnitude in sums of a few hundred terms, with much to spare; what underflow can lose.
EPS, TINY = 2.0**-40, 2.0**-90
NAMES = {
    "encoder/kernel", "encoder/recurrent_kernel", "encoder/bias", "decoder/kernel", "decoder/recurrent_kernel", "decoder/bias",
    "pointing/kernel",
}  # fmt: skip
LOWEST = 1e9  # the score of a place that was written, but for its sign


def check(document: dict[str, Any], weights: dict[str, Array]) -> list[str]:
    """Return what is proved, in words. Raises ``Rejected``."""
    require(document["assumptions"] == {"float32_unit": UNIT, "tanh_error": TANH}, "the assumptions are not those of this checker")
    require(set(weights) == NAMES, "the weights are those of another kind of net")
    net = {name: array.astype(np.float64) for name, array in weights.items()}
    symbols, units = net["encoder/kernel"].shape
    for name in NAMES - {"encoder/kernel"}:
        require(net[name].shape == ((units,) if name.endswith("bias") else (units, units)), f"{name} has not the shape of this net")
    require(units < 1000 and max(np.abs(array).max() for array in net.values()) < 2.0**40, "the net is larger than this checker allows for")
    encoder, decoder = (_box(document[name], (symbols, units)) for name in ("encoder", "decoder"))
    before = _around(encoder, np.zeros((1, units)))
    known = (net["encoder/kernel"], net["encoder/bias"])
    _within(_step([(before, net["encoder/recurrent_kernel"])], known), encoder, "the encoder's state")
    parts = [(encoder, net["decoder/kernel"]), (_around(encoder, *decoder), net["decoder/recurrent_kernel"])]
    _within(_step(parts, (np.zeros((symbols, units)), net["decoder/bias"])), decoder, "the decoder's state")
    margin = min(_least(net["pointing/kernel"], state, encoder, at, start) for at in range(symbols) for state, start in (
        ((decoder[0][at], decoder[1][at]), False), ((encoder[0][at], encoder[1][at]), True)))  # fmt: skip
    require(type(document["margin"]) is float and margin >= document["margin"] > 0, f"the margin is {margin}, and another one is claimed")
    return [
        f"proved: this net sorts every list of numbers 0 to {symbols - 1}, of every length, if the assumptions hold",
        f"  margin       the score of the least number that is left leads those of greater ones by at least {document['margin']:.6g}",
    ]


Box = tuple[Array, Array]  # middles and half widths


def _box(part: Any, shape: tuple[int, int]) -> Box:
    require(set(part) == {"low", "high"}, "a box has a low and a high end")
    low, high = numbers(part["low"], shape), numbers(part["high"], shape)
    require(
        (low <= high).all() and np.abs(low).max() < 2 and np.abs(high).max() < 2, "a box has its ends the wrong way round, or is too wide"
    )
    middle = (low + high) / 2
    return middle, np.maximum(high - middle, middle - low) * (1 + EPS)


def _around(box: Box, *points: Array) -> Box:
    """Return one box ``[1, units]`` around boxes and points (or a second box, as its middles and half widths)."""
    low, high = box[0] - box[1], box[0] + box[1]
    if len(points) == 2:
        low, high = np.concatenate([low, points[0] - points[1]]), np.concatenate([high, points[0] + points[1]])
    else:
        low, high = np.concatenate([low, *points]), np.concatenate([high, *points])
    least, most = low.min(axis=0, keepdims=True), high.max(axis=0, keepdims=True)
    return (least + most) / 2, (most - least) / 2 * (1 + EPS) + EPS


def _step(parts: list[tuple[Box, Array]], known: tuple[Array, Array]) -> Box:
    """Enclose the float32 tanh of ``known`` and of boxes times matrices: ``(low, high)`` of each symbol."""
    middle = known[0] + known[1]
    half, size = np.zeros_like(middle), np.abs(known[0]) + np.abs(known[1])
    terms = 2
    for (center, radius), matrix in parts:
        middle = middle + center @ matrix
        half = half + radius @ np.abs(matrix)
        size = size + (np.abs(center) + radius) @ np.abs(matrix)
        terms += len(matrix)
    error = half + (terms * UNIT / (1 - terms * UNIT) + EPS) * size * (1 + EPS) + TINY
    error = error + EPS * half
    return np.tanh(middle - error) - TANH - EPS, np.tanh(middle + error) + TANH + EPS


def _within(image: Box, box: Box, what: str) -> None:
    """Require that ``(low, high)`` lies in a box; what is not a number lies nowhere."""
    low, high = box[0] - box[1], box[0] + box[1]
    require(((image[0] - EPS >= low) & (image[1] + EPS <= high)).all(), f"{what} leaves its box")


def _least(matrix: Array, state: tuple[Array, Array], places: Box, at: int, start: bool) -> float:
    """Bound from below by how much the scores of smaller symbols lead those of larger ones, with the decoder's state in a box."""
    (center, radius), (middle, half), mixing = state, places, np.abs(matrix)
    symbols = len(middle)
    query, blur = center @ matrix, radius @ mixing
    reach = np.abs(middle) + half
    size = reach @ ((np.abs(center) + radius) @ mixing)
    require(size.max() < LOWEST / 4, "a score may be as low as that of a place that was written")
    terms = 2 * len(matrix) + 2
    off = (terms * UNIT / (1 - terms * UNIT) + EPS) * size * (1 + EPS) + TINY
    off = off + half @ (np.abs(query) + blur) * (1 + EPS)
    first, second = np.triu_indices(symbols, k=1)
    kept = first <= at if start else first >= at
    first, second = first[kept], second[kept]
    if not len(first):
        return np.inf
    apart = middle[first] - middle[second]
    leads = apart @ query - np.abs(apart) @ blur * (1 + EPS) - off[first] - off[second]
    require(not np.isnan(leads).any(), "a score is not a number")
    return float(leads.min())
