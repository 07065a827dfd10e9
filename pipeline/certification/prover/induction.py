"""Widen one set for each context until the images of every ``k`` symbols lie inside their targets: an induction hypothesis proves itself.

The sets begin around states that runs visit, turn with their images for some rounds, and then only ever grow, where images leave them.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.base import Net
from pipeline.certification.prover.clusters import Cluster, cluster_centers, nearest_center
from pipeline.certification.prover.contexts import Context, Contexts, describe
from pipeline.certification.prover.visits import visited_states
from pipeline.certification.prover.widening import SharedBounds, WideningSet
from pipeline.certification.sets.cells import Cell, as_zonotopes, boxes_lie_in, largest_coordinate, start_cell
from pipeline.certification.sets.rounding import Reals
from pipeline.certification.sets.zonotopes import Zonotopes

# Images must stay this far inside, so that a checker that rounds in its own way agrees.
INSIDE = 1 - 1e-5
START: Cluster = (0, 0)


@dataclass(frozen=True)
class Widening:
    """How the sets are widened.

    Attributes:
        rounds: Rounds after which sets that still grow are given up.
        turning: Rounds in which the sets' axes still turn with their images.
        slack: Share of its width by which a set is made wider than its images while it turns.
        largest: The largest share of its width by which a set goes ahead of its images in a round after that.
    """

    rounds: int = 120
    turning: int = 6
    slack: float = 0.005
    largest: float = 0.02


@dataclass(frozen=True)
class Attempt:
    """What came of the search for a fixpoint.

    Attributes:
        cells: The sets; none where there is no fixpoint.
        margins: The least margin that each set's images have, in logits: ``[sets]``.
        contexts: The number of each set's context.
        targets: ``[sets, symbols ** k]``: the set that each word of ``k`` symbols leads to.
        stuck: Why there is no fixpoint; empty where there is one.
        widest: Contexts, those with the widest images first, by which a refinement goes.
        images: How many images were computed, which is the work that it took.
    """

    cells: list[Cell]
    margins: Reals
    contexts: tuple[int, ...] = ()
    targets: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    stuck: str = ""
    widest: tuple[tuple[float, Context], ...] = ()
    images: int = 0


def fixpoint(net: Net, contexts: Contexts, widening: Widening, work: float = math.inf) -> Attempt:
    """Push all sets by every word of ``k`` symbols, widen each target to hold its images, and so on until the images stay inside.

    A context has one set, or several where its visited states lie apart (``clusters``). After ``work`` images it is given up.
    """
    found = visited_states(net, contexts)
    centers = {context: cluster_centers(states, net.visible) for context, states in found.items()}
    sets = {cluster: WideningSet(_points(states), widening.slack) for cluster, states in _by_cluster(found, centers).items()}
    shared: SharedBounds | None = None
    widest: tuple[tuple[float, Context], ...] = ()
    growing: list[Cluster] = [START]
    pushed = 0
    for at in range(widening.rounds):
        known = [START, *sorted(sets)]
        cells = [start_cell(net.width), *(sets[cluster].cell() for cluster in known[1:])]
        own = [context for context, _ in known]
        images, least = _push(net, contexts, own, cells)
        pushed += len(images.center)
        widest = _widest(net, contexts, own, images)
        if not least.min() > 0:
            name = contexts.names[own[int(least.argmin())]]
            stuck = f"after {describe(name)} a logit may come out {-least.min():.3g} too low"
            return Attempt([], least, stuck=stuck, widest=widest, images=pushed)
        targets = _targets(contexts.targets[own].ravel(), images, centers)
        current = dict(zip(known, cells, strict=True))
        growing = _widen_all(sets, current, images, _held(images, cells), targets, widening, at < widening.turning)
        if not growing:
            numbers = {cluster: number for number, cluster in enumerate(known)}
            led = np.array([numbers[target] for target in targets]).reshape(len(known), -1)
            return Attempt(cells, least, tuple(own), led, images=pushed)
        if pushed > work:
            return Attempt([], least, stuck="there was no fixpoint when all allowed images were computed", widest=widest, images=pushed)
        if at >= widening.turning:
            shared = shared or SharedBounds(sets)
            shared.widen(sets, images)
    name = contexts.names[growing[-1][0]]
    stuck = f"the set of {describe(name)} still grew after {widening.rounds} rounds"
    return Attempt([], least, stuck=stuck, widest=widest, images=pushed)


def _by_cluster(found: dict[int, Reals], centers: dict[int, Reals]) -> dict[Cluster, Reals]:
    parts: dict[Cluster, Reals] = {}
    for context, states in found.items():
        numbers = nearest_center(states, centers[context])
        parts |= {(context, int(number)): states[numbers == number] for number in np.unique(numbers)}
    return parts


def _targets(contexts: NDArray[np.int64], images: Zonotopes, centers: dict[int, Reals]) -> list[Cluster]:
    """Say which set each image is for: that of its context whose center it is nearest to."""
    targets: list[Cluster] = [(int(context), 0) for context in contexts]
    for context, around in centers.items():
        here = np.flatnonzero(contexts == context)
        for place, number in zip(here.tolist(), nearest_center(images.center[here], around).tolist(), strict=True):
            targets[place] = (context, number)
    return targets


def _widen_all(
    sets: dict[Cluster, WideningSet], cells: dict[Cluster, Cell], images: Zonotopes, held: NDArray[np.bool_], targets: list[Cluster],
    widening: Widening, turning: bool,
) -> list[Cluster]:  # fmt: skip
    """Let all sets take in their images; return those that had to."""
    growing = []
    places: dict[Cluster, list[int]] = {}
    for place, target in enumerate(targets):
        places.setdefault(target, []).append(place)
    for target in sorted(places):
        here = np.array(places[target])
        own, held_here = Zonotopes(*(part[here] for part in images)), held[:, here]
        if target in cells and not turning and _inside(own, cells[target]):
            continue
        growing.append(target)
        if target not in cells or turning:
            sets[target] = WideningSet(own, widening.slack, held_here)
        else:
            sets[target].widen(own, held_here, widening.largest)
    return growing


def _inside(images: Zonotopes, cell: Cell) -> bool:
    return largest_coordinate(images, cell) <= INSIDE and boxes_lie_in(images, cell)


def _points(found: Reals) -> Zonotopes:
    return Zonotopes(found, np.zeros((len(found), 0, found.shape[1])), found, found)


def _push(net: Net, contexts: Contexts, known: list[int], cells: list[Cell]) -> tuple[Zonotopes, Reals]:
    images, least = as_zonotopes(cells), np.full(len(cells), np.inf)
    for outputs in contexts.outputs:
        images = net.push(images)
        here = net.margins(images, outputs[known].ravel()).reshape(len(cells), -1)
        least = np.minimum(least, np.where(np.isnan(here), -np.inf, here).min(axis=1))
    return images, least


def _held(images: Zonotopes, cells: list[Cell]) -> NDArray[np.bool_]:
    """Say which bounds of the images' boxes are those of the sets that they come from: ``[2, N, D]``; zeros aside, a gate holds them."""
    before = as_zonotopes(cells)
    times = len(images.center) // len(cells)
    pairs = ((images.low, before.low), (images.high, before.high))
    return np.stack([(after == bound.repeat(times, axis=0)) & (after != 0) for after, bound in pairs])


def _widest(net: Net, contexts: Contexts, known: list[int], images: Zonotopes) -> tuple[tuple[float, Context], ...]:
    wide = np.minimum(images.spread, (images.high - images.low) / 2)[:, : net.visible]
    width = np.linalg.norm(wide, axis=1).reshape(len(known), -1).max(axis=1)
    names = [contexts.names[context] for context in known]
    by_width = [(float(size), name) for size, name in zip(width, names, strict=True) if name[0] is not None]
    return tuple(sorted(by_width, key=lambda entry: -entry[0]))
