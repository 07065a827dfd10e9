"""A disk that is full or cannot be written: one line before the work is done, and nothing half-written."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import ROOT, publish, run, surroundings, tiny

from pipeline.commands.disk import explained, require_writable
from pipeline.core.errors import Mendable
from pipeline.core.folders import replace_file

# In a space of mounts of its own, so that nothing of it is left.
IN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"]
MOUNTS = subprocess.run([*IN_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False).returncode == 0
needs_mounts = pytest.mark.skipif(not MOUNTS, reason="no mounts of its own for an ordinary user here")


def frozen(checkout: Path, mount: str) -> str:
    """Freeze a dataset below such a mount; return what was said and what lies there then."""
    (checkout / "data").mkdir(exist_ok=True)
    (checkout / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    script = f"cd {checkout} && {mount} && {{ {sys.executable} -m pipeline freeze increment; echo code $?; ls -AR data; }}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([*IN_MOUNTS, "sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
    return done.stderr + done.stdout


@needs_mounts
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    said = frozen(tmp_path, "mount -t tmpfs -o size=200k tmpfs data")  # room to begin, and not to end
    assert said.startswith("error: no space left on device; make room on the disk and run it again")
    assert said.splitlines()[1:] == ["code 1", "data:", "datasets", "", "data/datasets:"]


@needs_mounts
def test_a_folder_that_cannot_be_written_is_one_line_before_the_work(tmp_path: Path) -> None:
    said = frozen(tmp_path, "mount --bind data data && mount -o remount,bind,ro data")
    assert said.splitlines()[0] == "error: data: expected a folder that can be written, got: read-only file system; make it writable"
    assert "code 1" in said.splitlines()


def test_what_the_operating_system_says_gets_a_way_on(tmp_path: Path) -> None:
    assert explained(OSError(errno.ENOSPC, "No space left on device", "data/x")).startswith("data/x: no space left on device; make room")
    assert explained(OSError(errno.EIO, "Input/output error", "data/x")) == "[Errno 5] Input/output error: 'data/x'"
    (tmp_path / "file").touch()
    with pytest.raises(Mendable, match="expected a folder that can be written, got: not a directory"):
        require_writable(tmp_path / "file" / "data")
    require_writable(tmp_path / "data" / "of" / "it")
    assert not (tmp_path / "data").exists()


def test_a_file_that_cannot_be_written_whole_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which all stages have run."""
    checkout = publish(tmp_path_factory.mktemp("disks"), tiny())
    run(checkout, "dvc", "repro")
    return checkout


STAGES = {
    "train": ("models", ("train", "increment-rnn-post")),
    "evaluate": ("results", ("evaluate", "increment-rnn-post")),
    "certify": ("certificates", ("certify", "increment-rnn-post")),
    "report": ("report", ("report",)),
}


@needs_mounts
@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_each_stage_meets_a_poor_disk_with_one_line(study: Path, stage: str, fault: str) -> None:
    folder, words = STAGES[stage]
    place = f"data/{folder}"
    mounts = {  # room for one folder
        "full": f"mount -t tmpfs -o size=4k,nr_inodes=2 tmpfs {place}",
        "read-only": f"mount --bind {place} {place} && mount -o remount,bind,ro {place}",
    }
    script = f"{mounts[fault]} && {{ {sys.executable} -m pipeline {' '.join(words)}; echo code $?; find {place} -name '.*.part*'; }}"
    done = subprocess.run([*IN_MOUNTS, "sh", "-c", script], cwd=study, env=surroundings(), capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr + done.stdout
    assert ("make room" if fault == "full" else "make it writable") in lines[0]
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] == "code 1", "expected nothing half-written"
