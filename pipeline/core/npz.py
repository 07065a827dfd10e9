"""NumPy's ``.npz``, read whole: whatever is wrong with a file is one kind of error."""

import io
import threading
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What NumPy and the ZIP reader raise for files that are cut, or hold other bytes than were written; of a seek beyond any file, an OSError.
_DAMAGE = (
    ValueError, TypeError, KeyError, AttributeError, RuntimeError, EOFError, OSError, OverflowError, MemoryError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
# NumPy reads headers by Python's parser, which up to CPython 3.11.7 may fail where two threads use it at once (gh-106905).
_PARSER = threading.Lock()


class DamagedArrays(ValueError):
    """A file that is no ``.npz``, or is cut or changed; the message says what is wrong in a line."""


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Read all arrays of a file, by name.

    Raises:
        OSError: It is not there, or the disk fails.
        DamagedArrays: It is no ``.npz``.
    """
    return unpack(path.read_bytes())


def unpack(data: bytes) -> dict[str, NDArray[Any]]:
    """Read all arrays of a file's content, by name. Raises ``DamagedArrays``."""
    try:
        with _PARSER, np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return dict(arrays)
    except _DAMAGE as error:
        raise DamagedArrays((str(error).splitlines() or [type(error).__name__])[0]) from error
