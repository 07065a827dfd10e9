"""What long work says of itself where no terminal shows a bar, as in the log of ``dvc repro``."""

import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands import lines, position
from pipeline.commands.lines import line, telling
from pipeline.commands.progress import Counting, progress
from pipeline.commands.prove import watching
from pipeline.config import settings
from pipeline.execution.job import Worker
from pipeline.execution.threads import Threads

ROOT = Path(__file__).parent.parent


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "EVERY", 0.05)


def test_a_line_says_what_how_far_and_how_long_yet() -> None:
    steps = {"length 9": (1000, 1000), "length 10, seeds 0-4": (30_000, 100_000), "length 10, seeds 5-9": (10_000, 100_000)}
    said = line("train a", steps, 50.0)
    assert said == "train a: 2 parts, 40,000 of 200,000; 50 s, about 3 min left"
    assert line("certify a", {"nets": (0, 10)}, 20.0, 90.0) == "certify a: nets 0 of 10; 20 s, about 70 s left"
    assert line("evaluate a", {}, 100.0, 90.0) == "evaluate a: 2 min"
    assert line("report", {}, 12.3) == "report: 12 s"


@pytest.mark.usefixtures("often")
def test_short_work_says_nothing_and_long_work_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with telling("short", {}):
        pass
    assert capsys.readouterr() == ("", "")
    with progress("train a") as report:
        report("length 10", 300, 900, {"loss": [0.5]})
        time.sleep(0.3)
    out, err = capsys.readouterr()
    assert out == ""
    assert 2 <= len(err.splitlines()) <= 6
    assert set(err.splitlines()) <= {f"train a: length 10 300 of 900; 0 s, about {left} s left" for left in (0, 1)}
    time.sleep(0.15)
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("often")
def test_a_proof_says_what_it_is_at(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as told:
        told("reading net.keras")
        told("searching for a proof")
        time.sleep(0.2)
    assert capsys.readouterr().err.splitlines()[0] == "searching for a proof: 0 s"


class Waiting:
    """A job."""

    def __init__(self, number: int) -> None:
        self.name = f"seed {number}"
        self.number = number

    def run(self, shared: Any, worker: Worker) -> int:
        if self.number < 0:
            raise ValueError("below 0")
        return self.number + shared


def test_jobs_are_counted_as_they_end_and_come_back_as_they_are(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []

    def watch(part: str, step: int, steps: int, metrics: object) -> None:
        seen.append((part, step, steps))

    executor = Counting(Threads(2), watch, "nets")
    assert executor.width == 2
    assert executor.run([Waiting(n) for n in range(4)], 10, tmp_path) == [10, 11, 12, 13]
    assert seen == [("nets", n, 4) for n in range(5)]
    assert executor.run([Waiting(7)], 1, tmp_path) == [8]
    assert len(seen) == 5
    with pytest.raises(ValueError, match="below 0"):
        executor.run([Waiting(-1), Waiting(1)], 1, tmp_path)


def test_what_a_stage_takes_is_known_where_it_was_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    known = settings.read(ROOT / "params.yaml")
    monkeypatch.setattr(position, "_scale", lambda expected, done: 2.0)
    assert position.expected(known, "train@parity-rnn") == 2 * position._measured()[""]["train@parity-rnn"]
    assert position.expected(known, "train@nothing") is None
    assert position.expected(known, "report") is None
