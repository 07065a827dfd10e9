"""JSON and CSV files of the stages, read into types. What is missing or damaged is named, with the command that makes it."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pipeline.core.errors import Mendable

T = TypeVar("T")


class Record(BaseModel):
    """A part of such a file; keys that it does not name are ignored."""

    model_config = ConfigDict(frozen=True)


class MissingFile(Mendable):
    """A file is not there; the message names it and the command that makes it."""

    def __init__(self, path: object, stage: str) -> None:
        super().__init__(f"{path}: this file is missing; make it with: dvc repro {stage}")


class UnreadableFile(Mendable):
    """A file is there and is not what it should be; the message names it, the first fault, and the command that makes it again."""

    def __init__(self, path: object, fault: str, stage: str) -> None:
        super().__init__(f"{path}{fault}; make it again with: dvc repro --force {stage}")


def read_json(path: Path, kind: type[T], stage: str) -> T:
    """Read one value of ``kind`` from a file that ``stage`` (such as ``train@parity-rnn``) writes.

    Raises:
        MissingFile, UnreadableFile: See there.
    """
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise MissingFile(path, stage) from error
    except ValidationError as error:
        raise UnreadableFile(path, f": {first_fault(error)}", stage) from error


def read_csv(path: Path, kind: type[T], stage: str) -> Iterator[T]:
    """Read one value of ``kind`` from each line; an empty field is ``None``.

    Raises:
        MissingFile, UnreadableFile: See there; the latter names the line too.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for number, row in enumerate(read_text(path, stage), start=2):
        try:
            yield adapter.validate_python({key: value or None for key, value in row.items()})
        except ValidationError as error:
            raise UnreadableFile(path, f", line {number}: {first_fault(error)}", stage) from error


def read_text(path: Path, stage: str, columns: Iterable[str] = ()) -> list[dict[str, str]]:
    """Read the lines of a CSV file by column, as text; ``columns`` must be there.

    Raises:
        MissingFile, UnreadableFile: See there. A file that is cut in the middle of a line is unreadable.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingFile(path, stage) from error
    if not data.endswith(b"\n"):
        fault = "expected lines that all end, got an unfinished one" if data else "expected lines, got an empty file"
        raise UnreadableFile(path, f": {fault}", stage)
    try:
        reader = csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)
        lines = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(path, ": expected lines of text with commas, got something else", stage) from error
    if lacking := [column for column in columns if column not in (reader.fieldnames or ())]:
        raise UnreadableFile(path, f": expected a column {lacking[0]}, got {', '.join(reader.fieldnames or ())}", stage)
    if any(None in line or None in line.values() for line in lines):
        raise UnreadableFile(path, ": expected as many values in each line as there are columns, got another number", stage)
    return lines


def write_csv(path: Path, columns: Iterable[str], lines: Iterable[Iterable[object]]) -> None:
    """Write a CSV file; ``None`` leaves a field empty, truth values are written as ``true`` and ``false``."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([str(value).lower() if isinstance(value, bool) else value for value in line] for line in lines)


def first_fault(error: ValidationError) -> str:
    """Name the first place where a value is not what it should be, and what is wrong there."""
    item = error.errors()[0]
    return f"{'.'.join(str(part) for part in item['loc']) or 'content'}: {item['msg'][0].lower()}{item['msg'][1:]}"
