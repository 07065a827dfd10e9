"""``predictions.npz``: what nets whose answers are real numbers answered, as arrays."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.core import npz
from pipeline.files.stage_files import MissingFile, UnreadableFile

Array = NDArray[Any]


def read_npz(path: Path, stage: str) -> dict[str, dict[int, dict[str, Array]]]:
    """Read arrays named ``<input family>/<length>/<name>``, which ``stage`` writes, as ``{input family: {length: {name: array}}}``.

    Raises:
        MissingFile, UnreadableFile: The message names the file, what is wrong, and the command that makes it.
    """
    nested: dict[str, dict[int, dict[str, Array]]] = {}
    try:
        for key, array in npz.read_npz(path).items():
            family, length, name = key.split("/")
            nested.setdefault(family, {}).setdefault(int(length), {})[name] = array
    except FileNotFoundError as error:
        raise MissingFile(path, stage) from error
    except ValueError as error:
        raise UnreadableFile(path, f": expected arrays named <input family>/<length>/<name>, got: {error}", stage) from error
    return nested
