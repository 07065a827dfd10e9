"""Inputs as a person gives them: an argument, lines of standard input, lines of files."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from pipeline.core.errors import WrongInput

STANDARD_INPUT = "-"
# The byte order mark.
MARK = "\ufeff"

# Of standard input, which can be read but once, this many bytes are kept in memory and the rest on disk.
IN_MEMORY = 1 << 24


class Inputs:
    """Inputs that can be gone through again and again; one line at a time is in memory.

    A context: it closes its files.
    """

    def __init__(self, text: str | None, files: list[Path]) -> None:
        if (text is None) == (not files):
            raise WrongInput("expected either an INPUT (or - for standard input) or files with --file, and not both")
        self._text = text
        self._names = [STANDARD_INPUT] if text == STANDARD_INPUT else [str(path) for path in files]
        self._files: list[tuple[str, BinaryIO]] = []
        self._open = ExitStack()

    def __enter__(self) -> "Inputs":
        with ExitStack() as stack:
            self._files = [_rewindable(name, stack) for name in self._names]
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield where each input stands (empty for an argument), and its text; empty lines are passed over.

        Raises:
            WrongInput: A line is no text in UTF-8.
        """
        if not self._files:
            yield "", (self._text or "").removeprefix(MARK)
        for name, file in self._files:
            file.seek(0)
            for number, line in enumerate(file, start=1):
                place = f"{name}, line {number}: "
                try:
                    # Editors on Windows put a byte order mark before the first line, which is no part of it.
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                except UnicodeDecodeError as error:
                    raise WrongInput(f"{place}expected text in UTF-8, got the byte {line[error.start]:#04x}") from None
                if text:
                    yield place, text


def _rewindable(name: str, stack: ExitStack) -> tuple[str, BinaryIO]:
    if name == STANDARD_INPUT:
        file, name = sys.stdin.buffer, "standard input"
    else:
        try:
            file = stack.enter_context(open(name, "rb"))  # noqa: SIM115
        except OSError as error:
            raise WrongInput(f"{name}: expected a file with an input a line ({error.strerror})") from None
    if file.seekable():
        return name, file
    copy = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    stack.callback(copy.close)
    shutil.copyfileobj(file, copy)
    return name, copy  # type: ignore[return-value]
