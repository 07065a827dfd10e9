"""Make an environment work where it lies: ``python .ci/settle.py .venv``, run by that environment's own Python.

An environment names its own place in each of its scripts, so one that was renamed or copied with its checkout runs the Python, and
with it the code, of the old place, or none at all. Here the scripts are written anew. And ``surroundings.py`` is put where Python
runs it at its start. Each is a file of its own then: copies of an environment may share theirs.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

# A line of a .pth file that begins with import is run whenever this environment's Python starts.
STARTED, MODULE = "nines-surroundings.pth", "_nines_surroundings"


def scripts(environment: Path) -> list[Path]:
    """List what is text among the environment's programs."""
    found = [path for path in (environment / "bin").iterdir() if path.is_file() and not path.is_symlink()]
    return [path for path in found if path.name.lower().startswith("activate") or path.read_bytes()[:2] == b"#!"]


def named_place(environment: Path) -> str:
    """Return where the environment takes itself to lie: what its ``activate`` says."""
    lines = (environment / "bin" / "activate").read_text(encoding="utf-8").splitlines()
    said = [line.partition("VIRTUAL_ENV=")[2] for line in lines if line.strip().removeprefix("export ").startswith("VIRTUAL_ENV=")]
    return next(place.strip("\"'") for place in said if place.strip("\"'").startswith("/"))


def put(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file anew and whole: what shared it keeps its own."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(data)
    beside.chmod(mode)
    os.replace(beside, path)


def main() -> int:
    """Settle the environment, and install the checkout around it into it."""
    environment = Path(sys.argv[1]).resolve()
    old, new = named_place(environment), str(environment)
    if old != new:
        print(f"the environment was made in {old}: its scripts are written anew", flush=True)
        for path in scripts(environment):
            before = path.read_bytes()
            after = before.replace(old.encode(), new.encode())
            if after != before:
                put(path, after, path.stat().st_mode)
    packages = Path(sysconfig.get_path("purelib"))
    put(packages / f"{MODULE}.py", Path(__file__).with_name("surroundings.py").read_bytes())
    put(packages / STARTED, f"import {MODULE}\n".encode())
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--editable",
        str(environment.parent),
    ]
    return subprocess.run(install, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
