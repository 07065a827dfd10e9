"""The MLflow store is told each thing once, whoever tells it, however often, and whatever interrupts."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.entities import Run

from pipeline.tracking import champions
from pipeline.tracking.reach import StoreUnreachable
from pipeline.tracking.runs import DatasetInput, Part, Point, RunRecord, digest, flatten
from pipeline.tracking.secrets import hide
from pipeline.tracking.store import Store, open_store

POINTS = tuple(Point("loss", 1 / (step + 1), step) for step in range(1200))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One real SQLite store for all tests here: making one takes seconds. Each test has its own run name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield open_store(tmp_path_factory.mktemp("root"))


def record_of(name: str, *parts: Part) -> RunRecord:
    return RunRecord("increment", name, {"level": "seed", "seed": "3"}, parts)


def training(content: str = "weights", **changes: object) -> Part:
    part = Part("training", digest(content.encode()), params={"model": {"units": 16, "bias": None}}, points=POINTS)
    return replace(part, **changes)


def evaluation(content: str = "scores") -> Part:
    points = (Point("sequence_accuracy/random", 1.0, 10), Point("sequence_accuracy/random", 0.25, 10_000))
    return Part("evaluation", digest(content.encode()), points=points)


def runs(store: Store, name: str) -> list[Run]:
    return list(store.client.search_runs([store.experiment_id("increment")], filter_string=f"attributes.run_name = '{name}'"))


def curve(store: Store, run: Run, key: str) -> list[tuple[int, float]]:
    return sorted((metric.step, metric.value) for metric in store.client.get_metric_history(run.info.run_id, key))


def test_the_embedded_store_lies_under_the_root(store: Store) -> None:
    assert store.uri == f"sqlite:///{store.folder}/mlflow.db"
    # Not read as a file: closing a file lets go of the locks that SQLite holds on it in this process.
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    location = store.client.get_experiment(store.experiment_id("increment")).artifact_location
    assert location == (store.folder / "artifacts" / "increment").as_uri()


def test_a_run_holds_what_it_was_told(store: Store, tmp_path: Path) -> None:
    figure = tmp_path / "curve.png"
    figure.write_bytes(b"picture")
    data = DatasetInput("increment-training", "ab" * 32, "data/datasets/increment", "training")
    part = training(tags={"device": "cpu"}, artifacts=((figure, "figures"),), datasets=(data,))
    assert store.record(record_of("told", part, evaluation()))
    (run,) = runs(store, "told")
    assert run.info.status == "FINISHED"
    assert run.data.params == {"model.units": "16"}
    assert {"level": "seed", "seed": "3", "device": "cpu", "digest.training": part.digest}.items() <= run.data.tags.items()
    assert curve(store, run, "loss") == [(point.step, point.value) for point in POINTS]
    assert curve(store, run, "sequence_accuracy/random") == [(10, 1.0), (10_000, 0.25)]
    assert run.data.metrics["sequence_accuracy/random"] == 0.25, "the runs table shows the longest length"
    assert [file.path for file in store.client.list_artifacts(run.info.run_id, "figures")] == ["figures/curve.png"]
    (shown,) = run.inputs.dataset_inputs
    assert (shown.dataset.name, shown.dataset.digest, shown.tags[0].value) == (data.name, data.digest[:36], "training")


def test_recording_again_adds_nothing(store: Store) -> None:
    record = record_of("again", training(), evaluation())
    assert store.record(record)
    (before,) = runs(store, "again")
    assert not store.record(record)
    assert not store.record(record_of("again", training()))
    (after,) = runs(store, "again")
    assert after.to_dictionary() == before.to_dictionary()


def test_a_later_stage_adds_its_part_to_the_same_run(store: Store) -> None:
    store.record(record_of("stages", training()))
    assert store.record(record_of("stages", training(), evaluation()))
    (run,) = runs(store, "stages")
    assert {"loss", "sequence_accuracy/random"} <= run.data.metrics.keys()
    assert run.info.status == "FINISHED"


@pytest.mark.parametrize("other", [(training("other weights"),), (training(), evaluation("other scores"))], ids=["training", "evaluation"])
def test_another_digest_is_another_run(store: Store, other: tuple[Part, ...], request: pytest.FixtureRequest) -> None:
    name = request.node.name
    store.record(record_of(name, training(), evaluation()))
    assert store.record(record_of(name, *other))
    assert len(runs(store, name)) == 2
    assert not store.record(record_of(name, training(), evaluation()))
    assert not store.record(record_of(name, *other))


def test_new_pictures_replace_the_old_ones_in_the_same_run(store: Store, tmp_path: Path) -> None:
    picture = tmp_path / "curve.png"
    for content in (b"old", b"new"):
        picture.write_bytes(content)
        figures = Part("figures", digest(content), artifacts=((picture, ""),), identity=False)
        store.record(record_of("pictures", training(), figures))
    (run,) = runs(store, "pictures")
    assert Path(store.client.download_artifacts(run.info.run_id, "curve.png")).read_bytes() == b"new"


def interrupt_after(batches: int, store: Store, record: RunRecord, patch: pytest.MonkeyPatch) -> None:
    """Record, but let the process "die" after some batches of metrics."""
    log_batch = store.client.log_batch
    left = iter(range(batches))

    def dying(*args: object, **keywords: object) -> None:
        next(left)
        log_batch(*args, **keywords)

    with patch.context() as inner:
        inner.setattr(store.client, "log_batch", dying)
        with pytest.raises(StopIteration):
            store.record(record)


def test_an_interrupted_record_looks_unfinished_and_is_completed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    record = record_of("interrupted", training(), evaluation())
    interrupt_after(2, store, record, monkeypatch)
    (half,) = runs(store, "interrupted")
    assert half.info.status == "RUNNING"
    assert "digest.training" not in half.data.tags
    assert len(curve(store, half, "loss")) == 1000
    assert store.record(record)
    (run,) = runs(store, "interrupted")
    assert run.info.status == "FINISHED"
    assert curve(store, run, "loss") == [(point.step, point.value) for point in POINTS]


def test_an_interrupted_record_is_not_completed_with_other_results(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_after(2, store, record_of("overtaken", training("old")), monkeypatch)
    store.record(record_of("overtaken", training("new")))
    assert sorted(run.info.status for run in runs(store, "overtaken")) == ["FINISHED", "RUNNING"]
    open_store(store.folder.parent)
    assert sorted(run.info.status for run in runs(store, "overtaken")) == ["FINISHED", "KILLED"]


RECORDING = """
import sys, time
from pathlib import Path
from pipeline.tracking.runs import Part, Point, RunRecord
from pipeline.tracking.store import open_store

