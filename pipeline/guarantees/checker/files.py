"""The checker's two files, and what any guarantee must say right: its digest, its weights, its numbers."""

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

FORMAT = "trailing-nines guarantee 1"
Array = Any


class Rejected(ValueError):
    """The guarantee does not prove what it says; the message names the first thing that is wrong."""


class Unreadable(Rejected):
    """A file that is not there, or that is no JSON or no ``.npz`` at all."""


def require(holds: Any, otherwise: str) -> None:
    """Raise ``Rejected`` unless something holds; what is not a number does not."""
    if not bool(holds):
        raise Rejected(otherwise)


def read(guarantee: Path, weights: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read both files without judging what they say. Raises ``Rejected`` or ``Unreadable``."""
    try:
        document = json.loads(guarantee.read_text(encoding="utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except Rejected as error:
        raise Rejected(f"{guarantee}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{guarantee}: expected a guarantee as JSON, got {error}") from None
    try:
        with weights.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            named = {name: arrays[name] for name in arrays.files}
            repeated = len(named) != len(arrays.files)
    except (OSError, ValueError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise Unreadable(f"{weights}: expected weights as NumPy's .npz, got {error}") from None
    require(isinstance(document, dict), f"{guarantee}: expected a guarantee, got {type(document).__name__}")
    require(not repeated, f"{weights}: an array is there twice")
    return document, named


def unchanged(document: dict[str, Any], weights: dict[str, Array]) -> None:
    """Check the format, both digests, and that the weights are finite float32."""
    require(document["format"] == FORMAT, "the format is unknown")
    body = json.dumps({key: value for key, value in document.items() if key != "digest"}, sort_keys=True, separators=(",", ":"))
    require(hashlib.sha256(body.encode()).hexdigest() == document["digest"], "the guarantee was changed after it was written")
    sha = hashlib.sha256()
    for name in sorted(weights):
        array = weights[name]
        require(array.dtype == np.float32 and np.isfinite(array).all(), f"{name} is not finite float32")
        sha.update(f"{name} {list(array.shape)} float32\n".encode() + array.astype("<f4").tobytes())
    require(sha.hexdigest() == document["weights_sha256"], "the guarantee is for other weights")


def numbers(values: Any, shape: tuple[int, ...]) -> Array:
    """Return nested lists of finite numbers of a shape as float64, and nothing else."""
    found = np.array(values)
    require(found.dtype.kind in "fi" and found.shape == shape and np.isfinite(found).all(), f"expected finite numbers of shape {shape}")
    return found.astype(np.float64)


def whole(value: Any, least: int) -> int:
    """Return a whole number, and nothing else."""
    require(type(value) is int and value >= least, f"expected a whole number of at least {least}, got {value!r}")
    return int(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected("a key is there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise Rejected(f"expected numbers, got {word}")
