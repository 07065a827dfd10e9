"""A study that is killed goes on and ends as one that was not: a sample of what ``make faults`` does fifty times."""

import random
from pathlib import Path

import kills
import pytest

pytestmark = pytest.mark.slow
MOMENTS = [(f"train@{kills.EXPERIMENT}", "snapshot"), (f"evaluate@{kills.EXPERIMENT}", "logging")]


def test_a_killed_study_ends_as_one_that_nobody_killed(tmp_path: Path) -> None:
    checkout, empty, wanted = kills.prepare(tmp_path)
    assert wanted["files"]
    names = {(f"{kills.EXPERIMENT}{net}", "FINISHED") for net in ("", "/seed-0", "/seed-1")}
    assert {(name, status) for name, status, *_ in wanted["runs"]} == names
    for stage, kind, doing, found in kills.kills(checkout, MOMENTS, random.Random(0), empty):
        assert kills.differences(wanted, found) == [], f"{stage}, {kind}, {doing}"
