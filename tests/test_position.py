"""Where a stage stands in its study, as DVC's output says it."""

import json
from pathlib import Path

import pytest
from checkouts import ROOT

from pipeline.commands import position
from pipeline.config import settings
from pipeline.files import timings
from pipeline.files.timings import Timing

KNOWN = settings.read(ROOT / "params.yaml")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout where each stage once took a minute of work."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "benchmarks").mkdir()
    worked = [stage for stage in position.stages(KNOWN) if "@" in stage and not stage.startswith("freeze")]
    (tmp_path / position.MEASURED).write_text(json.dumps({"seconds": {"": dict.fromkeys(worked, 60.0)}}))
    return tmp_path


def test_the_first_stage_has_all_before_it(checkout: Path) -> None:
    order = position.stages(KNOWN)
    worked = sum("@" in stage and not stage.startswith("freeze") for stage in order)
    minutes = round((60 * worked + position.OVERHEAD * len(order)) / 60)
    assert position.position(KNOWN, order[0]) == f"stage 1 of {len(order)}, about {minutes} minutes until all are done"


def test_a_machine_that_was_slower_takes_longer_for_the_rest(checkout: Path) -> None:
    order = position.stages(KNOWN)
    last = order[-2]
    fast = position.position(KNOWN, last)
    kind, name = order[-3].split("@")
    timings.write(timings.path_of(Path("data/timings"), kind, name), Timing(seconds=180.0, machine="slow"))
    assert fast == f"stage {len(order) - 1} of {len(order)}, about 1 minute until all are done"
    assert position.position(KNOWN, last) == f"stage {len(order) - 1} of {len(order)}, about 4 minutes until all are done"


def test_without_measured_times_it_is_the_place_alone(checkout: Path) -> None:
    (checkout / position.MEASURED).unlink()
    assert position.position(KNOWN, "report") == f"stage {len(position.stages(KNOWN))} of {len(position.stages(KNOWN))}"


def test_only_a_stage_that_dvc_runs_says_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], checkout: Path) -> None:
    monkeypatch.delenv("DVC_STAGE", raising=False)
    position.announce(KNOWN, "report")
    monkeypatch.setenv("DVC_STAGE", "report")
    position.announce(KNOWN, "train@unknown")
    assert capsys.readouterr().err == ""
    position.announce(KNOWN, "report")
    assert capsys.readouterr().err.startswith("stage ")
