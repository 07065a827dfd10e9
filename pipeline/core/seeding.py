"""Random streams with stable names.

Every draw in the project comes from ``stream(seed, *keys)``. The keys say what the draw is for (task, split, length, …), so
adding a length or an input family never shifts the numbers that another one gets, and neighbouring seeds share nothing.
"""

import hashlib

import numpy as np


def stream(seed: int, *keys: str | int) -> np.random.Generator:
    """Return the generator that belongs to ``keys`` under ``seed``.

    Example:
        >>> int(stream(0, "increment", "train").integers(1000)) == int(stream(0, "increment", "train").integers(1000))
        True
    """
    return np.random.default_rng(np.random.SeedSequence([seed, *_words(keys)]))


def stream_seed(seed: int, *keys: str | int) -> int:
    """Return a 31-bit integer seed for libraries that take an integer (Keras initializers, compiled programs)."""
    return int(stream(seed, *keys).integers(2**31))


def _words(keys: tuple[str | int, ...]) -> list[int]:
    # SHA-256 and not hash(): Python salts the hash of a string anew in every process.
    digest = hashlib.sha256("\0".join(f"{type(key).__name__}:{key}" for key in keys).encode()).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4)]
