"""How figures look, and how they are written: one small SVG a panel for the page, one PNG a figure for elsewhere.

Colours are the eight of Okabe and Ito (2008, "Color Universal Design"), which colour-blind people can tell apart. The SVG carries
each colour as a variable with a light and a dark value, so that figures follow the reader's colour scheme.
"""

import base64
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from textwrap import wrap
from typing import Any, Literal

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

# name: (light, dark). Matplotlib draws with the light ones; each must be unique, since it is found again by its value.
THEME = {
    "ink": ("#23262b", "#e4e6e9"),
    "muted": ("#6b7078", "#9aa1ab"),
    "grid": ("#e3e5e8", "#343941"),
    "card": ("#fffffe", "#1d2127"),
    "first": ("#0072b2", "#56b4e9"),
    "second": ("#d55e01", "#f0884e"),
    "third": ("#009e73", "#3cc79f"),
}
INK, MUTED, GRID, CARD, FIRST, SECOND, THIRD = (light for light, _ in THEME.values())

Dash = Literal["-", "--", ":", "-."]
Mark = Literal["", "o", "^", "s", "D", "x"]

PANEL_INCHES = (3.6, 2.35)
SQUARE = (4.4, 3.9)
# Room around a panel's axes for its labels. Fixed, because measuring it would draw everything twice.
MARGINS = {"left": 0.7, "right": 0.3, "bottom": 0.45, "top": 0.12}
PANELS_ACROSS = 3
TITLE_INCHES = 0.25
LEGEND_ROW_INCHES = 0.22
CAPTION_ROW_INCHES = 0.19
CHARACTERS_AN_INCH = 10  # of a caption, bold, or a little more

_RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": CARD,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 10,
    "figure.facecolor": CARD,
    # The first is what matplotlib lays text out with; the others stand in for it where a reader does not have it.
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"],
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "savefig.facecolor": CARD,
    "svg.fonttype": "none",
    "svg.hashsalt": "trailing-nines",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


@dataclass(frozen=True)
class Key:
    """An entry of a figure's legend: a line, or a mark."""

    label: str
    colour: str
    dash: Dash = "-"
    mark: Mark = ""


@dataclass(frozen=True)
class Panel:
    """One pair of axes: its title, what it shows in words for those who cannot see it, and how it is drawn."""

    title: str
    alt: str
    draw: Callable[[Axes], None]
    inches: tuple[float, float] = PANEL_INCHES


@dataclass(frozen=True)
class Picture:
    """A figure of one or more panels. ``name`` is its file's, without the ending."""

    name: str
    caption: str
    panels: tuple[Panel, ...]
    legend: tuple[Key, ...] = ()


def _styled() -> AbstractContextManager[None]:
    """Draw with matplotlib's own settings and ours over them, whatever a user's ``matplotlibrc`` says: pictures are outputs."""
    return style.context(["default", _RC])


@cache
def svg(panel: Panel) -> str:
    """Draw ``panel`` as an SVG that follows the reader's colour scheme; return it as a ``data:`` address."""
    with _styled():
        figure = Figure(figsize=panel.inches)
        panel.draw(_axes(figure, panel.inches, 0, 0))
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(_themed(file.getvalue()).encode()).decode()


def png(picture: Picture) -> bytes:
    """Draw all panels of ``picture`` with caption, titles and a legend, in the light colours."""
    down = -(-len(picture.panels) // PANELS_ACROSS)
    across = -(-len(picture.panels) // down)  # four are two and two, not three and one
    legend = LEGEND_ROW_INCHES * -(-len(picture.legend) // across)
    wide, high = (max(panel.inches[side] for panel in picture.panels) for side in (0, 1))
    caption = wrap(picture.caption, int(CHARACTERS_AN_INCH * wide * across))
    above = 0.06 + CAPTION_ROW_INCHES * len(caption)
    size = (wide * across, above + (high + TITLE_INCHES) * down + legend + 0.1)
    with _styled():
        figure = Figure(figsize=size, dpi=110)
        for place, panel in enumerate(picture.panels):
            left, below = place % across, place // across
            axes = _axes(figure, panel.inches, wide * left, above + (high + TITLE_INCHES) * below + TITLE_INCHES)
            axes.set_title(panel.title, loc="left")
            panel.draw(axes)
        figure.text(0.1 / size[0], 1 - 0.06 / size[1], "\n".join(caption), va="top", fontsize=10, fontweight="bold", color=INK)
        handles = [_handle(key) for key in picture.legend]
        if handles:
            figure.legend(handles=handles, loc="lower left", ncols=across, fontsize=8)
        file = io.BytesIO()
        figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _handle(key: Key) -> Line2D:
    return Line2D([], [], color=key.colour, linestyle="" if key.mark else key.dash, marker=key.mark, markersize=4.5, label=key.label)


def _axes(figure: Figure, inches: tuple[float, float], left: float, top: float) -> Axes:
    """Add a panel's axes, its upper left corner so many inches from that of the figure."""
    width, height = figure.get_size_inches()
    wide = inches[0] - MARGINS["left"] - MARGINS["right"]
    high = inches[1] - MARGINS["top"] - MARGINS["bottom"]
    bottom = height - top - MARGINS["top"] - high
    return figure.add_axes(((left + MARGINS["left"]) / width, bottom / height, wide / width, high / height))


def _themed(text: str) -> str:
    for name, (light, _) in THEME.items():
        text = text.replace(light, f"var(--{name})")
    light, dark = (";".join(f"--{name}:{pair[side]}" for name, pair in THEME.items()) for side in (0, 1))
    sheet = f"<style>:root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    end = text.index(">", text.index("<svg")) + 1
    return text[:end] + sheet + text[end:]
