"""Disks that cannot be written: seen before the work is done, and said in a line."""

import errno
from pathlib import Path

from pipeline.core.errors import Mendable

_MENDS = {
    errno.ENOSPC: "make room on the disk and run it again: nothing half-written is left",
    errno.EDQUOT: "make room on the disk and run it again: nothing half-written is left",
    errno.EROFS: "make it writable",
    errno.EACCES: "make it readable and writable for this user",
    errno.EPERM: "make it readable and writable for this user",
}


def explained(error: OSError) -> str:
    """Say what the operating system has refused, where, and what to do."""
    mend = _MENDS.get(error.errno or 0)
    if mend is None:
        return str(error)
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{(error.strerror or str(error)).lower()}; {mend}"


def require_writable(folder: Path) -> None:
    """See that a stage will be able to write its output, before it works for it.

    Raises:
        Mendable: ``folder`` cannot be made or written.
    """
    import tempfile

    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".", suffix=".part") as file:
            file.write(b"0" * 4096)
            file.flush()
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        raise Mendable(f"{folder}: expected a folder that can be written, got: {got}; {_MENDS.get(error.errno or 0, 'mend it')}") from error
