"""Hold the figures that were just reproduced (``metrics.json``, ``verdicts.json``) against the committed ones, within stated tolerances.

On the machine that made the committed figures they come out the same to the last digit. Another kind of processor rounds otherwise,
and a net on the edge between holding a carry and losing it may fall to the other side: hence tolerances on shares of seeds, and
none on the worst seed. A slow machine may have reproduced only a part (``make repro WITHIN=…``): what it left out is named.
"""

import json
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

# The first pattern that matches a figure's name says how it is compared, and how much it may differ.
TOLERANCES = [
    (r"^scores\.rmse_from_\d+\..*\.baseline$", "ratio", 1.5),  # a least-squares fit, ill-conditioned in float32
    (r"\.baseline$", "difference", 1e-6),
    (r"^proved_share$", "difference", 0.3),
    (r"^training\..*\.seeds$", "difference", 0),
    (r"^training\..*\.solved_share$", "difference", 0.5),
    (r"^training\..*\.solved_after_median$", "ratio", 3.0),
    (r"^training\..*\.diverged$", "difference", 2),
    (r"^scores\.token_accuracy\.(random|training|held_out|both)\..*\.median$", "difference", 0.3),
    (r"^scores\.sequence_accuracy\.(training|held_out)\..*\.median$", "difference", 0.3),
    (r"^scores\..*accuracy\..*\.share$", "difference", 0.4),
    (r"^scores\.rmse\.random\..*\.median$", "ratio", 5.0),  # also far beyond the training length
    (r"^scores\.rmse(_from_\d+)?\.(?!free_run).*\.median$", "ratio", 3.0),
]


# What one machine may have and another not: steps of nets that were not solved and proofs of single nets, whose shares are compared, and
# errors of a free run, which may leave the range of numbers.
ABSENT = r"\.solved_after_|^verdicts\.\d+\.|^scores\.rmse\.free_run\."


def fault(name: str, old: object, new: object) -> str | None:
    """Say what is wrong with one figure, or ``None``. ``name`` is dotted, as ``dvc metrics`` writes it."""
    if old == new:
        return None
    rule = next(((kind, allowed) for pattern, kind, allowed in TOLERANCES if re.search(pattern, name)), None)
    if rule is None:
        return None if new is not None or re.search(ABSENT, name) else f"expected a figure like {old!r}, got none"
    kind, allowed = rule
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return None if re.search(ABSENT, name) else f"expected {old!r}, got {new!r}"
    if kind == "difference":
        return None if abs(new - old) <= allowed else f"expected {old:g} ± {allowed:g}, got {new:g}"
    low, high = sorted((abs(old), abs(new)))
    return None if high <= allowed * low else f"expected {old:g} to within a factor of {allowed:g}, got {new:g}"


def git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


def committed() -> list[str]:
    """Name the committed files of figures."""
    return git("ls-files", "data/results/*/metrics.json", "data/certificates/*/verdicts.json").split()


def reproduced(file: Path, tracked: Collection[Path]) -> bool:
    """Tell whether the stage that writes ``file`` has run here: in a clone, only then something lies beside the committed files."""
    return any(path not in tracked for path in file.parent.iterdir()) if file.parent.is_dir() else False


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def flat(figures: Any, name: str = "") -> dict[str, Any]:
    """Name every number with dots between its keys: ``{"scores.rmse.random.10.median": 0.5}``."""
    if not isinstance(figures, dict):
        return {name: figures}
    return {key: value for part, inner in figures.items() for key, value in flat(inner, f"{name}.{part}" if name else part).items()}


def main() -> int:
    """Compare every figure of every experiment; print what differs and return the exit code."""
    same = within = 0
    faults = []
    tracked = {Path(file) for file in git("ls-files", "data").splitlines()}
    files = committed()
    left_out = [file for file in files if not reproduced(Path(file), tracked)]
    for file in (file for file in files if file not in left_out):
        old_figures, new_figures = flat(json.loads(git("show", f"HEAD:{file}"))), flat(read(Path(file)))
        for name in sorted(old_figures.keys() | new_figures.keys()):
            old, new = old_figures.get(name), new_figures.get(name)
            if old == new:
                same += 1
            elif trouble := fault(name, old, new):
                faults.append(f"{file}: {name}: {trouble}")
            else:
                within += 1
    print(f"{same} figures as committed, {within} within tolerance, {len(faults)} outside")
    print(*faults, sep="\n", end="\n" if faults else "")
    if left_out:
        print(f"{len(left_out)} of {len(files)} files were not reproduced: {', '.join(left_out)}")
    if not same + within + len(faults):
        print("expected figures that were reproduced and that are committed, got none; run make repro, and commit data/results")
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
