"""Whether an answer is right: ``score(answer, entry)`` is 1.0 or 0.0. Needs nothing but Python; copied beside an exported dataset."""

import re
from collections.abc import Mapping
from typing import Any


def score(answer: str | None, entry: Mapping[str, Any]) -> float:
    """Hold an answer against an entry of the dataset.

    Spaces and commas between symbols do not matter, and real numbers may differ by up to ``metadata.tolerance``, where that is a number.

    Args:
        answer: What was answered; ``None`` for nothing.
        entry: With ``answer`` and ``metadata``.

    Returns:
        1.0 for a right answer, else 0.0.

    Example:
        >>> entry = {"answer": "3 7 31", "metadata": {"tolerance": None}}
        >>> score("3, 7, 31", entry), score("3 31 7", entry), score(None, entry)
        (1.0, 0.0, 0.0)
        >>> score("0.52", {"answer": "0.5", "metadata": {"tolerance": 0.04}})
        1.0
    """
    given, exact = _symbols(answer or ""), _symbols(entry["answer"])
    if given == exact:
        return 1.0
    tolerance = entry["metadata"].get("tolerance")
    if tolerance is None or len(given) != len(exact):
        return 0.0
    try:
        return float(all(abs(float(one) - float(other)) <= tolerance for one, other in zip(given, exact, strict=True)))
    except ValueError:
        return 0.0


def _symbols(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]
