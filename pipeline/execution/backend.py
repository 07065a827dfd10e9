"""On which library Keras runs, as far as that can be said before it is loaded."""

import json
import os
from importlib.util import find_spec
from pathlib import Path

from pipeline.core.errors import WrongInput

BACKENDS = ("tensorflow", "jax")


def configured_backend() -> str:
    """Return the backend that Keras will take: ``$KERAS_BACKEND``, else that of its configuration file, else TensorFlow."""
    if named := os.environ.get("KERAS_BACKEND"):
        return named
    try:
        file = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"
        return str(json.loads(file.read_text(encoding="utf-8"))["backend"])
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
        return "tensorflow"


def require_backend() -> None:
    """Say which backends there are, where the one that Keras will take is another one, or is not installed.

    Raises:
        WrongInput: Before Keras fails with a traceback.
    """
    named = configured_backend()
    where = "KERAS_BACKEND" if os.environ.get("KERAS_BACKEND") else "keras.json"
    if named not in BACKENDS:
        raise WrongInput(f"{where}: expected the backend tensorflow or jax, got '{named}'; unset it, or set KERAS_BACKEND=tensorflow")
    if find_spec(named) is None:
        raise WrongInput(
            f"{where}: expected an installed backend, got '{named}', which is not; install it, or set KERAS_BACKEND=tensorflow"
        )
