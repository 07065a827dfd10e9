"""How a person's text becomes symbols, and the wording of what cannot be read."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import WrongInput

Array = NDArray[Any]
LONGEST_QUOTE = 40


class InputError(WrongInput):
    """A person's input that the task cannot read; the message says what was expected."""


def quoted(text: str) -> str:
    """Quote ``text`` for a message, cut short where it is long; an empty one is called so."""
    if not text:
        return "an empty input"
    return repr(text) if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]!r}…"


def read_characters(text: str, alphabet: str, expected: str) -> Array:
    """Read one symbol a character: ``[len(text)]`` uint8 indices into ``alphabet`` (ASCII).

    Raises:
        InputError: The text is empty or has another character; ``expected`` says what an input looks like.
    """
    text = text.strip()
    stray = next((i for i, character in enumerate(text) if character not in alphabet), None)
    if not text or stray is not None:
        where = "" if stray is None else f" (character {stray + 1} is {text[stray]!r})"
        raise InputError(f"expected {expected}, got {quoted(text)}{where}")
    index = np.zeros(128, dtype=np.uint8)
    index[list(alphabet.encode())] = np.arange(len(alphabet))
    symbols: Array = index[np.frombuffer(text.encode(), dtype=np.uint8)]
    return symbols


def read_words(text: str) -> list[str]:
    """Split at spaces, at commas, or at commas with spaces; an empty text has no words.

    Raises:
        InputError: Words are separated by spaces, and commas stand inside of them: ``0,1 0,2`` may be two decimals or four digits.

    Example:
        >>> read_words("31 4 15"), read_words("31,4,15"), read_words("31, 4, 15")
        (['31', '4', '15'], ['31', '4', '15'], ['31', '4', '15'])
    """
    parts = text.split()
    inside = next((part for part in parts if "," in part.strip(",")), None)
    if inside is not None and len(parts) > 1:
        hint = "separate by one of them, and write decimals with a point"
        raise InputError(f"expected words separated by spaces or by commas, got {quoted(inside)} among words separated by spaces; {hint}")
    return text.replace(",", " ").split()
