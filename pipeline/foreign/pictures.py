"""A machine as a picture: its states on a circle, an arrow for each pair of states that a symbol leads from and to."""

import math
from collections import defaultdict
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from pipeline.foreign.machines import Machine

Place = tuple[float, float]

# Labels of an arrow beyond this many are cut short.
LABELS = 4


def draw(machine: Machine, path: Path) -> None:
    """Write a PNG; a label such as ``1/0`` reads symbol 1 and writes output 0. The start has a bold outline."""
    states = machine.transducer.states
    size = 3.2 + 0.45 * len(states) ** 0.9
    figure = Figure(figsize=(size, size), dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set_axis_off()
    axes.set(xlim=(-1.75, 1.75), ylim=(-1.75, 1.75), aspect="equal")
    radius = min(0.22, 1.6 / (len(states) + 4))
    places = {state: _place(number, len(states)) for number, state in enumerate(states)}
    arrows = defaultdict(list)
    for (state, symbol), (after, output) in sorted(machine.transducer.transitions.items()):
        arrows[state, after].append(f"{machine.alphabet[symbol]}/{machine.outputs[output]}")
    for (state, after), labels in arrows.items():
        text = ", ".join(labels[:LABELS]) + (", …" if len(labels) > LABELS else "")
        if state == after:
            _loop(axes, places[state], text, radius)
        else:
            _arrow(axes, places[state], places[after], text, radius)
    for state, (x, y) in places.items():
        bold = 2.5 if state == machine.transducer.start else 1.0
        axes.add_patch(Circle((x, y), radius, facecolor="white", edgecolor="black", linewidth=bold, zorder=3))
        axes.text(x, y, state, ha="center", va="center", fontsize=9, zorder=4)
    figure.savefig(path)


def _place(number: int, count: int) -> Place:
    angle = math.pi / 2 - 2 * math.pi * number / count
    return (math.cos(angle), math.sin(angle)) if count > 1 else (0.0, 0.0)


def _loop(axes: Axes, place: Place, text: str, radius: float) -> None:
    x, y = place
    away = math.hypot(x, y)
    out = (x / away, y / away) if away else (0.0, 1.0)
    ends = [(x + radius * (0.8 * out[0] - sign * 0.6 * out[1]), y + radius * (0.8 * out[1] + sign * 0.6 * out[0])) for sign in (1, -1)]
    axes.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-1.8"})
    far = radius * 2.4 + 0.1
    axes.text(x + far * out[0], y + far * out[1], text, ha="center", va="center", fontsize=8)


def _arrow(axes: Axes, start: Place, end: Place, text: str, radius: float) -> None:
    length = math.dist(start, end)
    way = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    ends = [(point[0] + sign * radius * way[0], point[1] + sign * radius * way[1]) for point, sign in ((start, 1), (end, -1))]
    axes.annotate("", ends[1], ends[0], arrowprops={"arrowstyle": "-|>", "connectionstyle": "arc3,rad=0.18"})
    side = 0.13 * length + 0.06
    x, y = (start[0] + end[0]) / 2 + side * way[1], (start[1] + end[1]) / 2 - side * way[0]
    axes.text(x, y, text, ha="center", va="center", fontsize=8, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1})
