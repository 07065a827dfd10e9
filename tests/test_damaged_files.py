"""Files that are cut, empty or something else, links to a cache, and what a killed process leaves: a line each, and nothing overwritten."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import handmade
import numpy as np
import pytest

import pipeline
from pipeline.answering import Answerer
from pipeline.certification.certificate import Certificate
from pipeline.commands import position
from pipeline.config import settings
from pipeline.core.errors import Mendable
from pipeline.core.folders import replace_file
from pipeline.core.npz import DamagedArrays, read_npz
from pipeline.files import checkpoints, outcomes, timings
from pipeline.files.stage_files import MissingFile, UnreadableFile, read_text
from pipeline.files.timings import Timing
from pipeline.recording import sync
from pipeline.training.engine.workbench import Workbench

ROOT = Path(__file__).parent.parent
KNOWN = settings.read(ROOT / "params.yaml")


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Cut a file, or change some of its bytes."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 3, 20))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed[: draw.randrange(len(changed))]) if draw.random() < 0.5 else bytes(changed)


@pytest.mark.filterwarnings("ignore")  # a changed header may be an old one to NumPy
def test_whatever_happens_to_weights_is_one_error(tmp_path: Path) -> None:
    path, draw = tmp_path / "seed-0.npz", random.Random(0)
    np.savez(path, **{"recurrent/kernel": np.ones((3, 4), np.float32), "recurrent/bias": np.ones(4, np.float32)})
    whole, refused = path.read_bytes(), 0
    for _ in range(2000):
        path.write_bytes(damaged(whole, draw))
        try:
            checkpoints.read(path)
        except checkpoints.CheckpointError as error:
            refused += 1
            assert str(error).endswith("got a damaged file; delete it and fetch it with 'dvc checkout'")  # noqa: PT017
    assert refused > 1600
    for other in (b"", b"text", b"\x93NUMPY"):
        path.write_bytes(other)
        with pytest.raises(DamagedArrays):
            read_npz(path)


def test_weights_along_a_training_come_back_as_they_were(tmp_path: Path) -> None:
    path = checkpoints.kept_of(tmp_path, 10, 3)
    assert path.relative_to(tmp_path).as_posix() == "kept/length-10/seed-3.npz"
    net = {"recurrent/kernel": np.ones((3, 4), np.float32), "recurrent/bias": np.arange(4, dtype=np.float32)}
    kept = {step: {name: np.float32(step) * values for name, values in net.items()} for step in (20, 5)}
    checkpoints.save_kept(kept, path)
    again = checkpoints.read_kept(path)
    assert list(again) == [20, 5]
    for step, weights in kept.items():
        assert weights.keys() == again[step].keys()
        assert all(np.array_equal(values, again[step][name]) for name, values in weights.items())
    checkpoints.save(kept[20], path)
    with pytest.raises(checkpoints.CheckpointError, match=r"seed-3\.npz: expected weights for each of its steps, got others; retrain with"):
        checkpoints.read_kept(path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2", b"\xff\xfe\n", b"a,b\n\x00\n" + b'"\n', b'a,b\n"1\n'])
def test_a_table_that_is_cut_or_none_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"scores\.csv: expected lines.*dvc repro --force evaluate@net"):
        read_text(path, "evaluate@net")
    path.write_bytes(b"a,b\n1,2\n")
    assert read_text(path, "evaluate@net", ["a"]) == [{"a": "1", "b": "2"}]
    with pytest.raises(UnreadableFile, match="expected a column c, got a, b"):
        read_text(path, "evaluate@net", ["a", "c"])
    path.write_bytes(b"a,b\n1,2\n3\n")
    with pytest.raises(UnreadableFile, match="expected as many values in each line as there are columns"):
        read_text(path, "evaluate@net")
    path.unlink()
    with pytest.raises(MissingFile, match="dvc repro evaluate@net"):
        read_text(path, "evaluate@net")


def _trained(folder: Path) -> Path:
    handmade.put(folder)
    return folder / "data/models" / handmade.EXPERIMENT


READERS: dict[str, Callable[[Path], Any]] = {
    "recipe.json": lambda folder: Answerer.load(folder, KNOWN.task("increment").params.model_dump()),
    "history.csv": lambda folder: Answerer.load(folder, KNOWN.task("increment").params.model_dump()),
    "outcome.json": lambda folder: outcomes.read(handmade.EXPERIMENT, folder),
    "proof.json": lambda folder: Certificate.load(folder / "proof.json"),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", [b"", b'{"task": ', b"\xff\xfe\xfd"])
def test_a_damaged_file_is_named_with_a_way_on(name: str, content: bytes, tmp_path: Path) -> None:
    folder = _trained(tmp_path)
    (folder / name).write_bytes(content)
    expected = rf"{name}: (expected .*, got a damaged file|content: invalid JSON.*); .*(dvc checkout|dvc repro)"
    with pytest.raises(Mendable, match=expected) as raised:
        READERS[name](folder)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "got an empty file; restore it with 'git checkout HEAD -- dvc.lock'"),
        (b"- 1\n", "got something else; restore it with"),
        (b"schema: '2.0'\nstages:\n<<<<<<< HEAD\n", "got the marks of a merge in line 3; finish the merge"),
        (b"schema: [", "expected YAML, got "),
        (b"\xff", "expected text in UTF-8"),
    ],
)
def test_a_lock_that_cannot_be_read_is_one_line(content: bytes, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dvc.lock").write_bytes(content)
    with pytest.raises(Mendable) as raised:
        sync._locked_stages()
    assert str(raised.value).startswith("dvc.lock: expected ")
    assert expected in str(raised.value)
    Path("dvc.lock").write_text("schema: '2.0'\nstages:\n  freeze@x:\n    cmd: python\n")
    assert sync._locked_stages() == {"freeze@x": {"cmd": "python"}}


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_what_is_linked_to_a_cache_is_replaced(link: Callable[[Path, Path], None], tmp_path: Path) -> None:
    cached = tmp_path / "cached"
    cached.write_bytes(b"as it was")
    cached.chmod(0o444)
    for number, write in enumerate(
        (lambda path: replace_file(path, b"new"), lambda path: timings.write(path, Timing(seconds=1, machine="m")))
    ):
        path = tmp_path / str(number)
        link(cached, path)
        write(path)
        assert cached.read_bytes() == b"as it was"
        assert path.read_bytes() != b"as it was"
        assert not path.is_symlink()


def test_a_damaged_timing_stops_no_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / position.MEASURED).write_text(json.dumps({"seconds": {"": {"train@increment-rnn-post": 60.0}}}))
    whole = position.position(KNOWN, "report")
    for content in (b"", b"{", b"\xff"):
        path = timings.path_of(Path("data/timings"), "train", "increment-rnn-post")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        assert position.position(KNOWN, "report") == whole


def test_a_damaged_snapshot_begins_these_seeds_anew(tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "bench", "recipe")
    bench.folder.mkdir()
    (bench.folder / "part.npz").write_bytes(b"PK\x03\x04 cut")

    def build() -> Any:
        return None

    assert bench.load("part", build, KNOWN.experiment("increment-rnn-post").training) is None


def test_what_a_killed_training_has_left_is_no_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("parity-rnn", ".increment-rnn.partial", ".increment-rnn.old"):
        (tmp_path / "data/models" / name).mkdir(parents=True)
        (tmp_path / "data/models" / name / "outcome.json").write_text("{}")
    assert sync._experiments() == ["parity-rnn"]


def test_an_editors_link_to_nothing_is_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Emacs keeps such a link beside each file that is open."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code/__init__.py").write_text("")
    monkeypatch.setattr(pipeline, "__file__", str(tmp_path / "code/__init__.py"))
    before = Workbench(tmp_path / "bench", "recipe")._identity
    (tmp_path / "code/.#errors.py").symlink_to("somebody@somewhere.1:1")
    assert Workbench(tmp_path / "bench", "recipe")._identity == before
    (tmp_path / "code/errors.py").write_text("")
    assert Workbench(tmp_path / "bench", "recipe")._identity != before
