"""``tuning/trials.csv``: what was tried while recipes were chosen, a row for each count that came of a trial."""

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import Mendable, WrongInput

# Between the changes of a trial that has several: the first one's key is what is varied, all else its value.
SEPARATOR = "; "
COLUMNS = ("experiment", "varied", "value", "seeds", "measure", "met", "of")


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Attributes:
        experiment: The experiment's name.
        changes: ``key=value`` each, the key as in the experiment's entry, such as ``model.units=16``.
        seeds: Seeds such as ``100-109``.
    """

    experiment: str
    changes: tuple[str, ...]
    seeds: str


@dataclass(frozen=True)
class Row:
    """A row of the record: of so many seeds of a trial, how many met a measure."""

    trial: Trial
    measure: str
    met: int
    of: int


def append(path: Path, row: Row) -> None:
    """Add a row to the record."""
    varied, _, value = SEPARATOR.join(row.trial.changes).partition("=")
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerow((row.trial.experiment, varied, value, row.trial.seeds, row.measure, row.met, row.of))


def read(path: Path, number: int) -> Row:
    """Read a row of the record, counted from 1.

    Raises:
        WrongInput: There is no such row.
        Mendable: It is written in words, and so cannot be tried again.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not 1 <= number <= len(rows):
        raise WrongInput(f"--row: expected a row of {path} (1 to {len(rows)}), got {number}")
    row = rows[number - 1]
    if not row["varied"].startswith(("model.", "training.")) or not row["value"] or not row["seeds"]:
        raise Mendable(f"{path}, row {number}: expected a key of the experiment, its value and seeds, got words; it cannot be rerun")
    changes = tuple(f"{row['varied']}={row['value']}".split(SEPARATOR))
    return Row(Trial(row["experiment"], changes, row["seeds"]), row["measure"], int(row["met"]), int(row["of"]))
