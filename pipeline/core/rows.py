"""Rows of an array as things that are equal or not: drawing without repeats, finding the same input in two arrays."""

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Draws in a row that may bring nothing new before the inputs count as exhausted. With one input of s missing, s rows a draw
# overlook it sixteen times with a probability of about e^-16.
FRUITLESS_DRAWS = 16


def row_keys(rows: Array) -> list[bytes]:
    """Return a key for each row of ``[n, …]``, the same for equal rows: its bytes. NaN equals itself."""
    if rows.dtype.kind == "f":
        # Reals that are equal need not have the same bytes: there are two zeros and many NaNs.
        rows = np.where(np.isnan(rows), np.nan, rows + 0)
    width = math.prod(rows.shape[1:])
    flat = np.ascontiguousarray(rows).reshape(len(rows), width)
    keys: list[bytes] = flat.view(np.dtype((np.void, flat.dtype.itemsize * width)))[:, 0].tolist()
    return keys


def distinct(draw: Callable[[], Array], n: int, seen: Collection[bytes] = frozenset()) -> Array:
    """Draw until ``n`` rows are together or there are no more.

    Args:
        draw: Returns some rows ``[any, …]``, others at each call.
        n: How many are wanted.
        seen: The ``row_keys`` of rows that must not be among them.

    Returns:
        At most ``n`` different rows, in the order in which they first came.
    """
    rows = _first_of_each(draw(), seen)
    fruitless = 0
    while len(rows) < n and fruitless < FRUITLESS_DRAWS:
        more = _first_of_each(np.concatenate([rows, draw()]), seen)
        fruitless = fruitless + 1 if len(more) == len(rows) else 0
        rows = more
    return rows[:n]


def _first_of_each(rows: Array, seen: Collection[bytes]) -> Array:
    places = {key: i for i, key in enumerate(row_keys(rows)) if key not in seen}
    return rows[np.fromiter(places.values(), dtype=np.intp)]
