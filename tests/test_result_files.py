"""The files that stages leave behind, each with one reader: counts of steps, and faults that are named with their remedy."""

import json
from pathlib import Path

import pytest

from pipeline.files import outcomes, scores
from pipeline.files.outcomes import Outcome
from pipeline.files.stage_files import MissingFile, UnreadableFile, read_csv


def outcome(tmp_path: Path, **entry: int | None) -> Outcome:
    (tmp_path / "outcome.json").write_text(json.dumps({"12": {"3": entry}}))
    return outcomes.read("parity-rnn", tmp_path)[12][3]


def test_a_count_on_disk_is_taken_as_it_is(tmp_path: Path) -> None:
    assert outcome(tmp_path, steps=200, solved_after=100, diverged_at=None).solved_after == 100


def test_a_net_that_never_met_the_rule_has_no_count(tmp_path: Path) -> None:
    assert outcome(tmp_path, steps=200, solved_after=None, diverged_at=7) == Outcome(steps=200, solved_after=None, diverged_at=7)


def test_a_missing_file_is_named_with_the_stage_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"outcome\.json: this file is missing; make it with: dvc repro train@net$"):
        outcomes.read("net", tmp_path)
    with pytest.raises(MissingFile, match=r"metrics\.json: this file is missing; make it with: dvc repro evaluate@net$"):
        scores.read_metrics("net", tmp_path)
    with pytest.raises(MissingFile, match=r"scores\.csv: this file is missing"):
        list(scores.read_scores("net", tmp_path))


def test_a_damaged_file_is_named_with_its_first_fault(tmp_path: Path) -> None:
    (tmp_path / "outcome.json").write_text('{"12": {"3": {"steps": "many"}}}')
    with pytest.raises(UnreadableFile, match=r"outcome\.json: 12\.3\.steps: .*; make it again with: dvc repro --force train@net$"):
        outcomes.read("net", tmp_path)


def test_an_empty_field_of_a_csv_file_is_no_value(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("family,baseline\nrandom,\n")
    assert list(read_csv(tmp_path / "rows.csv", dict[str, str | None], "evaluate@net")) == [{"family": "random", "baseline": None}]
