"""A store that is old, damaged, elsewhere, on a poor file system, or has lost its files: a line that helps, and a way on."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException

from pipeline.core.errors import Mendable
from pipeline.tracking import reach
from pipeline.tracking.glance import Glance, glance
from pipeline.tracking.places import store_uri
from pipeline.tracking.reach import StoreUnreachable, reaching
from pipeline.tracking.runs import Part, RunRecord, digest
from pipeline.tracking.store import open_store

OLDER = "5b0e9adcef9c"


@pytest.fixture(autouse=True)
def _no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("sqlite:///mlruns/mlflow.db", "sqlite:///{root}/mlruns/mlflow.db"),
        ("sqlite:////elsewhere/mlflow.db", "sqlite:////elsewhere/mlflow.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("mlruns", "{root}/mlruns"),
        ("file:mlruns", "file:{root}/mlruns"),
        ("file:///elsewhere", "file:///elsewhere"),
        ("https://example.org", "https://example.org"),
        ("postgresql://u:p@example.org/db", "postgresql://u:p@example.org/db"),
        ("databricks", "databricks"),
        ("", "sqlite:///{root}/mlruns/mlflow.db"),
    ],
)
def test_a_path_is_read_from_the_checkout_wherever_a_process_runs(
    address: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.chdir("/")
    assert store_uri(tmp_path) == expected.format(root=tmp_path)


def test_a_glance_counts_what_mlflow_counts(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    kept, dropped = store.experiment_id("increment"), store.experiment_id("sort")
    runs = [store.client.create_run(experiment, run_name=name) for experiment, name in ((kept, "a"), (kept, "b"), (dropped, "c"))]
    store.client.delete_run(runs[0].info.run_id)
    store.client.delete_experiment(dropped)
    known = store.client.search_experiments()
    found = glance(store.uri)
    assert found == Glance(1, tuple(one.artifact_location for one in reversed(known)))
    assert found.runs == sum(len(store.client.search_runs([one.experiment_id])) for one in known)


@pytest.mark.parametrize("fault", ["an older one", "damaged", "not there", "a server"])
def test_a_glance_leaves_to_mlflow_what_is_not_as_it_should_be(fault: str, tmp_path: Path) -> None:
    uri = store_uri(tmp_path)
    database = tmp_path / "mlruns/mlflow.db"
    if fault == "a server":
        uri = "http://127.0.0.1:9"
    elif fault == "damaged":
        database.parent.mkdir()
        database.write_bytes(b"no database" * 1000)
    elif fault == "an older one":
        open_store(tmp_path)
        assert glance(uri) is not None
        with closing(sqlite3.connect(database)) as store, store:
            store.execute("UPDATE alembic_version SET version_num = ?", [OLDER])
    assert glance(uri) is None


def test_a_database_without_a_path_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///")
    with pytest.raises(Mendable, match=r"MLFLOW_TRACKING_URI: expected the path of a database such as sqlite:///mlruns/mlflow\.db"):
        store_uri(tmp_path)


def test_a_store_of_an_older_mlflow_says_the_whole_command(tmp_path: Path) -> None:
    database = open_store(tmp_path).folder / "mlflow.db"
    with closing(sqlite3.connect(database)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = ?", [OLDER])
    program = "from pathlib import Path; import sys; from pipeline.tracking.store import open_store; open_store(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        f"pipeline.tracking.reach.StoreUnreachable: sqlite:///{database}: expected an MLflow store, got one of an older MLflow; "
        f"copy it, then run: mlflow db upgrade sqlite:///{database}"
    )


def said(error: Exception, uri: str = "sqlite:////there/mlflow.db") -> str:
    with pytest.raises(StoreUnreachable) as raised, reaching(uri):
        raise error
    return str(raised.value)


def test_a_newer_store_and_one_with_a_password_get_their_own_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    out_of_date = "Detected out-of-date database schema (found version {}, but expected 1234). Take a backup of your database, then run …"
    assert said(MlflowException(out_of_date.format("0123456789ab"))).endswith(
        f"; install the MLflow that has made it (this one is {reach.mlflow.__version__})"
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://ada:secret@example.org/db")
    line = said(MlflowException(out_of_date.format(OLDER)), "postgresql://ada:secret@example.org/db")
    assert line.endswith('run: mlflow db upgrade "$MLFLOW_TRACKING_URI"')
    assert "secret" not in line


def test_a_driver_that_is_not_installed_is_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://ada:secret@example.org/db")
    line = said(ModuleNotFoundError("No module named 'psycopg'", name="psycopg"), "postgresql://ada:secret@example.org/db")
    assert line.endswith("got ModuleNotFoundError: No module named 'psycopg'; install that driver into the project's environment")


def test_a_long_reason_ends_with_a_word() -> None:
    line = said(OSError("wordy " * 100))
    assert "wordy …; " in line
    assert len(line) < 500


def test_a_damaged_store_can_be_moved_away(tmp_path: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns/mlflow.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnreachable, match="file is not a database; if it stays so, move the file away; 'nines sync' makes a new one"):
        open_store(tmp_path)


def test_where_sqlite_cannot_share_memory_the_store_works_without(tmp_path: Path) -> None:
    """SQLite's write-ahead log needs this file: a folder in its place fails as a file system without shared memory does."""
    (tmp_path / "mlruns/mlflow.db-shm").mkdir(parents=True)
    store = open_store(tmp_path)
    assert store.experiment_id("increment") == open_store(tmp_path).experiment_id("increment")
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_files_that_are_gone_are_logged_anew_and_once(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    scores, picture = tmp_path / "scores.csv", tmp_path / "picture.png"
    scores.write_text("a\n1\n")
    picture.write_bytes(b"picture")
    parts = (
        Part("evaluation", digest(b"scores"), artifacts=((scores, "evaluation"),)),
        Part("figures", digest(b"picture"), artifacts=((picture, "figures"),), identity=False),
    )
    record = RunRecord("increment", "a-run", {"level": "summary"}, parts)
    assert store.record(record)
    assert not store.record(record)
    shutil.move(store.folder / "artifacts", tmp_path / "elsewhere")
    assert store.record(record)
    assert not store.record(record)
    (run,) = store.client.search_runs([store.experiment_id("increment")])
    assert run.info.status == "FINISHED"
    kept = sorted(path.name for path in (store.folder / "artifacts").rglob("*") if path.is_file())
    assert kept == ["picture.png", "scores.csv"]


def test_a_store_that_is_made_is_put_in_its_place_whole(tmp_path: Path) -> None:
    """What an interrupted making has left is made anew; MLflow itself would stumble over its tables for good."""
    (tmp_path / "mlruns").mkdir()
    with closing(sqlite3.connect(tmp_path / "mlruns/.mlflow.db.part")) as begun, begun:
        begun.execute("CREATE TABLE secrets (id INTEGER)")
    store = open_store(tmp_path)
    assert sorted(path.name for path in store.folder.glob("*mlflow.db*") if "-" not in path.name) == ["mlflow.db"]
    assert not list(store.folder.glob(".mlflow.db*"))
