"""Whose code a command runs: that of the checkout around it, never that of another one."""

from pathlib import Path

import pipeline
from pipeline.core.errors import Mendable


def require_own_code() -> None:
    """See that the current folder lies in no other checkout than the one whose code this is.

    In a copy of a checkout, the programs of the environment that was copied along still run the first one's.

    Raises:
        Mendable: It does; the message names both.
    """
    code, here = Path(pipeline.__file__).resolve().parent, Path.cwd()
    for folder in (here, *here.parents):
        own = folder / "pipeline"
        if (folder / ".dvc").is_dir() and (own / "cli.py").is_file():
            if own.resolve() != code:
                raise Mendable(f"expected the code of {own.resolve().parent}, got that of {code.parent}; run 'make setup' in the former")
            return
