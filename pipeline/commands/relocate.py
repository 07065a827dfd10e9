"""Repair the MLflow store of a checkout that was moved."""

from pathlib import Path

from pipeline.config import paths
from pipeline.tracking import relocation


def relocate() -> dict[Path, int]:
    """Make the store point to its artifacts where they lie now.

    Returns:
        The number of places that were corrected, by the folder that they pointed to.

    Raises:
        Mendable: The current folder is in no checkout, or its store is elsewhere or not there.
        StoreUnreachable: The store cannot be read or written.
    """
    return relocation.relocate(paths.find_root())
