"""The study on a DVC remote: whoever clones it pulls the data, has nothing to run, and fills an MLflow store from the files."""

import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkouts import clone, commit, publish, run, tiny
from mlflow import MlflowClient

pytestmark = pytest.mark.slow
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "nines", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
S3 = """
import time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("PORT", server.get_host_and_port()[1], flush=True)
time.sleep(3600)
"""
SSH = """
import asyncio, asyncssh
async def serve():
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    user.write_private_key("key")
    user.write_public_key("key.pub")
    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[host], authorized_client_keys="key.pub", sftp_factory=True)
    print("PORT", server.get_port(), flush=True)
    await asyncio.sleep(3600)
asyncio.run(serve())
"""


@contextmanager
def serving(program: str, folder: Path) -> Iterator[str]:
    """Run a server in ``folder``; yield its port."""
    server = subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield next(line.split()[1] for line in server.stdout if line.startswith("PORT"))
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which the study has been reproduced and committed."""
    checkout = publish(tmp_path_factory.mktemp("study"), tiny())
    run(checkout, "dvc", "repro")
    commit(checkout, "reproduced")
    return checkout


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 server with the bucket ``nines``; yields its address."""
    with serving(S3, tmp_path_factory.mktemp("s3")) as port:
        address = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(urllib.request.Request(f"{address}/nines", method="PUT")):
            yield address


Configure = Callable[[Path], None]


@pytest.fixture
def bucket(s3: str) -> Configure:
    """How a checkout is told of the remote."""
    return lambda checkout: add_remote(checkout, "s3://nines/study", endpointurl=s3)


@pytest.fixture
def folder(tmp_path: Path) -> Configure:
    return lambda checkout: add_remote(checkout, str(tmp_path / "storage"))


@pytest.fixture
def folder_behind_ssh(tmp_path: Path) -> Iterator[Configure]:
    with serving(SSH, tmp_path) as port:
        url = f"ssh://127.0.0.1:{port}{tmp_path / 'storage'}"
        yield lambda checkout: add_remote(checkout, url, user="nines", keyfile=str(tmp_path / "key"))


def add_remote(checkout: Path, url: str, **options: str | None) -> None:
    run(checkout, "dvc", "remote", "add", "--local", "--force", "--default", "storage", url)
    for name, value in options.items():
        if value:
            run(checkout, "dvc", "remote", "modify", "--local", "storage", name, value)


@pytest.mark.parametrize("place", ["bucket", "folder"])
def test_a_clone_pulls_runs_nothing_and_fills_its_store(study: Path, place: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    configure = request.getfixturevalue(place)
    configure(study)
    sent = run(study, "pipeline", "push", **CREDENTIALS)
    assert int(re.fullmatch(r"(\d+) files sent\n", sent)[1]) > 5
    other = clone(study, tmp_path / "clone")
    configure(other)
    assert run(other, "pipeline", "pull", **CREDENTIALS) == sent.replace("sent", "fetched")
    assert "Running stage" not in run(other, "dvc", "repro")
    assert not (other / "mlruns/mlflow.db").exists()
    assert "increment-rnn-post: 3 runs" in run(other, "pipeline", "sync")
    told = MlflowClient(f"sqlite:///{other}/mlruns/mlflow.db")
    found = told.search_runs([told.get_experiment_by_name("increment").experiment_id])
    assert sorted(run.info.run_name for run in found) == ["increment-rnn-post", "increment-rnn-post/seed-0", "increment-rnn-post/seed-1"]


def test_dvc_itself_pulls_what_was_pushed_over_ssh(study: Path, folder_behind_ssh: Configure, tmp_path: Path) -> None:
    folder_behind_ssh(study)
    run(study, "pipeline", "push")
    assert run(study, "pipeline", "push") == "0 files sent\n"
    other = clone(study, tmp_path / "clone")
    folder_behind_ssh(other)
    run(other, "dvc", "pull", "dvc.yaml")
    for path in ("data/models/increment-rnn-post/length-10/seed-1.npz", "data/report/index.html"):
        assert (other / path).read_bytes() == (study / path).read_bytes()


@pytest.fixture(scope="module")
def bare(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone without data."""
    return clone(study, tmp_path_factory.mktemp("bare") / "clone")


NO_REMOTE, DEAD = "", "http://127.0.0.1:9"
MISTAKES = {
    "no remote": (NO_REMOTE, None, CREDENTIALS, "got none; add one with 'dvc remote add --default NAME URL'"),
    "no credentials": ("s3://nines/study", DEAD, {}, "got Unable to locate credentials; set AWS_ACCESS_KEY_ID and"),
    "no endpoint": ("s3://nines/study", DEAD, CREDENTIALS, "check the remote's endpointurl and the network"),
    "no bucket": ("s3://eights/study", "", CREDENTIALS, "got The specified bucket does not exist; check the remote's url"),
    "nothing there": ("s3://nines/empty", "", CREDENTIALS, "expected all outputs in the DVC remote, got none for "),
    "no folder": ("/not-mounted/study", None, {}, "at /not-mounted/study, got none there; mount its disk, or check the remote's url"),
    "no package": ("gs://nines/study", None, CREDENTIALS, "requires 'dvc-gs' to be installed; install that package"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_missing_is_one_line(mistake: str, bare: Path, s3: str) -> None:
    url, endpoint, credentials, expected = MISTAKES[mistake]
    if url:
        add_remote(bare, url, endpointurl=s3 if endpoint == "" else endpoint)
    else:
        (bare / ".dvc/config.local").unlink(missing_ok=True)
    # Without these two, botocore asks the network for credentials, and tries a dead endpoint many times.
    elsewhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "HOME": str(bare)}
    said = run(bare, "pipeline", "pull", code=1, **elsewhere, **credentials)
    assert said.startswith("error: ")
    assert said.count("\n") == 1, said
    assert expected in said
    assert "secret" not in said


def test_what_was_never_made_cannot_be_pushed(bare: Path, s3: str) -> None:
    add_remote(bare, "s3://nines/study", endpointurl=s3)
    said = run(bare, "pipeline", "push", code=1, **CREDENTIALS)
    assert said.count("\n") == 1, said
    assert "expected all outputs in DVC's cache, got none for " in said
