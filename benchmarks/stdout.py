"""A process's stdout for its answers alone."""

import os
from typing import TextIO


def own_stdout() -> TextIO:
    """Return what was stdout; what libraries print to stdout goes to stderr from now on."""
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return kept
