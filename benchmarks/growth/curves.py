"""Which curves there are, and one of them measured in a process of its own: ``python -m benchmarks.growth.curves CURVE [SIZE …]``.

The process prints a JSON object for each size, as soon as it has it. Sizes ascend, so that the memory's high-water mark after a size is
that size's own.
"""

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from benchmarks.stdout import own_stdout


@dataclass(frozen=True)
class Curve:
    """What is varied.

    Attributes:
        title: What is timed.
        axis: What the size is.
        sizes: The sizes, ascending.
        module: The module of this package whose function ``axis`` measures a size and returns seconds and more by name.
    """

    title: str
    axis: str
    sizes: tuple[int, ...]
    module: str


CURVES = {
    "training-seeds": Curve("a training step of all seeds", "seeds", (1, 3, 10, 30, 100, 300, 1000), "training"),
    "training-units": Curve("a training step", "units", (8, 16, 32, 64, 128, 256), "training"),
    "training-length": Curve("a training step", "length", (10, 30, 100, 300, 1000), "training"),
    "evaluation-length": Curve("testing", "length", (10, 100, 1000, 10_000, 100_000), "evaluation"),
    "proof-units": Curve("a proof", "units", (8, 16, 32, 64, 128, 256), "proofs"),
    "proof-symbols": Curve("a proof", "symbols", (2, 4, 8, 16), "proofs"),
    "proof-states": Curve("a proof", "states", (2, 4, 8, 16, 32), "proofs"),
}


def peak_mib() -> float:
    """Return the most memory that this process has had, in MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (2**20 if sys.platform == "darwin" else 1024), 1)


def main() -> None:
    """Measure one curve."""
    curve = CURVES[sys.argv[1]]
    with own_stdout() as answers:
        measure: Callable[[int], dict[str, float]] = getattr(import_module(f"benchmarks.growth.{curve.module}"), curve.axis)
        loaded = peak_mib()
        for size in map(int, sys.argv[2:]) if sys.argv[2:] else curve.sizes:
            found = {"size": size, **measure(size), "loaded_mib": loaded, "peak_mib": peak_mib()}
            print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
