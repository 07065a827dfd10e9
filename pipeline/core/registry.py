"""Names to modules, by convention: ``params.yaml`` says ``simple_rnn``, the file is ``pipeline/models/simple_rnn/``.

There is no list to keep: a module is there when its file is. Modules are imported when asked for, so that freezing a dataset
never loads a deep-learning library.
"""

import difflib
import importlib
import pkgutil
from types import ModuleType

from pipeline.core.errors import WrongInput


class UnknownName(WrongInput):
    """A name that no module answers to; the message lists the known ones."""


def nearest(name: str, known: list[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name most like ``name``, or an empty string."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def names(package: str) -> list[str]:
    """List the modules of ``pipeline.<package>``, less ``base``, which the named ones share."""
    path = importlib.import_module(f"pipeline.{package}").__path__
    return sorted(m.name for m in pkgutil.iter_modules(path) if m.name != "base")


def load(package: str, name: str) -> ModuleType:
    """Import ``pipeline.<package>.<name>``.

    Raises:
        UnknownName: There is no such module; the message names the known ones and the nearest.
    """
    known = names(package)
    if name not in known:
        kind = package.rstrip("s")
        raise UnknownName(f"expected the name of a {kind} ({', '.join(known)}), got '{name}'{nearest(name, known)}")
    return importlib.import_module(f"pipeline.{package}.{name}")
