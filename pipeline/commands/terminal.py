"""What people see: pages and tables with lines and colours on a terminal, plain text elsewhere (``streams`` has what needs no rich)."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from rich import box
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from pipeline.commands.streams import shortened
from pipeline.core.words import ranges

T = TypeVar("T")
Part = RenderableType
PLAIN_WIDTH = 110


def console(*, stderr: bool = False, **options: Any) -> Console:
    """Return a console on stdout or stderr that takes it for a terminal only if it is one, whatever ``FORCE_COLOR`` and its like say.

    Files and pipes are read by scripts: a variable that a CI image sets for colours must not change what stands there.
    """
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, force_terminal=stream.isatty(), **options)


def draw_table(columns: Sequence[str], rows: Iterable[Sequence[str]], longest: int | None, unbroken: str | None) -> None:
    """Draw what ``streams.print_table`` prints."""
    table = Table(*(Column(name, no_wrap=name == unbroken, overflow="fold") for name in columns))
    for row in rows:
        table.add_row(*(Text(cell if longest is None else shortened(cell, longest)) for cell in row))
    console().print(table)


def with_bar(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Yield ``items`` below the bar of ``streams.watched``."""
    counted = (BarColumn(bar_width=12), MofNCompleteColumn(), TimeRemainingColumn()) if total > 1 else ()
    # What is printed meanwhile is not the bar's: rich would send all of stdout to stderr.
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), *counted,
        console=console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False,
    ) as bars:  # fmt: skip
        yield from bars.track(items, total=total, description=what)


class Page:
    """Titles, sentences and tables; with lines and colours on a terminal, else plain text of a width that reads well.

    Nothing is printed before ``show``, so that what goes wrong while a page is put together leaves no half of one.
    """

    def __init__(self) -> None:
        screen = console()
        self._console = screen if screen.is_terminal else console(width=PLAIN_WIDTH)
        self._parts: list[Part] = []

    def add(self, *parts: Part) -> None:
        """Put sentences and tables below what is there, tables with space before them."""
        for part in parts:
            # On a terminal a table's own frame begins with an empty line.
            self._parts += ["", part] if isinstance(part, Table) and not self._console.is_terminal else [part]

    def section(self, heading: str, *parts: Part) -> None:
        """Put a heading and what stands under it; nothing if there is nothing."""
        if parts:
            self._parts += ["", Text(heading, style="bold cyan")]
            self.add(*parts)

    def show(self) -> None:
        """Print the page."""
        with self._console.capture() as captured:
            for part in self._parts:
                if isinstance(part, Table) and self._console.is_terminal:
                    part.box = box.SIMPLE_HEAD
                self._console.print(Text(part) if isinstance(part, str) else part)
        lines = captured.get().splitlines()
        print("\n".join(line.rstrip() for line in lines))


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Lay out a table for a ``Page``."""
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table


def written(value: object) -> str:
    """Write a value of ``params.yaml``: long lists of lengths as text with ranges, what is not set as a dash.

    Example:
        >>> [written(x) for x in ([1, 2, 3, 7], None, 0.5, True, 9000, "adam")]
        ['1-3, 7', '–', '0.5', 'true', '9000', 'adam']
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ranges(value) if all(isinstance(item, int) for item in value) else ", ".join(map(written, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