store = open_store(Path(sys.argv[1]))
store.client.log_batch = lambda *args, **keywords: (print("writing", flush=True), time.sleep(60))
store.record(RunRecord("increment", "killed", {}, (Part("training", sys.argv[2], points=(Point("loss", 1.0, 1),)),)))
"""


def test_a_run_left_by_a_kill_is_closed_at_the_next_start(store: Store) -> None:
    part = Part("training", digest(b"killed"), points=(Point("loss", 1.0, 1),))
    root = store.folder.parent
    command = [sys.executable, "-W", "ignore", "-c", RECORDING, str(root), part.digest]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        open_store(root)
        alive = [run.info.status for run in runs(store, "killed")]
        process.kill()
    assert alive == ["RUNNING"], "expected a run that is being recorded to be left alone"
    open_store(root)
    assert [run.info.status for run in runs(store, "killed")] == ["KILLED"]
    assert store.record(RunRecord("increment", "killed", {}, (part,)))
    (run,) = runs(store, "killed")
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"loss": 1.0})
    assert list((store.folder / "recording").iterdir()) == []


@pytest.mark.parametrize(("hours", "status"), [(0, "RUNNING"), (2, "KILLED")])
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "another project's"])
def test_what_another_machine_records_is_closed_after_an_hour(store: Store, hours: int, status: str, ours: bool) -> None:
    experiment, began = store.experiment_id("increment"), int(time.time() * 1000) - hours * 3_600_000
    tags = {"recording.training": "ab" * 32} if ours else {}
    run = store.client.create_run(experiment, began, tags, f"elsewhere-{hours}-{ours}")
    open_store(store.folder.parent)
    assert store.client.get_run(run.info.run_id).info.status == (status if ours else "RUNNING")


def test_a_deleted_experiment_comes_back(store: Store) -> None:
    record = replace(record_of("back", training()), experiment="binned")
    store.record(record)
    store.client.delete_experiment(store.experiment_id("binned"))
    store.record(record)
    assert store.client.get_experiment_by_name("binned").lifecycle_stage == "active"


ECHO = """
import mlflow

class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str], params=None) -> list[str]:
        return model_input

mlflow.models.set_model(Echo())
"""
FOUR = """
import multiprocessing, sys
from pathlib import Path
from pipeline.tracking.runs import Part, Point, RunRecord, ServedModel
from pipeline.tracking.store import open_store
import mlflow.store.tracking.sqlalchemy_store  # MLflow imports it late

def work(root, own, barrier):
    params = {f"param-{k}": k for k in range(50)}
    points = tuple(Point("loss", 1.0, step) for step in range(200))
    barrier.wait()
    store = open_store(root)
    served = ServedModel(root / "echo.py", (), {}, ("numpy",))
    store.record(RunRecord("increment", "shared", {}, (Part("training", "d" * 64, params, points, model=served),)))
    for seed in range(3):
        for name in (f"own-{own}/seed-{seed}", f"shared/seed-{seed}"):
            store.record(RunRecord("increment", name, {}, (Part("training", "d" * 64, params, points),)))

