"""What libraries do as they are loaded, and need not do here. A user's own settings stay."""

import gc
import os

# Objects that are made before Python looks for some to free; its own value is 700.
NEW_OBJECTS = 100_000


def rare_collections() -> None:
    """Let Python look for objects to free less often: what is loaded stays, and looking through it takes a sixth of the time of loading."""
    gc.set_threshold(NEW_OBJECTS)


def without_plugins() -> None:
    """Let pydantic look for no plugins of its own among all packages that are installed; to be called before it is loaded."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def one_thread() -> None:
    """Let NumPy's linear algebra run in this thread, for a command that multiplies next to nothing; to be called before NumPy is loaded.

    It starts a thread for each core as it is loaded, which takes as long as the rest of NumPy.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
