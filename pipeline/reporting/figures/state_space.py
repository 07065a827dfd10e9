"""State-space plots: the hidden states of a certified net, and the sets of its proof, which they never leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator

from pipeline.core.words import numeral
from pipeline.reporting.figures.projections import Points, explained, principal_plane, projection_of_cell
from pipeline.reporting.figures.style import FIRST, MUTED, SECOND, SQUARE, THIRD, Key, Mark, Panel, Picture
from pipeline.reporting.inputs.arrays import Array

# Colours and marks of a transducer's states: the marks are for those who cannot tell the colours apart.
COLOURS = (FIRST, SECOND, THIRD, MUTED)
MARKS: tuple[Mark, ...] = ("o", "^", "s", "D")
# Machines of more states than this look alike again, and have no legend.
MOST = len(COLOURS) * len(MARKS)


def look(state: int) -> tuple[str, Mark]:
    """Return the colour and the mark of a transducer's state; every ``MOST`` of them differ."""
    turn, place = divmod(state, len(COLOURS))
    return COLOURS[place], MARKS[(place + turn) % len(MARKS)]


@dataclass(frozen=True)
class Cell:
    """A set of a proof, which belongs to a state of the transducer: ``{center + e axes, |e| <= 1}`` within ``[low, high]``."""

    state: int
    center: Array
    axes: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class StateSpace:
    """The hidden states of one certified net, and the sets of its proof.

    Attributes:
        states: The transducer's states by name.
        hidden: Hidden states that the net reached, ``[n, units]``.
        at: The number of the transducer's state at each, ``[n]``.
        cells: The sets of the proof.
    """

    experiment: str
    seed: int
    states: tuple[str, ...]
    hidden: Array
    at: Array
    cells: tuple[Cell, ...]


def picture(net: StateSpace) -> Picture:
    """Draw ``net`` in the plane of its two principal components."""
    plane = principal_plane(net.hidden)
    outlines = [(cell.state, projection_of_cell(cell.center, cell.axes, cell.low, cell.high, plane)) for cell in net.cells]
    panel = Panel(f"{net.experiment}, seed {net.seed}", _alt(net, plane), partial(_draw, net, plane, outlines), SQUARE)
    looks = [look(number) for number in range(len(net.states))]
    keys = tuple(Key(f"state: {state}", colour, mark=mark) for state, (colour, mark) in zip(net.states, looks, strict=True))
    keys = keys if len(keys) <= MOST else ()
    return Picture(f"{net.experiment}-state-space", "Hidden states of a certified net, and the sets that they never leave", (panel,), keys)


def _alt(net: StateSpace, plane: Points) -> str:
    counts = [f"{numeral(int((net.at == number).sum()))} in state {state}" for number, state in enumerate(net.states)]
    return (
        f"{net.experiment}, seed {net.seed}: {numeral(len(net.hidden))} hidden states of {net.hidden.shape[1]} units, "
        f"{' and '.join(counts)}, in the plane of two principal components, which shows {100 * explained(net.hidden, plane):.0f} % "
        f"of their variance. All lie inside the outlines of {numeral(len(net.cells))} certified sets."
    )


def _draw(net: StateSpace, plane: Points, outlines: Sequence[tuple[int, Points]], axes: Axes) -> None:
    for state, corners in outlines:
        colour, _ = look(state)
        axes.add_patch(Polygon(corners, closed=True, facecolor=colour, alpha=0.07, linewidth=0))
        axes.add_patch(Polygon(corners, closed=True, fill=False, edgecolor=colour, alpha=0.75, linewidth=0.8))
    points = net.hidden @ plane.T
    for number in range(len(net.states)):
        own, (colour, mark) = points[net.at == number], look(number)
        axes.plot(own[:, 0], own[:, 1], mark, color=colour, markersize=3.6, markeredgewidth=0, alpha=0.8)
    axes.autoscale_view()
    spread = np.concatenate([points, *(corners for _, corners in outlines)])
    low, high = spread.min(axis=0), spread.max(axis=0)
    room = 0.06 * (high - low)
    axes.set_xlim(low[0] - room[0], high[0] + room[0])
    axes.set_ylim(low[1] - room[1], high[1] + room[1])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("first principal component")
    axes.set_ylabel("second", labelpad=1)
