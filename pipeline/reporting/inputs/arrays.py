"""``predictions.npz``: what nets whose answers are real numbers answered, as arrays."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.files.json_files import MissingFile, UnreadableFile

Array = NDArray[Any]


def read_npz(path: Path, stage: str) -> dict[str, dict[int, dict[str, Array]]]:
    """Read arrays named ``<input family>/<length>/<name>``, which ``stage`` writes, as ``{input family: {length: {name: array}}}``.

    Raises:
        MissingFile, UnreadableFile: The message names the file, what is wrong, and the command that makes it.
    """
    nested: dict[str, dict[int, dict[str, Array]]] = {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for key in arrays.files:
                probe, length, name = key.split("/")
                nested.setdefault(probe, {}).setdefault(int(length), {})[name] = arrays[key]
    except FileNotFoundError as error:
        raise MissingFile(path, stage) from error
    except (zipfile.BadZipFile, ValueError) as error:
        raise UnreadableFile(path, f": expected arrays named <input family>/<length>/<name>, got: {error}", stage) from error
    return nested
