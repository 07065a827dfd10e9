"""Grow one set for each key until every image of a stride lies inside its target: an induction hypothesis that proves itself.

The sets begin around states that runs visit, turn with their images for some rounds, and then only ever grow, where images leave them.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.base import Net
from pipeline.certification.prover.clusters import Place, anchors, nearest
from pipeline.certification.prover.contexts import Key, Keys
from pipeline.certification.prover.growth import Far, Growing
from pipeline.certification.prover.visits import visits
from pipeline.certification.sets.cells import Cell, boxed, reach, stacked, start
from pipeline.certification.sets.rounding import Reals
from pipeline.certification.sets.zonotopes import Zonotopes

# Images must stay this far inside, so that a checker that rounds in its own way agrees.
INSIDE = 1 - 1e-5
START: Place = (0, 0)


@dataclass(frozen=True)
class Growth:
    """How the sets are grown.

    Attributes:
        rounds: Rounds after which sets that still grow are given up.
        learning: Rounds in which the sets' axes still turn with their images.
        room: Share of its width by which a set is made wider than its images while it learns.
        leap: The largest share of its width by which a set goes ahead of its images in a round after that.
    """

    rounds: int = 120
    learning: int = 6
    room: float = 0.005
    leap: float = 0.02


@dataclass(frozen=True)
class Attempt:
    """What came of growing the sets.

    Attributes:
        cells: The sets; none where it did not close.
        margins: The least margin of each set's strides, in logits.
        keys: The number of each set's key.
        targets: ``[sets, strides]``: the set that each stride leads to.
        stuck: Why it did not close; empty where it did.
        widest: Keys, those with the widest images first, by which a refinement goes.
    """

    cells: list[Cell]
    margins: Reals
    keys: tuple[int, ...] = ()
    targets: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    stuck: str = ""
    widest: tuple[tuple[float, Key], ...] = ()


def grow(net: Net, keys: Keys, growth: Growth) -> Attempt:
    """Push all sets by one stride, let each target take its images in, and so on until the images stay inside.

    A key has one set, or several where its visited states lie apart (``modes``).
    """
    found = visits(net, keys)
    anchored = {key: anchors(states, net.visible) for key, states in found.items()}
    sets = {place: Growing(_points(states), growth.room) for place, states in _by_mode(found, anchored).items()}
    far: Far | None = None
    widest: tuple[tuple[float, Key], ...] = ()
    growing: list[Place] = [START]
    for at in range(growth.rounds):
        known = [START, *sorted(sets)]
        cells = [start(net.width), *(sets[place].cell() for place in known[1:])]
        own = [key for key, _ in known]
        images, least = _stride(net, keys, own, cells)
        widest = _widest(net, keys, own, images)
        if not least.min() > 0:
            key = keys.names[own[int(least.argmin())]]
            return Attempt([], least, stuck=f"after {describe(key)} a logit may come out {-least.min():.3g} too low", widest=widest)
        targets = _targets(keys.targets[own].ravel(), images, anchored)
        growing = _grow_all(sets, dict(zip(known, cells, strict=True)), images, _held(images, cells), targets, growth, at < growth.learning)
        if not growing:
            numbers = {place: number for number, place in enumerate(known)}
            led = np.array([numbers[target] for target in targets]).reshape(len(known), -1)
            return Attempt(cells, least, tuple(own), led)
        if at >= growth.learning:
            far = far or Far(sets)
            far.grow(sets, images)
    key = keys.names[growing[-1][0]]
    return Attempt([], least, stuck=f"the set of {describe(key)} still grew after {growth.rounds} rounds", widest=widest)


def describe(key: Key) -> str:
    """Say which histories a key holds."""
    state, last = key
    symbols = " ".join(map(str, last))
    if state is None:
        return f"the input '{symbols}'" if last else "the start"
    return f"'{symbols}' read in state '{state}'"


def _by_mode(found: dict[int, Reals], anchored: dict[int, Reals]) -> dict[Place, Reals]:
    parts: dict[Place, Reals] = {}
    for key, states in found.items():
        mode = nearest(states, anchored[key])
        parts |= {(key, int(m)): states[mode == m] for m in np.unique(mode)}
    return parts


def _targets(keys: NDArray[np.int64], images: Zonotopes, anchored: dict[int, Reals]) -> list[Place]:
    """Say which set each image is for: that of its key whose anchor it is nearest to."""
    targets: list[Place] = [(int(key), 0) for key in keys]
    for key, around in anchored.items():
        here = np.flatnonzero(keys == key)
        for place, mode in zip(here.tolist(), nearest(images.center[here], around).tolist(), strict=True):
            targets[place] = (key, mode)
    return targets


def _grow_all(
    sets: dict[Place, Growing], places: dict[Place, Cell], images: Zonotopes, held: NDArray[np.bool_], targets: list[Place],
    growth: Growth, learning: bool,
) -> list[Place]:  # fmt: skip
    """Let all sets take in their images; return those that had to."""
    growing = []
    for target in sorted(set(targets)):
        here = np.array([place == target for place in targets])
        own, copies = Zonotopes(*(part[here] for part in images)), held[:, here]
        if target in places and not learning and reach(own, places[target]) <= INSIDE and boxed(own, places[target]):
            continue
        growing.append(target)
        if target not in places or learning:
            sets[target] = Growing(own, growth.room, copies)
        else:
            sets[target].grow(own, copies, growth.leap)
    return growing


def _points(found: Reals) -> Zonotopes:
    return Zonotopes(found, np.zeros((len(found), 0, found.shape[1])), found, found)


def _stride(net: Net, keys: Keys, known: list[int], cells: list[Cell]) -> tuple[Zonotopes, Reals]:
    images, least = stacked(cells), np.full(len(cells), np.inf)
    for outputs in keys.outputs:
        images = net.push(images)
        here = net.margins(images, outputs[known].ravel()).reshape(len(cells), -1)
        least = np.minimum(least, np.where(np.isnan(here), -np.inf, here).min(axis=1))
    return images, least


def _held(images: Zonotopes, cells: list[Cell]) -> NDArray[np.bool_]:
    """Say which bounds of the images' boxes are those of the sets that they come from: ``[2, N, D]``; zeros aside, a gate holds them."""
    before = stacked(cells)
    times = len(images.center) // len(cells)
    pairs = ((images.low, before.low), (images.high, before.high))
    return np.stack([(after == bound.repeat(times, axis=0)) & (after != 0) for after, bound in pairs])


def _widest(net: Net, keys: Keys, known: list[int], images: Zonotopes) -> tuple[tuple[float, Key], ...]:
    wide = np.minimum(images.spread, (images.high - images.low) / 2)[:, : net.visible]
    width = np.linalg.norm(wide, axis=1).reshape(len(known), -1).max(axis=1)
    open_keys = [(float(width[i]), keys.names[key]) for i, key in enumerate(known) if keys.names[key][0] is not None]
    return tuple(sorted(open_keys, key=lambda entry: -entry[0]))
