"""Run whenever the project's environment starts its Python (``settle.py`` puts it there): what DVC and MLflow need and some machines lack.

Nothing that is set is changed.
"""

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
