"""What scripts read: plain text. For a person at a terminal ``terminal`` draws the same; only then is rich loaded, which takes a moment."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def show_what_can_be_shown() -> None:
    """Let stdout and stderr print ``?`` for a character that their encoding does not have (``PYTHONIOENCODING=latin-1``, ``LC_ALL=C``)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a test may put another kind of stream here
            stream.reconfigure(errors="replace")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], longest: int | None = None, unbroken: str | None = None) -> None:
    """Print a table: drawn at its end on a terminal; elsewhere a row at a time with tabs between its cells, the columns' names first.

    Args:
        columns: Their names.
        rows: A cell for each column.
        longest: The length from which on cells are cut short, on a terminal alone.
        unbroken: A column whose cells stay on one line, on a terminal.
    """
    if sys.stdout.isatty():
        from pipeline.commands.terminal import draw_table

        draw_table(columns, rows, longest, unbroken)
        return
    print("\t".join(columns))
    for row in rows:
        print("\t".join(row))


def shortened(text: str, longest: int) -> str:
    """Cut a long text in its middle and say how long it was.

    Example:
        >>> shortened("12345", 24), shortened("9" * 10000, 24)
        ('12345', '9999999…9999999 (10,000)')
    """
    if len(text) <= longest:
        return text
    whole = f" ({len(text):,})"
    room = max(longest - len(whole) - 1, 2)
    return f"{text[: room - room // 2]}…{text[len(text) - room // 2 :]}{whole}"


def watched(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Yield ``items``, with a bar on stderr that says ``what`` takes its time and how far it is; none where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from pipeline.commands.terminal import with_bar

    yield from with_bar(items, what, total)


def note(text: str) -> None:
    """Say something beside the output to a person at a terminal."""
    if sys.stderr.isatty():
        from pipeline.commands.terminal import console

        console(stderr=True, highlight=False).print(text)
