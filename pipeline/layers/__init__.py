"""The nets' building blocks: Keras layers with a seed axis, on any backend."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from pipeline.execution.backend import configured_backend, require_backend


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


@contextmanager
def hidden(packages: Iterable[str]) -> Iterator[None]:
    """Let no import find these packages, as if they were not installed; those that are loaded already stay."""
    modules = cast(dict[str, Any], sys.modules)
    absent = [name for name in packages if name not in modules]
    modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for name in absent:
            del modules[name]


require_backend()
# What Keras loads, where it is installed, for wrappers and plots that nothing here uses: half of the time that its import takes.
_UNUSED = {"jax", "matplotlib", "pandas", "sklearn"} - {configured_backend()}
# TensorFlow's C++ libraries write to stderr while they load, before any of their own settings for silence take effect. Where there is
# an NVIDIA driver, that is let through: a CUDA library that is missing is named there, and nowhere else.
_HAS_GPU = Path("/dev/nvidiactl").exists() or Path("/proc/driver/nvidia").exists()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1" if _HAS_GPU else "3")
with hidden(_UNUSED), quiet_stderr(not _HAS_GPU):
    import keras

# A user's keras.json may say otherwise, and then every net would be another one.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")