# Forked after the imports, which take seconds, so that all four reach the store in the same moment.
fork = multiprocessing.get_context("fork")
barrier = fork.Barrier(4)
workers = [fork.Process(target=work, args=(Path(sys.argv[1]), own, barrier)) for own in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
sys.exit(max(abs(worker.exitcode) for worker in workers))
"""


def test_four_processes_may_start_at_once_on_a_store_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "echo.py").write_text(ECHO)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FOUR, str(tmp_path)]
    workers = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert (workers.returncode, workers.stdout) == (0, "")
    store = open_store(tmp_path)
    found = store.client.search_runs([store.experiment_id("increment")], max_results=1000)
    assert len(found) == 4 * 3 + 3 + 1
    assert {run.info.status for run in found} == {"FINISHED"}
    assert {len(store.client.get_metric_history(run.info.run_id, "loss")) for run in found} == {200}
    assert len(store.client.search_logged_models([store.experiment_id("increment")])) == 1


def corrupt(folder: Path) -> str:
    (folder / "mlflow.db").write_bytes(b"not a database, but long enough to be read as one" * 10)
    return f"sqlite:///{folder}/mlflow.db"


def occupied(folder: Path) -> str:
    (folder / "mlflow.db").mkdir()
    return f"sqlite:///{folder}/mlflow.db"


def blocked(folder: Path) -> str:
    (folder / "file").touch()
    return f"sqlite:///{folder}/file/mlflow.db"


@pytest.mark.parametrize(
    "address",
    [corrupt, occupied, blocked, lambda _: "http://127.0.0.1:9", lambda _: "nonsense://store", lambda _: "postgresql://127.0.0.1:9/none"],
    ids=["corrupt database", "a folder", "no folder", "no server", "unknown scheme", "no database server"],
)
def test_a_store_out_of_reach_is_one_error_and_soon(
    address: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = address(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    start = time.monotonic()
    with pytest.raises(StoreUnreachable) as error:
        open_store(tmp_path)
    assert time.monotonic() - start < 15
    assert str(error.value).startswith(uri)
    assert "\n" not in str(error.value)
    if uri.startswith("http://"):
        assert str(error.value).endswith(
            ": expected an MLflow store, got no answer from its server; start the server, or check MLFLOW_TRACKING_URI"
        )


@pytest.mark.parametrize(
    "uri",
    ["http://ada:pl%40nted@127.0.0.1:9", "postgresql://ada:pl%40nted@127.0.0.1:9/none", "http://ada:planted@@127.0.0.1:9/path"],
)
def test_an_error_names_the_store_without_its_credentials(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(StoreUnreachable) as error:
        open_store(tmp_path)
    assert str(error.value).startswith(uri.partition("//")[0] + "//127.0.0.1:9")
    assert not any(secret in str(error.value) for secret in ("ada", "pl%40nted", "pl@nted", "planted"))


def test_secrets_of_the_environment_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "abc")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "abcdef")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:p%2Fq@example.org")
    assert hide("abcdef, abc, p/q, p%2Fq") == "***, ***, ***, ***"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://ada:x@example.org/a and b@example.org", "http://example.org/a and b@example.org"),
        ("http://ada@example.org:5000", "http://example.org:5000"),
        ("http://ada:12x/@y@example.org/", "http://example.org/"),
        ("http://ada:a/x@y@example.org/", "http://example.org/"),
        ("http://[ada:x", "http://[ada:x"),
        ("http://127.0.0.1:5000/a@b", "http://127.0.0.1:5000/a@b"),
        ("sqlite:////home/ada/mlruns/mlflow.db", "sqlite:////home/ada/mlruns/mlflow.db"),
    ],
)
def test_addresses_are_shown_without_credentials(address: str, shown: str) -> None:
    assert hide(address) == shown


def test_digests_depend_on_where_chunks_end() -> None:
    assert digest(b"ab", b"c") != digest(b"a", b"bc")
    assert digest(b"a") == digest(b"a")


def test_flattened_params() -> None:
    assert flatten({"model": {"units": 16, "bias": None}, "lengths": [4, 5]}) == {"model.units": "16", "lengths": "4, 5"}


def test_a_versions_description_is_no_longer_than_servers_keep() -> None:
    card = "\n\n".join(["A paragraph. " * 40] * 20)
    short = champions._short(card)
    assert len(short) <= champions.LONGEST < len(card)
    assert short.endswith("\n\nThe rest is the description of its run.")
    assert set(short.split("\n\n")[:-1]) == {"A paragraph. " * 40}
    assert champions._short("A line.") == "A line."
