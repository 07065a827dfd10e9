"""NumPy's ``.npz``, read whole: whatever is wrong with a file is one kind of error."""

import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

# What NumPy and the ZIP reader raise for files that are cut, or hold other bytes than were written.
_DAMAGE = (ValueError, TypeError, KeyError, AttributeError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error)


class DamagedArrays(ValueError):
    """A file that is no ``.npz``, or is cut or changed; the message says what is wrong in a line."""


def read_npz(source: Path | BinaryIO) -> dict[str, NDArray[Any]]:
    """Read all arrays of a file, by name.

    Raises:
        FileNotFoundError: It is not there.
        DamagedArrays: It cannot be read.
    """
    if isinstance(source, Path):
        # NumPy leaves a damaged file open that it has opened itself.
        with source.open("rb") as file:
            return read_npz(file)
    try:
        with np.load(source, allow_pickle=False) as arrays:
            return dict(arrays)
    except _DAMAGE as error:
        raise DamagedArrays((str(error).splitlines() or [type(error).__name__])[0]) from error
