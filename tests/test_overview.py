"""``nines`` without a command: ten lines of what is here and what to type next, for a fresh study and for one that is trained."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from proved_files import write_proved

from pipeline.commands.overview import overview
from pipeline.config import settings
from pipeline.config.study import Settings

ROOT = Path(__file__).parent.parent


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two experiments of parity, in a folder of its own."""
    found = settings.read(ROOT / "params.yaml")
    monkeypatch.chdir(tmp_path)
    names = ("parity-rnn", "parity-lstm")
    return Settings(
        {"parity": found.tasks["parity"]},
        {name: found.experiments[name] for name in names},
        {name: found.certificates[name] for name in names},
        {},
    )


def test_a_fresh_study_says_how_to_begin(known: Settings) -> None:
    lines = overview(known)
    assert lines[:6] == [
        "Trailing Nines, the study at the top: 1 task, 2 experiments.", "tasks     parity",
        "trained   nothing yet", "scored    nothing yet", "proved    none yet", "report    none yet",
    ]  # fmt: skip
    assert [line.split("#")[0].strip() for line in lines[6:]] == ["", "make repro", "nines pull", "nines --help"]


def test_what_is_trained_and_proved_is_counted(known: Settings, tmp_path: Path) -> None:
    write_proved(tmp_path / "data")
    lines = overview(known)
    assert lines[2:5] == [
        "trained   1 of 2 experiments, 3 nets; not parity-lstm", "scored    1 of 2 experiments; not parity-lstm",
        "proved    1 of 3 nets right on every input of every length",
    ]  # fmt: skip
    assert [line.split("#")[0].strip() for line in lines[7:]] == ["make repro", "nines explain parity-rnn", "nines --help"]
    assert len(lines) == 10


def test_the_command_alone_prints_it_and_what_it_names_is_there() -> None:
    told = subprocess.run([sys.executable, "-m", "pipeline"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert len(told.splitlines()) == 10
    assert told.startswith("Trailing Nines, the study at the top: 7 tasks,")
    for command in re.findall(r"^nines (\w+)", told, re.MULTILINE):
        subprocess.run([sys.executable, "-m", "pipeline", command, "--help"], cwd=ROOT, capture_output=True, check=True)
