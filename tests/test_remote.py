"""The study on a DVC remote: whoever clones it pulls the data, has nothing to run, and fills an MLflow store from the files."""

import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checkouts import clone, commit, publish, run, tiny
from mlflow import MlflowClient

pytestmark = pytest.mark.slow
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "nines", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
SERVER = """
import time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("PORT", server.get_host_and_port()[1], flush=True)
time.sleep(3600)
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which the study has been reproduced and committed."""
    checkout = publish(tmp_path_factory.mktemp("study"), tiny())
    run(checkout, "dvc", "repro")
    commit(checkout, "reproduced")
    return checkout


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 server with the bucket ``nines``; yields its address."""
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = next(f"http://127.0.0.1:{line.split()[1]}" for line in server.stdout if line.startswith("PORT"))
        with urllib.request.urlopen(urllib.request.Request(f"{address}/nines", method="PUT")):
            yield address
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


Configure = Callable[[Path], None]


@pytest.fixture(params=["a bucket", "a folder"])
def configure(request: pytest.FixtureRequest, tmp_path: Path) -> Configure:
    """How a checkout is told of the remote."""
    if request.param == "a folder":
        return lambda checkout: add_remote(checkout, str(tmp_path / "storage"))
    address = request.getfixturevalue("s3")
    return lambda checkout: add_remote(checkout, "s3://nines/study", address)


def add_remote(checkout: Path, url: str, endpoint: str | None = None) -> None:
    run(checkout, "dvc", "remote", "add", "--local", "--force", "--default", "storage", url)
    if endpoint:
        run(checkout, "dvc", "remote", "modify", "--local", "storage", "endpointurl", endpoint)


def test_a_clone_pulls_runs_nothing_and_fills_its_store(study: Path, configure: Configure, tmp_path: Path) -> None:
    configure(study)
    sent = run(study, "pipeline", "push", **CREDENTIALS)
    assert int(re.fullmatch(r"(\d+) files sent\n", sent)[1]) > 5
    assert run(study, "pipeline", "push", **CREDENTIALS) == "0 files sent\n"
    other = clone(study, tmp_path / "clone")
    configure(other)
    assert run(other, "pipeline", "pull", **CREDENTIALS) == sent.replace("sent", "fetched")
    assert "Running stage" not in run(other, "dvc", "repro")
    assert not (other / "mlruns").exists()
    assert "increment-rnn-post: 3 runs" in run(other, "pipeline", "sync")
    told = MlflowClient(f"sqlite:///{other}/mlruns/mlflow.db")
    found = told.search_runs([told.get_experiment_by_name("increment").experiment_id])
    assert sorted(run.info.run_name for run in found) == ["increment-rnn-post", "increment-rnn-post/seed-0", "increment-rnn-post/seed-1"]
    assert "increment-rnn-post: 0 runs" in run(other, "pipeline", "sync")


def test_dvc_itself_pulls_what_was_pushed(study: Path, s3: str, tmp_path: Path) -> None:
    add_remote(study, "s3://nines/dvc", s3)
    run(study, "dvc", "push", **CREDENTIALS)
    other = clone(study, tmp_path / "clone")
    add_remote(other, "s3://nines/dvc", s3)
    run(other, "dvc", "pull", **CREDENTIALS)
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
    "no package": ("gs://nines/study", None, CREDENTIALS, "requires 'dvc-gs' to be installed; install that package"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_missing_is_one_line(mistake: str, bare: Path, s3: str) -> None:
    url, endpoint, credentials, expected = MISTAKES[mistake]
    if url:
        add_remote(bare, url, s3 if endpoint == "" else endpoint)
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
    add_remote(bare, "s3://nines/study", s3)
    said = run(bare, "pipeline", "push", code=1, **CREDENTIALS)
    assert said.count("\n") == 1, said
    assert "expected all outputs in DVC's cache, got none for " in said
