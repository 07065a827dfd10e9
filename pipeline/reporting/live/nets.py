"""The nets of the live page: which of them fit into it, and how their weights and proofs are written there."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.files.verdicts import Verdict
from pipeline.reporting.figures.projections import Points, principal_plane, projection_of_cell
from pipeline.reporting.figures.state_space import Cell
from pipeline.reporting.inputs.arrays import Array

# The architectures that ``templates/live/nets.js`` computes; a test holds this against it.
ARCHITECTURES = (
    "attention", "carousel", "gru", "lstm", "lstm_1997", "multi_layer_rnn", "pointer", "seq2seq", "simple_rnn",
)  # fmt: skip
# Characters of nets in a page; with scripts and styles it stays below two million bytes.
ROOM = 1_860_000
# Sides of an outline, and the steps in which its corners are written, along half of its extent.
SIDES = 12
STEPS = 400

Json = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """The sets of one net's proof, for a picture.

    Attributes:
        names: What each set holds, in words.
        cells: The sets; the first is the start's. Only their first ``visible`` coordinates are drawn.
        visible: Units of the hidden state.
        targets: The number of the set that each word of ``k`` symbols leads to, the last symbol varying fastest.
        k: Symbols that each step of the proof reads.
        hidden: Hidden states that the net reached, ``[n, visible]``, which choose the plane.
    """

    names: tuple[str, ...]
    cells: tuple[Cell, ...]
    visible: int
    targets: tuple[tuple[int, ...], ...]
    k: int
    hidden: Array


@dataclass(frozen=True)
class Net:
    """One trained net.

    Attributes:
        length: The training length.
        weights: float32 by Keras variable path.
        verdict: Of the stage ``certify``, where it was asked.
        proof: Where there is one.
    """

    seed: int
    length: int
    weights: Mapping[str, NDArray[np.float32]]
    verdict: Verdict | None = None
    proof: Proof | None = None


@dataclass(frozen=True)
class Shown:
    """The nets of one experiment, and what is said of it.

    Attributes:
        task: The name of its task.
        source: Whose recipe it is.
        model: The section ``model`` of its recipe.
        sentence: The recipe in words.
    """

    experiment: str
    task: str
    source: str
    model: Mapping[str, Any]
    sentence: str
    nets: tuple[Net, ...]


def document(shown: Shown, kept: Sequence[Json]) -> Json:
    """Describe an experiment and those of its nets that are kept; ``shapes`` are those of the weights, in their order."""
    first = shown.nets[0].weights
    return {
        "name": shown.experiment,
        "task": shown.task,
        "source": shown.source,
        "sentence": shown.sentence,
        "model": shown.model,
        "length": shown.nets[0].length,
        "shapes": [[path, list(weight.shape)] for path, weight in first.items()],
        "seeds": len(shown.nets),
        "nets": kept,
    }


def fitting(group: Sequence[Shown], room: int = ROOM) -> list[Json]:
    """Describe the nets that fit into ``room`` characters.

    One net of each experiment comes first, then those with a verdict, then the others; small ones come before large ones.

    Returns:
        The experiments in their order, without those of which no net fits.
    """
    kept: dict[str, list[Json]] = {shown.experiment: [] for shown in group}
    for shown, net in _in_turn(group):
        written = _net(net)
        size = len(json.dumps(written))
        if size <= room:
            kept[shown.experiment].append(written)
            room -= size
    return [document(shown, kept[shown.experiment]) for shown in group if kept[shown.experiment]]


def _in_turn(group: Sequence[Shown]) -> Iterator[tuple[Shown, Net]]:
    by_size = sorted((shown for shown in group if shown.nets), key=_order)
    yield from ((shown, shown.nets[0]) for shown in by_size)
    yield from ((shown, net) for shown in by_size for net in shown.nets[1:])


def _order(shown: Shown) -> tuple[bool, int]:
    first = shown.nets[0]
    return first.verdict is None, sum(weight.size for weight in first.weights.values())


def _net(net: Net) -> Json:
    """Describe a net; its weights are base64 of little-endian float32, one after the other."""
    weights = b"".join(weight.astype("<f4").tobytes() for weight in net.weights.values())
    found: Json = {"seed": net.seed, "weights": base64.b64encode(weights).decode()}
    if net.verdict:
        hit = net.verdict.counterexample
        found["verdict"] = {
            "verdict": net.verdict.verdict,
            "margin": net.verdict.margin,
            "sets": net.verdict.sets,
            "counterexample": hit.model_dump() if hit else None,
        }
    if net.proof:
        found["proof"] = _proof(net.proof)
    return found


def _proof(proof: Proof) -> Json:
    plane = principal_plane(proof.hidden)
    shown = slice(proof.visible)
    corners = (projection_of_cell(c.center[shown], c.axes[:, shown], c.low[shown], c.high[shown], plane) for c in proof.cells)
    return {
        "plane": np.round(plane, 7).tolist(),
        "sets": [
            {"state": cell.state, "name": name, "targets": list(targets), **outline(polygon)}
            for cell, name, polygon, targets in zip(proof.cells, proof.names, corners, proof.targets, strict=True)
        ],
        "k": proof.k,
    }


def outline(polygon: Points) -> Json:
    """Enclose a convex polygon ``[k, 2]`` with one of few sides, in few characters.

    The sides touch the polygon in directions evenly spread once it is stretched to be as wide as it is long.

    Returns:
        ``center``, ``size``, and ``corners``: whole numbers, one after the other, so that ``center + size * corners`` are the corners.
    """
    center = polygon.mean(axis=0)
    apart = polygon - center
    spread, axes = np.linalg.eigh(apart.T @ apart / len(polygon))
    scale = np.sqrt(np.maximum(spread, 1e-18))
    angles = 2 * np.pi * np.arange(SIDES) / SIDES
    across = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    reach = (apart @ axes / scale @ across.T).max(axis=0)
    after, beyond = np.roll(across, -1, axis=0), np.roll(reach, -1)
    # Neighbouring sides meet where both are reached (Cramer's rule); the determinant is the sine of the angle between them.
    meeting = np.stack([reach * after[:, 1] - beyond * across[:, 1], beyond * across[:, 0] - reach * after[:, 0]], axis=1)
    corners = (meeting / np.sin(2 * np.pi / SIDES) * scale) @ axes.T
    # Enlarged by more than what rounding takes away.
    size = max(float(np.abs(corners).max()), 1e-12) / STEPS
    whole = np.rint(corners / size * (1 + 2 / STEPS)).astype(int)
    return {"center": [float(f"{x:.7g}") for x in center], "size": float(f"{size:.3g}"), "corners": whole.ravel().tolist()}
