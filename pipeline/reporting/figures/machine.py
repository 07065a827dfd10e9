"""A task's machine: its states on a circle, an arrow for each pair of states that symbols lead from and to."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.patches import Circle

from pipeline.core.transducer import Transducer
from pipeline.core.words import numeral
from pipeline.reporting.figures.style import CARD, FIRST, INK, MUTED, Panel, Picture

Place = tuple[float, float]

# Machines of more states than this are drawn without words: there is no room for them.
NAMED = 12
# Symbols beside an arrow; of more the first ones stand there, and how many there are.
LABELS = 3
INCHES = (5.0, 4.4)


@dataclass(frozen=True)
class Machine:
    """A task's minimal machine.

    Attributes:
        task: The task's name.
        transducer: The machine.
        symbols: Each input symbol, as a person writes it.
    """

    task: str
    transducer: Transducer
    symbols: tuple[str, ...]


def picture(machine: Machine, title: str) -> Picture:
    """Draw the machine of a task that the report calls ``title``; what it writes is left out. The start has a bold outline."""
    count = len(machine.transducer.states)
    says = f"{numeral(count)} states, {numeral(machine.transducer.symbols)} symbols"
    panel = Panel(says, f"The machine of {title}: {says}. {_moves(machine)}", partial(_draw, machine), INCHES)
    return Picture(f"{machine.task}-machine", f"{title}: the machine that nets should compute", (panel,))


def arrows(machine: Machine) -> dict[tuple[str, str], list[str]]:
    """Return the symbols that lead from one state to another, by both."""
    found = defaultdict(list)
    for (state, symbol), (after, _) in sorted(machine.transducer.transitions.items(), key=lambda move: move[0][1]):
        found[state, after].append(machine.symbols[symbol])
    return dict(found)


def label(symbols: Sequence[str]) -> str:
    """Write the symbols beside an arrow.

    Example:
        >>> label("ab"), label("0123456789")
        ('a, b', '0, 1, … (10)')
    """
    return ", ".join(symbols) if len(symbols) <= LABELS else f"{symbols[0]}, {symbols[1]}, … ({len(symbols)})"


def _moves(machine: Machine) -> str:
    if len(machine.transducer.states) > NAMED:
        return "There are too many arrows to name each."
    moves = "; ".join(f"from {state} to {after} on {label(symbols)}" for (state, after), symbols in arrows(machine).items())
    return f"It starts in {machine.transducer.start}; {moves}."


def _draw(machine: Machine, axes: Axes) -> None:
    states = machine.transducer.states
    named = len(states) <= NAMED
    axes.set_axis_off()
    axes.set(xlim=(-1.75, 1.75), ylim=(-1.5, 1.5), aspect="equal")
    radius = 0.3 if len(states) <= 3 else min(0.24, 1.7 / len(states))
    ordered = sorted(states) if min(states) == machine.transducer.start else states
    places = {state: _place(number, len(states)) for number, state in enumerate(ordered)}
    for (state, after), symbols in arrows(machine).items():
        text = label(symbols) if named else ""
        if state == after:
            _loop(axes, places[state], text, radius, named)
        else:
            _arrow(axes, places[state], places[after], text, radius, named)
    for state, (x, y) in places.items():
        start = state == machine.transducer.start
        axes.add_patch(Circle((x, y), radius, facecolor=CARD, edgecolor=FIRST if start else INK, linewidth=2.5 if start else 1, zorder=3))
        if named:
            axes.text(x, y, state.replace(" ", "\n"), ha="center", va="center", fontsize=7, zorder=4, color=INK)


def _place(number: int, count: int) -> Place:
    angle = math.pi / 2 - 2 * math.pi * number / count
    return math.cos(angle), math.sin(angle)


def _loop(axes: Axes, place: Place, text: str, radius: float, named: bool) -> None:
    if not named:
        return
    x, y = place
    away = math.hypot(x, y)
    out = (x / away, y / away)
    ends = [(x + radius * (0.8 * out[0] - sign * 0.6 * out[1]), y + radius * (0.8 * out[1] + sign * 0.6 * out[0])) for sign in (1, -1)]
    axes.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-1.6", "color": MUTED})
    far = radius * 2.1 + 0.1
    axes.text(x + far * out[0], y + far * out[1], text, ha="center", va="center", fontsize=7, color=INK)


def _arrow(axes: Axes, start: Place, end: Place, text: str, radius: float, named: bool) -> None:
    length = math.dist(start, end)
    way = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    ends = [(point[0] + sign * radius * way[0], point[1] + sign * radius * way[1]) for point, sign in ((start, 1), (end, -1))]
    look = {"arrowstyle": "-|>", "connectionstyle": "arc3,rad=0.15", "color": MUTED, "lw": 1 if named else 0.4}
    axes.annotate("", ends[1], ends[0], arrowprops=look)
    if text:
        side = 0.075 * length + 0.03
        x, y = (start[0] + end[0]) / 2 + side * way[1], (start[1] + end[1]) / 2 - side * way[0]
        box = {"facecolor": CARD, "edgecolor": "none", "pad": 0.8}
        axes.text(x, y, text, ha="center", va="center", fontsize=7, color=INK, bbox=box)
