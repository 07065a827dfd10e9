"""Names to modules, by convention: ``params.yaml`` says ``simple_rnn``, the file is ``pipeline/models/simple_rnn/``.

There is no list to keep: a module is there when its file is. Modules are imported when asked for, so that freezing a dataset
never loads a deep-learning library.
"""

import difflib
import importlib
import pkgutil
from types import ModuleType

from pipeline.core.errors import WrongInput

_SINGULAR = {"losses": "loss"}


class UnknownName(WrongInput):
    """A name that no module answers to; the message lists the known ones."""


def nearest(name: str, known: list[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name most like ``name``, or an empty string."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def names(package: str) -> list[str]:
    """List the modules of ``pipeline.<package>``."""
    path = importlib.import_module(f"pipeline.{package}").__path__
    return sorted(m.name for m in pkgutil.iter_modules(path))


def checked(package: str, name: str) -> str:
    """Return ``name``; raise ``UnknownName``, which names the known ones and the nearest, if ``pipeline.<package>`` has no such module."""
    known = names(package)
    if name not in known:
        plural = package.rpartition(".")[2]
        kind = _SINGULAR.get(plural, plural.removesuffix("s"))
        article = "an" if kind[0] in "aeiou" else "a"
        raise UnknownName(f"expected the name of {article} {kind} ({', '.join(known)}), got '{name}'{nearest(name, known)}")
    return name


def load(package: str, name: str) -> ModuleType:
    """Import ``pipeline.<package>.<name>``.

    Raises:
        UnknownName: There is no such module; the message names the known ones and the nearest.
    """
    return importlib.import_module(f"pipeline.{package}.{checked(package, name)}")
