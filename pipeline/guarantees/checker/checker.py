"""The checker of guarantees: verify one against a net's weights with NumPy and the standard library, sharing no code with the provers.

Run it alone: ``python -m pipeline.guarantees.checker.checker guarantee.json weights.npz``. Exit codes: 0 accepted, 1 rejected, 2 wrong
arguments or an unreadable file. ``docs/guarantees.md`` describes the format.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.guarantees.checker import adding, comparing, counting, pointer, stacking
from pipeline.guarantees.checker.files import Array, Rejected, Unreadable, read, require, unchanged

__all__ = ["Rejected", "Unreadable", "check", "check_document", "main"]

USAGE = "usage: python -m pipeline.guarantees.checker.checker guarantee.json weights.npz"
KINDS = {"add": adding.check, "sort_pointer": pointer.check, "count": counting.check, "compare": comparing.check, "stack": stacking.check}
MALFORMED = (KeyError, TypeError, IndexError, ValueError, AttributeError, OverflowError, ZeroDivisionError, StopIteration)


def check(guarantee: Path, weights: Path) -> list[str]:
    """Verify a file; return what is proved, in words. Raises ``Rejected``, or ``Unreadable`` if a file cannot be read at all."""
    return check_document(*read(guarantee, weights))


def check_document(document: dict[str, Any], weights: dict[str, Array]) -> list[str]:
    """Verify what a file holds; return what is proved, in words. Raises ``Rejected``."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is looked for, and rejected
            unchanged(document, weights)
            require(document["kind"] in KINDS, "the kind of guarantee is unknown")
            return KINDS[document["kind"]](document, weights)
    except MALFORMED as error:
        raise error if isinstance(error, Rejected) else Rejected(f"expected a guarantee, got {error!r}") from None


def main(words: list[str]) -> int:
    """Check the files named by ``words``, print what is proved or one line of why not; return the exit code."""
    if len(words) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        print("\n".join(check(*map(Path, words))))
    except Rejected as error:
        finding = "unreadable" if isinstance(error, Unreadable) else "rejected"
        print(f"{finding}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2 if isinstance(error, Unreadable) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
