"""The record of trials: a count that can be, of an experiment that is there, on none of the reported seeds."""

import csv
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
STUDIES = (ROOT, ROOT / "studies/1997")


def test_trials_are_of_known_experiments_and_not_on_reported_seeds() -> None:
    read = YAML(typ="safe").load
    known = {k: v for study in STUDIES for k, v in read((study / "params.yaml").read_text(encoding="utf-8"))["experiments"].items()}
    with (ROOT / "tuning/trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        assert 0 <= int(row["met"]) <= int(row["of"]), row
        if row["seeds"]:
            first, last = map(int, row["seeds"].split("-"))
            assert first >= known[row["experiment"]]["training"]["seeds"], row
            assert last - first + 1 >= int(row["of"]), row
        assert row["experiment"] in known, row
