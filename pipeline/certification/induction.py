"""Grow one set for each key until every image of a stride lies inside its target: an induction hypothesis that proves itself.

The sets begin around states that runs visit, turn with their images for some rounds, and then only ever grow, where images leave them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.base import Net
from pipeline.certification.growing import Far, Growing
from pipeline.certification.keys import Key, Keys
from pipeline.certification.rounding import Reals
from pipeline.certification.sets import Cell, boxed, reach, stacked, start
from pipeline.certification.visits import visits
from pipeline.certification.zonotopes import Zonotopes

# Images must stay this far inside, so that a checker that rounds in its own way agrees.
INSIDE = 1 - 1e-5


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
        cells: The sets, in the keys' order; none where it did not close.
        margins: The least margin of each set's strides, in logits.
        stuck: Why it did not close; empty where it did.
        widest: Keys, those with the widest images first, by which a refinement goes.
    """

    cells: list[Cell]
    margins: Reals
    stuck: str = ""
    widest: tuple[tuple[float, Key], ...] = ()


def grow(net: Net, keys: Keys, growth: Growth) -> Attempt:
    """Push all sets by one stride, let each target take its images in, and so on until the images stay inside."""
    sets = {key: Growing(_points(found), growth.room) for key, found in visits(net, keys).items()}
    far: Far | None = None
    widest: tuple[tuple[float, Key], ...] = ()
    growing: list[int] = [0]
    for at in range(growth.rounds):
        known = [0, *sorted(sets)]
        cells = [start(net.width), *(sets[key].cell() for key in known[1:])]
        images, least = _stride(net, keys, known, cells)
        widest = _widest(net, keys, known, images)
        if not least.min() > 0:
            key = keys.names[known[int(least.argmin())]]
            return Attempt([], least, f"after {describe(key)} a logit may come out {-least.min():.3g} too low", widest)
        places = dict(zip(known, cells, strict=True))
        held = _held(images, cells)
        targets = keys.targets[known].ravel()
        growing = _grow_all(sets, places, images, held, targets, growth, at < growth.learning)
        if not growing:
            return Attempt(cells, least)
        if at >= growth.learning:
            far = far or Far(sets)
            far.grow(sets, images)
    return Attempt([], least, f"the set of {describe(keys.names[growing[-1]])} still grew after {growth.rounds} rounds", widest)


def describe(key: Key) -> str:
    """Say which histories a key holds."""
    state, last = key
    symbols = " ".join(map(str, last))
    if state is None:
        return f"the input '{symbols}'" if last else "the start"
    return f"'{symbols}' read in state '{state}'"


def _grow_all(
    sets: dict[int, Growing], places: dict[int, Cell], images: Zonotopes, held: NDArray[np.bool_], targets: NDArray[np.int64],
    growth: Growth, learning: bool,
) -> list[int]:  # fmt: skip
    """Let all sets take in their images; return those that had to."""
    growing = []
    for target in np.unique(targets).tolist():
        here = targets == target
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
