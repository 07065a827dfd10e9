"""Axes that several figures share: logarithmic ones with plain numbers, and ticks whose labels do not overlap."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullLocator

from pipeline.core.words import numeral

TICK_POINTS = 8
# Between two labels.
GAP_POINTS = 2.0


def log_lengths(axes: Axes, lengths: list[int]) -> None:
    """Make the x axis logarithmic, with ticks at 1, 10, 100 … as plain numbers."""
    low, high = min(lengths), max(lengths)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.15, high * 1.15)
    powers = [10**k for k in range(7) if low <= 10**k <= high]
    axes.set_xticks(powers if len(powers) > 1 else lengths)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: numeral(x)))


def spaced_labels(axes: Axes, labels: Sequence[str], first: Sequence[int]) -> None:
    """Put ticks with ``labels`` at 0, 1, 2 … on the x axis, whose limits are set; leave out labels that would overlap.

    Args:
        axes: The axes.
        labels: A text for each tick.
        first: Places whose labels have priority over the others.
    """
    left, right = axes.get_xlim()
    points_per_unit = axes.get_window_extent().width / axes.figure.dpi * 72 / (right - left)
    halves = [TextPath((0, 0), label, size=TICK_POINTS).get_extents().width / 2 / points_per_unit for label in labels]
    gap = GAP_POINTS / points_per_unit
    shown: list[int] = []
    for place in dict.fromkeys([*first, *range(len(labels))]):
        if all(abs(place - other) >= halves[place] + halves[other] + gap for other in shown):
            shown.append(place)
    axes.set_xticks(range(len(labels)), [label if place in shown else "" for place, label in enumerate(labels)], fontsize=TICK_POINTS)


def log_values(axes: Axes) -> None:
    """Make the y axis of a drawn panel logarithmic, with plain numbers."""
    lowest, highest = axes.dataLim.intervaly
    if lowest > 0 and highest < 1.001 * lowest:
        axes.set_ylim(lowest / 2, highest * 2)  # one value has no range of its own, and two that rounding has set apart have none to show
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    # Within a decade powers of ten would leave an axis with one tick or none.
    locator: Locator = LogLocator(numticks=5) if high > 20 * low else MaxNLocator(4)
    axes.yaxis.set_major_locator(locator)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}" if y < 1 or y >= 1e6 else numeral(y)))
    axes.yaxis.set_minor_locator(NullLocator())
