"""A checkout that is renamed or copied with its environment runs its own code; its programs find each other without activation."""

import fcntl
import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from checkouts import ROOT, copy, git

pytestmark = pytest.mark.slow
BARE = {"PATH": "/usr/bin:/bin", "DVC_NO_ANALYTICS": "1"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with an environment that borrows this one's packages, settled, and then renamed."""
    folder = tmp_path_factory.mktemp("place") / "old"
    copy(folder)
    venv.create(folder / ".venv", with_pip=False)
    (own,) = (folder / ".venv").glob("lib/python*/site-packages")
    (own / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    program = folder / ".venv/bin/dvc"
    program.write_text(f"#!{folder}/.venv/bin/python\nfrom dvc.cli import main\nraise SystemExit(main())\n")
    program.chmod(0o755)
    settle(folder)
    git(folder, "init", "-q")
    return folder.rename(folder.with_name("new"))


def settle(folder: Path) -> str:
    # As a user with pip's own settings for the machine's Python has it, who runs make.
    command = [folder / ".venv/bin/python", ".ci/settle.py", ".venv"]
    return subprocess.run(command, cwd=folder, env=BARE | {"PIP_USER": "0"}, capture_output=True, text=True, check=True).stdout


def said(folder: Path, *command: str | Path, code: int = 0) -> str:
    done = subprocess.run(command, cwd=folder, env=BARE, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_what_was_renamed_is_mended_and_a_copy_never_runs_other_code(checkout: Path) -> None:
    nines = checkout / ".venv/bin/nines"
    with pytest.raises(FileNotFoundError):
        said(checkout, nines, "tasks")  # its first line names a Python that is gone
    shared, started = checkout / "shared", checkout / "started"
    os.link(nines, shared)
    (module,) = (checkout / ".venv").glob("lib/python*/site-packages/_nines_surroundings.py")
    module.write_text("# another version\n")
    os.link(module, started)
    assert "made in" in settle(checkout)
    assert "increment" in said(checkout, nines, "tasks")
    assert "/old/" in shared.read_text(), "expected a new file: copies of an environment may share theirs"
    assert started.read_text() == "# another version\n", "expected a new file"
    assert module.read_text() == (ROOT / ".ci/surroundings.py").read_text()
    assert "made in" not in settle(checkout)
    # The command of one checkout in another, as a copied environment has it.
    assert f"error: expected the code of {ROOT}, got that of {checkout}; run 'make setup' in the former\n" == said(
        ROOT, nines, "tasks", code=1
    )
    for study in ("1997", "smoke"):
        said(checkout / "studies" / study, nines, "tasks")


def test_a_stage_finds_its_python_where_nothing_is_activated(checkout: Path) -> None:
    settle(checkout)
    (checkout / "dvc.yaml").unlink()
    (checkout / "dvc.yaml").write_text(
        "stages:\n  ask:\n    cmd: python -c 'import sys; print(sys.prefix)' > where.txt\n    outs: [where.txt]\n"
    )
    said(checkout, checkout / ".venv/bin/dvc", "repro")
    assert (checkout / "where.txt").read_text() == f"{checkout}/.venv\n"


def test_what_a_killed_dvc_has_left_half_written_stops_no_other(checkout: Path) -> None:
    """DVC writes its list of who works on what in place: killed in between, it leaves an empty file, and would stumble over it for good."""
    settle(checkout)
    dvc, rwlock = checkout / ".venv/bin/dvc", checkout / ".dvc/tmp/rwlock"
    (checkout / "dvc.yaml").write_text("stages:\n  say:\n    cmd: echo said > said.txt\n    outs: [said.txt]\n")
    rwlock.parent.mkdir(parents=True, exist_ok=True)
    for torn in ("", '{"read": {"a'):
        rwlock.write_text(torn)
        said(checkout, dvc, "repro", "--force")
    assert not json.loads(rwlock.read_text()).get("write")
    rwlock.write_text("")
    with rwlock.with_name("rwlock.lock").open("a") as guard:  # as another DVC holds it while it writes
        fcntl.flock(guard, fcntl.LOCK_EX)
        said(checkout, dvc, "stage", "list")
        assert rwlock.exists()


WHO = "import getpass, os; print(getpass.getuser(), os.environ['HOME'], os.environ.get('DVC_SITE_CACHE_DIR'))"


@pytest.mark.skipif(subprocess.run(["unshare", "-U", "--map-user=12345", "true"], check=False).returncode != 0, reason="no user namespaces")
def test_a_user_without_a_name_and_a_home_has_both(checkout: Path) -> None:
    """As in a container that is run with ``--user 12345``."""
    settle(checkout)
    python = str(checkout / ".venv/bin/python")
    nameless = ("unshare", "-U", "--map-user=12345", python)
    assert said(checkout, *nameless, "-c", WHO) == f"user-12345 {checkout}/.dvc/tmp/home None\n"
    said(checkout, *nameless, "-m", "dvc", "stage", "list")


def test_make_takes_none_of_pips_settings_for_the_machine() -> None:
    environment = BARE | {"PIP_USER": "1", "PIP_TARGET": "/elsewhere", "PIP_PREFIX": "/elsewhere"}
    show = "include Makefile\nshow: ; @env\n"
    command = ["make", "-s", "-f", "-", "show"]
    given = subprocess.run(command, cwd=ROOT, input=show, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "PIP_USER=0" in given
    assert not [line for line in given if line.startswith(("PIP_TARGET", "PIP_PREFIX"))]


def test_sources_without_a_repository_are_a_checkout_too(checkout: Path) -> None:
    settle(checkout)
    (checkout / ".git").rename(checkout / "git")
    try:
        make = ["make", "-s", "-o", "settle", "scm"]
        environment = {**BARE, "PATH": f"{checkout}/.venv/bin:{Path(sys.executable).parent}:/usr/bin:/bin"}
        subprocess.run(make, cwd=checkout, env=environment, check=True)
        assert "not a git repository" not in said(checkout, checkout / ".venv/bin/dvc", "stage", "list")
        (checkout / "git").rename(checkout / ".git")
        subprocess.run(make, cwd=checkout, env=environment, check=True)
        assert "no_scm" not in (checkout / ".dvc/config.local").read_text()
    finally:
        if (checkout / "git").exists():
            (checkout / "git").rename(checkout / ".git")


def test_every_checkout_has_the_same_bytes(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "add", "-A")
    git(checkout, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "start")
    subprocess.run(["git", "clone", "-q", "-c", "core.autocrlf=true", str(checkout), str(tmp_path / "clone")], check=True)
    for name in (".ci/run", "params.yaml", "pipeline/cli.py", "studies/smoke/params.yaml"):
        assert (tmp_path / "clone" / name).read_bytes() == (checkout / name).read_bytes()
