"""Names and numbers, as pages and the terminal show them."""

import math
import re
from collections.abc import Callable, Sequence
from statistics import median


def spell(name: str) -> str:
    """Write an identifier as words; it cannot contain an apostrophe, so ``_posts`` stands for ``post's``.

    Example:
        >>> spell("sequence_accuracy"), spell("the_posts")
        ('sequence accuracy', "the post's")
    """
    return re.sub(r"_posts(?=_|$)", " post's", name).replace("_", " ")


def number(value: float | None) -> str:
    """Write a score with three decimals or three digits; one that is not 0 or 1 is never rounded to it.

    Example:
        >>> [number(x) for x in (1.0, 0.9999, 0.5, 0.0001, 0, 12.345, None)]
        ['1', '>0.999', '0.500', '<0.001', '0', '12.3', '–']
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value in (0, 1):
        return f"{value:.0f}"
    if 0 < value < 0.001:
        return "<0.001"
    if 0.999 < value < 1:
        return ">0.999"
    if abs(value) >= 1000:
        return f"{value:.2e}" if abs(value) >= 1e6 else numeral(round(value))
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.3g}"


def numeral(value: float) -> str:
    """Write a count with a comma between thousands: ``10000`` -> ``10,000``; the half of a median is kept."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def ranges(numbers: Sequence[int], form: Callable[[int], str] = str) -> str:
    """Write numbers as ``params.yaml`` has them: three or more that follow each other are a range.

    Example:
        >>> ranges([4, 5, 6, 7, 20, 50, 51])
        '4-7, 20, 50, 51'
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{form(run[0])}-{form(run[-1])}" if len(run) > 2 else ", ".join(map(form, run)) for run in runs)


def span(noun: str, bounds: tuple[int, int]) -> str:
    """Write a range of lengths: ``length 12`` or ``lengths 1 to 20``."""
    low, high = bounds
    return f"{noun} {numeral(low)}" if low == high else f"{noun}s {numeral(low)} to {numeral(high)}"


def share(fraction: float, n: int) -> str:
    """Write a share of ``n`` as a count: ``0.2, 10`` -> ``2/10``."""
    return f"{round(fraction * n)}/{n}"


def steps(value: float) -> str:
    """Write after how many steps or sequences a net solved its task; infinity is ``unsolved``."""
    return "unsolved" if math.isinf(value) else numeral(round(value))


def spread(values: Sequence[float], noun: str, form: Callable[[float], str]) -> str:
    """Write median and range of some values, and how many ``noun``s there are; nothing for no values."""
    if not values:
        return ""
    low, middle, high = form(min(values)), form(median(values)), form(max(values))
    counted = f", {len(values)} {noun}{'s' if len(values) > 1 else ''}" if noun else ""
    return f"{middle} in every {noun}" if low == high and noun else f"median {middle}, from {low} to {high}{counted}"
