"""A tracking server takes the place of the embedded store, and what opens it is written down nowhere."""

import base64
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from checkouts import clone, publish, run, tiny
from mlflow import MlflowClient
from servers import door, mlflow_server, postgres
from small_study import OURS, POST, SEEDS, nines, noting_browser

pytestmark = pytest.mark.slow

USER, PASSWORD, TOKEN = "planted-user", "planted/p@ss:w%rd", "planted-token-5Wq9"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SECRETS = [USER, PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), TOKEN, BASIC]


@dataclass
class Remote:
    """A server, a checkout that is to use it, and all that its commands have printed."""

    checkout: Path
    address: str
    files: Path
    dump: list[str]
    printed: str = ""

    @property
    def inside(self) -> str:
        """The address with what opens it."""
        return self.address.replace("//", f"//{USER}:{quote(PASSWORD, safe='')}@")

    def nines(self, *words: str, code: int = 0, **variables: str) -> str:
        said = nines(self.checkout, *words, code=code, **{"MLFLOW_TRACKING_URI": self.address, **variables})
        self.printed += said
        return said


@pytest.fixture(scope="module")
def remote(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    folder = tmp_path_factory.mktemp("remote")
    checkout, files = folder / "checkout", folder / "server"
    shutil.copytree(study, checkout, ignore=shutil.ignore_patterns("mlruns"))
    files.mkdir()
    with (
        postgres() as (database, programs),
        mlflow_server(database, files / "artifacts", files / "log") as port,
        door(port, {f"Basic {BASIC}", f"Bearer {TOKEN}"}) as entrance,
    ):
        dump = [str(programs / "pg_dump"), database.replace("+psycopg2", "")]
        yield Remote(checkout, f"http://127.0.0.1:{entrance}", files, dump)


@pytest.fixture
def client(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", TOKEN)
    return MlflowClient(remote.address)


def test_everything_goes_to_the_server_instead(remote: Remote, client: MlflowClient, study: Path) -> None:
    told = remote.nines("sync", MLFLOW_TRACKING_URI=remote.inside)
    assert f"{POST}: {SEEDS + 1} runs made or completed" in told
    assert f"models:/increment@champion is {POST} now" in told
    assert not (remote.checkout / "mlruns" / "mlflow.db").exists()
    experiment = client.get_experiment_by_name("increment")
    assert experiment.artifact_location.startswith("mlflow-artifacts:")
    names = sorted(run.info.run_name for run in client.search_runs([experiment.experiment_id]))
    assert names == sorted([POST, *(f"{POST}/seed-{k}" for k in range(SEEDS)), OURS, f"{OURS}/seed-0", f"{OURS}/seed-1"])
    (run,) = client.search_runs([experiment.experiment_id], f"attributes.run_name = '{POST}'")
    picture = Path(client.download_artifacts(run.info.run_id, f"figures/{POST}-accuracy.png"))
    assert picture.read_bytes() == (study / "data" / "report" / "figures" / f"{POST}-accuracy.png").read_bytes()
    champion = client.get_model_version_by_alias("increment", "champion")
    assert (champion.run_id, champion.tags["experiment"]) == (run.info.run_id, POST)
    assert list(remote.files.glob("artifacts/*/models/*/artifacts/MLmodel")), "expected the models among the server's files"


def test_the_same_is_told_once_whatever_way_one_comes_in(remote: Remote) -> None:
    remote.nines("sync", MLFLOW_TRACKING_TOKEN=TOKEN)
    told = remote.nines("sync", MLFLOW_TRACKING_USERNAME=USER, MLFLOW_TRACKING_PASSWORD=PASSWORD)
    assert told.count(": 0 runs made or completed") == told.count("\n")


def test_the_browser_is_opened_on_the_charts_of_a_task(remote: Remote, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = noting_browser(tmp_path / "browser", opened)
    shown = remote.nines("ui", "--open", "--task", "parity", MLFLOW_TRACKING_URI=remote.inside, BROWSER=f"{browser} %s")
    assert f"MLflow UI: {remote.address} " in shown
    (link,) = re.findall(r"^    experiments compared: (\S+)$", shown, re.MULTILINE)
    assert link.startswith(f"{remote.address}/#/experiments/")
    assert opened.read_text() == link


def test_a_stage_tells_the_server(remote: Remote, client: MlflowClient) -> None:
    (remote.checkout / "data" / "results" / "parity-any" / "metrics.json").unlink()
    assert "warning" not in remote.nines("evaluate", "parity-any", MLFLOW_TRACKING_URI=remote.inside)
    experiment = client.get_experiment_by_name("parity").experiment_id
    tags = [run.data.tags for run in client.search_runs([experiment])]
    assert all("digest.evaluation" in one for one in tags)


def test_a_dvc_experiment_lands_on_the_server(remote: Remote, client: MlflowClient) -> None:
    (remote.checkout / "origin").mkdir()
    checkout = clone(publish(remote.checkout / "origin", tiny()), remote.checkout / "clone")
    units = "experiments.increment-rnn-post.model.units=3"
    remote.printed += run(checkout, "dvc", "exp", "run", "--queue", "--name", "far", "-S", units)
    remote.printed += run(checkout, "dvc", "exp", "run", "--run-all", MLFLOW_TRACKING_URI=remote.inside)
    experiment = client.get_experiment_by_name("increment").experiment_id
    landed = sorted(run.info.run_name for run in client.search_runs([experiment], "tags.`dvc.experiment` = 'far'"))
    assert landed == [POST, f"{POST}/seed-0", f"{POST}/seed-1"]
    assert not (checkout / "mlruns" / "mlflow.db").exists()


def test_errors_do_not_tell_what_opens_the_door(remote: Remote) -> None:
    wrong = remote.nines("sync", code=1, MLFLOW_TRACKING_USERNAME=USER, MLFLOW_TRACKING_PASSWORD=f"{PASSWORD}-not")
    assert f"error: {remote.address}: expected an MLflow store, got " in wrong
    assert "401" in wrong
    for address in ("http://{}@127.0.0.1:9", "postgresql://{}@127.0.0.1:9/none", "nonsense://{}@example.org"):
        inside = address.format(f"{USER}:{quote(PASSWORD, safe='')}")
        said = remote.nines("sync", code=1, MLFLOW_TRACKING_URI=inside, MLFLOW_TRACKING_TOKEN=TOKEN)
        assert said.startswith(f"error: {address.replace('{}@', '')}: expected an MLflow store, got ")
        assert said.count("\n") == 1


def test_credentials_are_nowhere(remote: Remote) -> None:
    # The last test: it searches what the others have left.
    user = "postgres" if os.getuid() == 0 else None
    database = subprocess.run(remote.dump, user=user, capture_output=True, check=True, cwd="/").stdout
    assert POST.encode() in database, "expected a dump with the runs in it"
    found = {"database": database, "printed": remote.printed.encode()}
    left = [path for top in (remote.files, remote.checkout) for path in top.rglob("*") if path.is_file()]
    found |= {str(path): path.read_bytes() for path in left if path.name != Path(__file__).name}  # a clone has this file too
    assert len(found) > 100
    assert [(place, secret) for place, content in found.items() for secret in SECRETS if secret.encode() in content] == []
