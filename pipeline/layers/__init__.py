"""The nets' building blocks: Keras layers with a seed axis, on any backend."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def quiet_stderr(quiet: bool) -> Iterator[None]:
    """Throw away what is written to stderr, by C++ libraries too; with ``quiet=False`` do nothing."""
    if not quiet:
        yield
        return
    kept = os.dup(2)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


# TensorFlow's C++ libraries write to stderr while they load, before any of their own settings for silence take effect. Where there is
# an NVIDIA driver, that is let through: a CUDA library that is missing is named there, and nowhere else.
_HAS_GPU = Path("/dev/nvidiactl").exists() or Path("/proc/driver/nvidia").exists()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1" if _HAS_GPU else "3")
with quiet_stderr(not _HAS_GPU):
    import keras  # noqa: F401
