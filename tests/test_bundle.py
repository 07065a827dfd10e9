"""``nines bundle``: one zip that holds all of an experiment, and proofs that its own checker accepts with NumPy alone."""

import dataclasses
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from proved_files import write_proved
from report_files import ended, write
from test_guarantees import carousel

from pipeline.commands.bundle import bundle
from pipeline.config import settings
from pipeline.core.errors import WrongInput
from pipeline.experiment.entry import Experiment

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on NumPy 2
ROOT = Path(__file__).parent.parent


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """An experiment of three nets, one of which is proved, in a folder of its own."""
    found = settings.read(ROOT / "params.yaml").experiment("parity-rnn")
    write_proved(tmp_path / "data")
    pictures = tmp_path / "data/report/figures"
    pictures.mkdir(parents=True)
    for name in ("parity-rnn", "parity-rnn-post"):
        (pictures / f"{name}-accuracy.png").write_bytes(name.encode())
        (tmp_path / "data/models" / name / "outcome.json").touch()
    monkeypatch.chdir(tmp_path)
    return dataclasses.replace(found, training=found.training.model_copy(update={"seeds": 3}))


def test_the_zip_holds_everything_and_its_checker_accepts_the_proof_with_numpy_alone(experiment: Experiment, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = bundle(experiment, tmp_path / "elsewhere")
    assert [file.name for file in path.parent.iterdir()] == ["parity-rnn.zip"]
    with zipfile.ZipFile(path) as archive:
        archive.extractall(path.parent)
    folder = path.parent / "parity-rnn"
    seeds = range(3)
    exported = {f"exported/parity-rnn-seed-{seed}.{ending}" for seed in seeds for ending in ("keras", "safetensors", "onnx")}
    wanted = {f"weights/length-12/seed-{seed}.npz" for seed in seeds} | exported
    wanted |= {"certificates/verdicts.json", "certificates/seed-0.json", "checker.py", "figures/parity-rnn-accuracy.png"}
    wanted |= {"README.md", "card.md", "recipe.json"}
    assert {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()} == wanted
    assert (folder / "figures/parity-rnn-accuracy.png").read_bytes() == b"parity-rnn"
    (command,) = re.findall(r"^python (checker\.py .*)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert alone(folder, command.split()).returncode == 0
    proof = folder / "certificates/seed-0.json"
    proof.write_text(proof.read_text().replace('"margin"', '"margins"', 1))
    assert alone(folder, command.split()).returncode != 0


def alone(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a file with NumPy and nothing else that is not Python's own."""
    path = folder.parent / "path"
    path.mkdir(exist_ok=True)
    for part in Path(np.__file__).parent.parent.glob("numpy*"):
        if part.name in ("numpy", "numpy.libs") and not (path / part.name).exists():
            (path / part.name).symlink_to(part)
    environment = {"PYTHONPATH": str(path), "PATH": os.defpath}
    return subprocess.run([sys.executable, "-S", "-s", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_guarantees_are_in_the_zip_with_their_checker_and_in_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings.read(ROOT / "params.yaml").experiment("count_ones-rnn")
    counting = dataclasses.replace(found, training=found.training.model_copy(update={"seeds": 2}))
    scores = {("sequence_accuracy", "random", n): ([1.0, 1.0], 0.1) for n in (4, 10)}
    write(tmp_path / "data", "count_ones-rnn", "count_ones", scores, {10: [ended(20)] * 2}, model="carousel")
    folder = tmp_path / "data/models/count_ones-rnn/length-10"
    folder.mkdir()
    for seed in range(2):
        np.savez(folder / f"seed-{seed}.npz", **carousel(seed))
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(bundle(counting, tmp_path)) as archive:
        archive.extractall(tmp_path / "elsewhere")
    unpacked = tmp_path / "elsewhere/count_ones-rnn"
    commands = re.findall(r"^python (checker\.py .*)$", (unpacked / "README.md").read_text(), re.MULTILINE)
    assert len(commands) == 2
    card = (unpacked / "card.md").read_text()
    for seed, command in enumerate(commands):
        done = alone(unpacked, command.split())
        assert done.returncode == 0, done.stderr
        first, second = done.stdout.splitlines()
        assert f"- seed {seed}: {first}; fails: {second.split(maxsplit=1)[1]}\n" in card
    assert "No proof was tried" not in card
    other = alone(unpacked, [commands[0].split()[0], commands[0].split()[1], commands[1].split()[2]])
    assert other.returncode == 1
    assert "rejected" in other.stderr
    assert "usage: python checker.py" in alone(unpacked, ["checker.py"]).stderr


def test_nets_that_were_not_proved_have_no_checker(experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "data/certificates/parity-rnn/verdicts.json"
    found = json.loads(path.read_text())
    for verdict in found["verdicts"].values():
        verdict["proved"] = False
    path.write_text(json.dumps(found))
    with zipfile.ZipFile(bundle(experiment, tmp_path)) as archive:
        names = archive.namelist()
        assert "python checker.py" not in archive.read("parity-rnn/README.md").decode()
    assert "parity-rnn/checker.py" not in names
    assert "parity-rnn/card.md" in names


def test_nothing_is_left_behind_where_it_fails(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="--out: expected a folder that is there, got nowhere; make it"):
        bundle(experiment, Path("nowhere"))
    (tmp_path / "data/results/parity-rnn/scores.csv").unlink()
    with pytest.raises(Exception, match=r"scores\.csv"):
        bundle(experiment, tmp_path)
    assert not list(tmp_path.glob("*.zip"))
    assert not list(tmp_path.glob(".partial*"))
