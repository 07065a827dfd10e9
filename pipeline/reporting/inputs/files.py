"""Files that stages left behind, read into types; what is there and is not what it should be is named."""

import csv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

Array = NDArray[Any]
T = TypeVar("T")


class UnreadableError(ValueError):
    """A file that is there and is not what it should be."""


def read_json(path: Path, kind: type[T]) -> T:
    """Read one value of ``kind``.

    Raises:
        UnreadableError: With the path and the first thing that is wrong.
    """
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except ValidationError as error:
        raise UnreadableError(f"{path}: {_first(error)}") from error


def read_csv(path: Path, kind: type[T]) -> Iterator[T]:
    """Read one value of ``kind`` a line; an empty field is ``None``.

    Raises:
        UnreadableError: With the path, the line and the first thing that is wrong.
    """
    adapter = TypeAdapter(kind)
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                yield adapter.validate_python({key: value or None for key, value in row.items()})
            except ValidationError as error:
                raise UnreadableError(f"{path}, line {number}: {_first(error)}") from error


def read_npz(path: Path) -> dict[str, dict[int, dict[str, Array]]]:
    """Read arrays named ``<probe>/<length>/<name>`` as ``{probe: {length: {name: array}}}``.

    Raises:
        UnreadableError: With the path and what is wrong.
    """
    nested: dict[str, dict[int, dict[str, Array]]] = {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for key in arrays.files:
                probe, length, name = key.split("/")
                nested.setdefault(probe, {}).setdefault(int(length), {})[name] = arrays[key]
    except (zipfile.BadZipFile, ValueError) as error:
        raise UnreadableError(f"{path}: expected arrays named <probe>/<length>/<name>, got: {error}") from error
    return nested


def _first(error: ValidationError) -> str:
    item = error.errors()[0]
    return f"{'.'.join(str(part) for part in item['loc']) or 'content'}: {item['msg'][0].lower()}{item['msg'][1:]}"
