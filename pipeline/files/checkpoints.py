"""Trained weights on disk: one ``.npz`` for each seed, arrays by Keras variable path, no library but NumPy needed to read them.

Where a recipe keeps the weights along the training too (``keep_weights``), a second file of each seed has them, with a first axis for the
points of the training curves, whose steps are the array ``steps``.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import Mendable
from pipeline.core.npz import DamagedArrays, read_npz

Weights = Mapping[str, NDArray[np.float32]]
STEPS = "steps"


class CheckpointError(Mendable):
    """Weights that are missing or not those of the net at hand; the message names the file and the mend."""


def path_of(folder: Path, length: int, seed: int) -> Path:
    """Name the file of one net: ``<folder>/length-<length>/seed-<seed>.npz``."""
    return folder / f"length-{length}" / f"seed-{seed}.npz"


def kept_of(folder: Path, length: int, seed: int) -> Path:
    """Name the file of one net's weights along its training: ``<folder>/kept/length-<length>/seed-<seed>.npz``."""
    return path_of(folder / "kept", length, seed)


def save(weights: Weights, path: Path) -> None:
    """Write one net's weights; the same weights give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, allow_pickle=False, **weights)


def read(path: Path) -> dict[str, NDArray[np.float32]]:
    """Read one net's weights as they are there.

    Raises:
        CheckpointError: The file is missing or damaged.
    """
    try:
        return read_npz(path)
    except FileNotFoundError:
        raise CheckpointError(
            f"{path}: expected trained weights, got nothing there; train with 'dvc repro' or fetch with 'dvc checkout'"
        ) from None
    except DamagedArrays:
        raise CheckpointError(
            f"{path}: expected weights as NumPy's .npz, got a damaged file; delete it and fetch it with 'dvc checkout'"
        ) from None


def save_kept(kept: Mapping[int, Weights], path: Path) -> None:
    """Write one net's weights by step; at least one step."""
    save({STEPS: np.array(list(kept), np.int64), **stacked(kept.values())}, path)


def read_kept(path: Path) -> dict[int, dict[str, NDArray[np.float32]]]:
    """Read one net's weights along its training by step, in the order of the training.

    Raises:
        CheckpointError: The file is missing or damaged.
    """
    arrays = read(path)
    steps = arrays.pop(STEPS, None)
    if steps is None or not arrays or any(values.shape[:1] != steps.shape for values in arrays.values()):
        raise CheckpointError(
            f"{path}: expected weights for each of its steps, got others; retrain with 'dvc repro --force train@<experiment>'"
        )
    return dict(zip(steps.tolist(), unstacked(arrays), strict=True))


def stacked(weights: Iterable[Weights]) -> dict[str, NDArray[np.float32]]:
    """Put the weights of N nets of one shape, at least one, into arrays ``[N, …]`` by path."""
    nets = list(weights)
    return {name: np.stack([net[name] for net in nets]) for name in nets[0]}


def unstacked(arrays: Weights) -> list[dict[str, NDArray[np.float32]]]:
    """Undo ``stacked``."""
    nets = len(next(iter(arrays.values())))
    return [{name: values[place] for name, values in arrays.items()} for place in range(nets)]


def load(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.float32]]:
    """Read one net's weights.

    Args:
        path: The file.
        shapes: The shape of every weight that the net has, by path.

    Raises:
        CheckpointError: The file is missing or damaged, or its weights have other names or shapes.
    """
    weights = read(path)
    check(weights, shapes, path)
    return weights


def check(weights: Weights, shapes: Mapping[str, tuple[int, ...]], path: Path) -> None:
    """Raise ``CheckpointError``, which names ``path``, if ``weights`` have other names or shapes than the net has."""
    found = {name: array.shape for name, array in weights.items()}
    if found != dict(shapes):
        raise CheckpointError(
            f"{path}: expected the weights {dict(shapes)}, got {found}; retrain with 'dvc repro --force train@<experiment>'"
        )
