"""Hold the figures and verdicts that were just reproduced against the committed ones (``data/report/*.csv``), within stated tolerances.

On the machine that made the committed figures they come out the same to the last digit. Another kind of processor rounds otherwise,
and a net on the edge between holding a carry and losing it may fall to the other side: hence tolerances on shares of seeds, and
none on the worst seed. Shares that moved within tolerance are listed, so that nothing that is quoted changes unseen.

On the kind of processor that the committed verdicts were found on (``claims.csv`` says which) a claim that is no longer confirmed, a proof
lost or a seed lost is a fault. On any other kind each of these is named in one line.

A slow machine may have reproduced only a part (``make repro WITHIN=…``), and CI runs only some of the studies: what was left out is named.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.files import scores, verdicts
from pipeline.reporting.tables.summary import Figures, figures, read_figures
from pipeline.reporting.verdict_rows import Row, read_claims
from pipeline.stages import processor

SUMMARY, ACCURACY, CLAIMS = "data/report/summary.csv", "data/report/accuracy.csv", "data/report/claims.csv"

# The first pattern that matches a figure's name says how it is compared, and how much it may differ.
TOLERANCES = [
    (r"^proved_share$", "difference", 0.3),
    (r"^training\..*\.seeds$", "difference", 0),
    (r"^training\..*\.solved_share$", "difference", 0.5),
    (r"^training\..*\.solved_after_median$", "ratio", 3.0),
    (r"^training\..*\.diverged$", "difference", 2),
    (r"^scores\.token_accuracy\.(random|training|held_out|both)\..*\.median$", "difference", 0.5),
    (r"^scores\.sequence_accuracy\.(training|held_out)\..*\.median$", "difference", 0.3),
    (r"^scores\..*accuracy\..*\.share$", "difference", 0.4),
    (r"^scores\.rmse\.random\..*\.median$", "ratio", 5.0),  # also far beyond the training length
    (r"^scores\.rmse(_from_\d+)?\.(?!free_run).*\.median$", "ratio", 3.0),
]


# What one machine may have and another not: steps of nets that were not solved, and errors of a free run, which may leave the range of
# numbers.
ABSENT = r"\.solved_after_|^scores\.rmse\.free_run\."
# With fewer seeds than this, figures are shown and decide nothing.
FEWEST = 5
# What people quote.
LOSSES = r"^proved_share$|\.solved_share$|^scores\.sequence_accuracy\..*\.share$"
SHARES = r"^proved_share$|\.solved_share$|\.share$"


def fault(name: str, old: float | None, new: float | None) -> str | None:
    """Say what is wrong with one figure, or ``None``. ``name`` is dotted, as in ``summary.csv``."""
    if old == new:
        return None
    rule = next(((kind, allowed) for pattern, kind, allowed in TOLERANCES if re.search(pattern, name)), None)
    if rule is None:
        return None if new is not None or re.search(ABSENT, name) else f"expected a figure like {old!r}, got none"
    kind, allowed = rule
    if old is None or new is None:
        return None if re.search(ABSENT, name) else f"expected {old!r}, got {new!r}"
    if kind == "difference":
        return None if abs(new - old) <= allowed else f"expected {old:g} ± {allowed:g}, got {new:g}"
    low, high = sorted((abs(old), abs(new)))
    return None if high <= allowed * low else f"expected {old:g} to within a factor of {allowed:g}, got {new:g}"


def too_few(figures: Figures) -> bool:
    """Tell whether an experiment has so few seeds that one of them, which rounding may tip over, moves a share beyond any tolerance."""
    return (
        min((count or 0 for name, count in figures.items() if name.startswith("training.") and name.endswith(".seeds")), default=0) < FEWEST
    )


def committed(study: Path) -> dict[str, Figures]:
    """Return the committed figures of a study by experiment."""
    words = [["git", "show", f"HEAD:{(study / path).as_posix()}"] for path in (SUMMARY, ACCURACY)]
    return read_figures(*(subprocess.run(own, capture_output=True, text=True, check=False).stdout for own in words))


def reproduced(study: Path, experiment: str) -> Figures | None:
    """Return the figures of one experiment that lie here, ``None`` where it was not evaluated; results are not committed."""
    folder = study / "data/results" / experiment
    if not (folder / scores.METRICS).is_file():
        return None
    found = verdicts.read(study / "data/certificates" / experiment, experiment)
    return figures(scores.read_metrics(experiment, folder), found.proved_share if found else None)


def lost(name: str, old: float | None, new: float | None) -> bool:
    """Tell whether a share of seeds that are proved, right or solved has fallen."""
    return bool(re.search(LOSSES, name)) and old is not None and (new is None or new < old)


def verdicts_of(study: Path, *, reproduced: bool) -> list[Row]:
    """Return the verdicts of a study: the committed ones, or those that lie here; none where there is no such file."""
    path = study / CLAIMS
    if reproduced:
        return read_claims(path.read_text(encoding="utf-8")) if path.is_file() else []
    shown = subprocess.run(["git", "show", f"HEAD:{path.as_posix()}"], capture_output=True, text=True, check=False)
    return read_claims(shown.stdout)


def worse(study: Path, known: set[str]) -> Iterator[str]:
    """Yield a line for each claim that was confirmed and is no more; one about an experiment that is not among ``known`` is left out."""
    here = {(row.task, row.claim): row for row in verdicts_of(study, reproduced=True)}
    for row in verdicts_of(study, reproduced=False):
        new = here.get((row.task, row.claim))
        if row.status == "confirmed" and new and new.status != "confirmed" and set(row.experiments.split("+")) <= known:
            yield f"{(study / row.task).as_posix()}: claim “{row.claim}”: {row.verdict} -> {new.verdict}"


def on_reference(study: Path) -> bool:
    """Tell whether this is the kind of processor that the study's committed verdicts were found on; without them it is not."""
    return processor.kind() in {row.processor for row in verdicts_of(study, reproduced=False)}


