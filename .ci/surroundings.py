"""Run whenever the project's environment starts its Python (``settle.py`` puts it there): what DVC and MLflow need and some machines lack.

Nothing that is set is changed. And what a killed DVC has left half-written, so that no DVC would start again, is removed.
"""

import contextlib
import os
import sys

_own = os.path.join(sys.prefix, "bin")
_checkout = os.path.dirname(sys.prefix)
_path = os.environ.get("PATH", os.defpath).split(os.pathsep)
if _own not in _path:
    # Whoever calls a program without activating the environment finds the others too: DVC's stages say ``python``.
    os.environ["PATH"] = os.pathsep.join([_own, *_path])

try:
    import pwd

    pwd.getpwuid(os.getuid())
except ImportError:
    pass
except KeyError:
    # A user without a name, as in a container that is run with ``--user 1234``: DVC asks for it.
    if not any(os.environ.get(name) for name in ("LOGNAME", "USER", "LNAME", "USERNAME")):
        os.environ["LOGNAME"] = f"user-{os.getuid()}"
    os.environ.setdefault("HOME", os.path.join(_checkout, ".dvc", "tmp", "home"))

if not os.access("/var/tmp", os.W_OK):
    # DVC keeps locks and an index there; its own place in the checkout will do.
    os.environ.setdefault("DVC_SITE_CACHE_DIR", os.path.join(_checkout, ".dvc", "tmp", "site"))


def _remove_torn_lock() -> None:
    """Remove DVC's list of who works on what where it is no JSON: DVC writes it in place, and leaves an empty file if it is killed then."""
    import fcntl
    import json

    folder = os.getcwd()
    while not os.path.isdir(os.path.join(folder, ".dvc")) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    path = os.path.join(folder, ".dvc", "tmp", "rwlock")
    try:
        with open(path, encoding="utf-8") as file:
            json.load(file)
    except OSError:
        return
    except ValueError:
        with open(f"{path}.lock", "a") as guard:  # DVC holds it while it writes
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with open(path, encoding="utf-8") as file:
                if not file.read().strip().endswith("}"):
                    os.remove(path)


if any(os.path.basename(word) == "dvc" for word in sys.orig_argv[1:3]):
    with contextlib.suppress(OSError, ImportError):  # another DVC writes it now; or there are no such locks here
        _remove_torn_lock()
