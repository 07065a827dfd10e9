"""The nets' building blocks: Keras layers with a seed axis, on any backend."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    kept = os.dup(2)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


# TensorFlow's C++ libraries write to stderr while they load, before any of their own settings for silence take effect.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _quiet_stderr():
    import keras  # noqa: F401