def studies() -> Iterator[Path]:
    """Yield the folder of each study with committed figures."""
    yield Path()
    yield from sorted(path.parents[2] for path in Path("studies").glob(f"*/{SUMMARY}"))


def main() -> int:
    """Compare every figure of every experiment; print what differs and return the exit code."""
    same = 0
    faults, moved, left_out, turned = [], [], [], []
    for study in studies():
        reference, known = on_reference(study), set()
        for experiment, old_figures in committed(study).items():
            place = (study / experiment).as_posix()
            new_figures = reproduced(study, experiment)
            if new_figures is None:
                left_out.append(place)
                continue
            known.add(experiment)
            if "proved_share" not in new_figures and "proved_share" in old_figures:
                left_out.append(f"the proofs of {place}")
                del old_figures["proved_share"]
            for name in sorted(old_figures.keys() | new_figures.keys()):
                old, new = old_figures.get(name), new_figures.get(name)
                if old == new:
                    same += 1
                elif not too_few(old_figures) and (trouble := fault(name, old, new)):
                    faults.append(f"{place}: {name}: {trouble}")
                elif reference and not too_few(old_figures) and lost(name, old, new):
                    faults.append(f"{place}: {name}: expected {old} on this kind of processor ({processor.kind()}), got {new}")
                else:
                    moved.append((place, name, old, new))
        (faults if reference else turned).extend(worse(study, known))
    print(f"{same} figures as committed, {len(moved)} within tolerance, {len(faults)} outside")
    print(*faults, sep="\n", end="\n" if faults else "")
    if shares := [f"{place}: {name}: {old} -> {new}" for place, name, old, new in moved if re.search(SHARES, name)]:
        print("shares of seeds that moved within tolerance:", *shares, sep="\n")
    if turned:
        print(
            f"claims that are no longer confirmed, on a kind of processor ({processor.kind()}) other than the committed one's:",
            *turned,
            sep="\n",
        )
    if left_out:
        print(f"not reproduced: {', '.join(left_out)}")
    if not same + len(moved) + len(faults):
        print(f"expected figures that were reproduced and that are committed, got none; run make repro, and commit {SUMMARY}")
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
