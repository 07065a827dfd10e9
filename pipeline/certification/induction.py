"""Grow one set for each key until every image of a stride lies inside its target: an induction hypothesis that proves itself."""

from dataclasses import dataclass

import numpy as np

from pipeline.certification.keys import Key, Keys
from pipeline.certification.net import Reals, TanhNet
from pipeline.certification.sets import Cell, hull, principal, reach, stacked
from pipeline.certification.zonotopes import Bounds, Zonotopes, margins, push

# Images must stay this far inside, and this share of a margin is claimed, so that a checker that rounds in its own way agrees.
INSIDE = 0.999


@dataclass(frozen=True)
class Growth:
    """How the sets are grown.

    Attributes:
        rounds: Rounds after which sets that still grow are given up.
        learning: Rounds in which the sets' axes still turn with their images.
        widening: Factor by which sets are made wider than their images.
        least: What a set is wider than that at least, in the unit of the hidden state.
    """

    rounds: int = 40
    learning: int = 10
    widening: float = 1.05
    least: float = 1e-6


@dataclass(frozen=True)
class Attempt:
    """What came of growing the sets.

    Attributes:
        cells: The sets of those keys that were reached, in the keys' order where it closed.
        margins: The least margin of each set's strides, in logits.
        stuck: Why it did not close; empty where it did.
        widest: Keys, those with the widest images first, by which a refinement goes.
    """

    cells: list[Cell]
    margins: Reals
    stuck: str = ""
    widest: tuple[tuple[float, Key], ...] = ()


def grow(net: TanhNet, keys: Keys, growth: Growth) -> Attempt:
    """Push all sets by one stride, wrap each target around its images, and so on until the images stay inside."""
    bounds = Bounds.of(net)
    cells: dict[int, Cell] = {0: start(net.units)}
    rows: dict[int, Reals] = {}
    widest: tuple[tuple[float, Key], ...] = ()
    for at in range(growth.rounds):
        known = sorted(cells)
        images, least = _stride(net, bounds, keys, known, [cells[key] for key in known])
        if not least.min() > 0:
            key = keys.names[known[int(least.argmin())]]
            return Attempt([], least, f"after {describe(key)} a logit may come out {-least.min():.3g} too low", widest)
        widest = _widest(keys, known, images)
        targets = keys.targets[known].ravel()
        farthest, where = 0.0, 0
        grown = {0: cells[0]}
        for target in np.unique(targets):
            own = Zonotopes(*(part[targets == target] for part in images))
            out = reach(own, cells[target]) if target in cells else np.inf
            farthest, where = max((farthest, where), (out, int(target)))
            if target not in rows or at < growth.learning:
                rows[target] = principal(own)
            grown[target] = hull(own, rows[target], growth.widening, growth.least)
        if farthest <= INSIDE:
            return Attempt([cells[key] for key in known], least)
        cells = grown
    return Attempt([], least, f"the set of {describe(keys.names[where])} still grew after {growth.rounds} rounds", widest)


def start(units: int) -> Cell:
    """Return a cell around ``h = 0``, where every run begins; a parallelotope cannot have no width."""
    return Cell(np.zeros(units), 2.0**-40 * np.eye(units), np.zeros(units), np.zeros(units))


def describe(key: Key) -> str:
    """Say which histories a key holds."""
    state, last = key
    symbols = " ".join(map(str, last))
    if state is None:
        return f"the input '{symbols}'" if last else "the start"
    return f"'{symbols}' read in state '{state}'"


def _stride(net: TanhNet, bounds: Bounds, keys: Keys, known: list[int], cells: list[Cell]) -> tuple[Zonotopes, Reals]:
    images, least = stacked(cells), np.full(len(cells), np.inf)
    for outputs in keys.outputs:
        images = push(net, bounds, images)
        here = margins(net, bounds, images, outputs[known].ravel()).reshape(len(cells), -1)
        least = np.minimum(least, np.where(np.isnan(here), -np.inf, here).min(axis=1))
    return images, least


def _widest(keys: Keys, known: list[int], images: Zonotopes) -> tuple[tuple[float, Key], ...]:
    width = np.linalg.norm(np.minimum(images.spread, (images.high - images.low) / 2), axis=1).reshape(len(known), -1).max(axis=1)
    open_keys = [(float(width[i]), keys.names[key]) for i, key in enumerate(known) if keys.names[key][0] is not None]
    return tuple(sorted(open_keys, key=lambda entry: -entry[0]))
