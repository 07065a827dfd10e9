"""The files of an experiment end up in MLflow: at the end of a stage, or later by ``nines sync``; a lost store costs nothing."""

import csv
import hashlib
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import mlflow
import numpy as np
import pytest
from checkouts import all_params
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from pipeline.commands import ui
from pipeline.config import paths
from pipeline.config.study import Settings
from pipeline.core.errors import Mendable
from pipeline.core.notation import InputError
from pipeline.experiment.entry import Experiment
from pipeline.recording import sync
from pipeline.tasks.parity import TASK
from pipeline.tracking import champions
from pipeline.tracking.store import Store, open_store

Row = tuple[object, ...]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all tests here, reached by its address; each test works in a checkout of its own, with its own task."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("DVC_ROOT", raising=False)
        yield open_store(tmp_path_factory.mktemp("root"))


@pytest.fixture
def checkout(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entry(name: str, source: str = "", tuned_on: list[int] | None = None) -> Experiment:
    """An experiment as ``params.yaml`` may have it; nothing but its name, an input of its task and where it comes from is looked at."""
    return Experiment(
        name,
        TASK(TASK.Params(**all_params()["tasks"]["parity"])),
        None,
        None,
        None,
        source or ("post" if name.endswith("-post") else "ours"),
        tuned_on,
    )  # type: ignore[arg-type]


def known(*entries: Experiment) -> Settings:
    """A study of the experiments that lie here, and of ``entries``."""
    lying = [path.parent.name for path in paths.models("").glob("*/outcome.json")]
    return Settings({}, {e.name: e for e in [*map(entry, lying), *entries]}, {}, {})


def write_csv(path: Path, *rows: Row) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def train(experiment: str, task: str, lengths: tuple[int, ...] = (10,), units: int = 4) -> None:
    """Write what ``train`` writes: two seeds for each training length."""
    folder = paths.models(experiment)
    history: list[Row] = [("length", "seed", "step", "epoch", "metric", "value")]
    outcome: dict[str, dict[str, dict[str, int | None]]] = {}
    for length in lengths:
        (folder / f"length-{length}").mkdir(parents=True, exist_ok=True)
        outcome[str(length)] = {}
        for seed in (0, 1):
            np.savez(folder / f"length-{length}" / f"seed-{seed}.npz", kernel=np.full(units, length + seed))
            history += [(length, seed, 50, 0, "loss", 0.5 + seed), (length, seed, 100, 1, "loss", "nan" if seed else 0.25)]
            solved, diverged = (None, 100) if seed else (75, None)
            outcome[str(length)][str(seed)] = {"steps": 100, "solved_after": solved, "diverged_at": diverged}
    write_csv(folder / "history.csv", *history)
    (folder / "outcome.json").write_text(json.dumps(outcome))
    sections = {"model": {"name": "lstm", "units": units}, "training": {"loss": "cross_entropy", "seeds": 2, "stop": None}}
    recipe = {"experiment": experiment, "task": task, "task_version": 1, "training_data": "ab" * 32, **sections}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    paths.datasets(task).mkdir(parents=True, exist_ok=True)
    (paths.datasets(task) / "manifest.json").write_text(json.dumps({"task": task, "params": {"seed": 7}}))


def evaluate(experiment: str, value: float = 0.75, lengths: tuple[int, ...] = (5, 20)) -> None:
    """Write what ``evaluate`` writes: seed 0 is perfect, seed 1 scores ``value``."""
    folder = paths.results(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    nets = [(length, seed) for length in lengths for seed in (0, 1)]
    scores = [("random", length, seed, "true", 100, "token_accuracy", (1.0, value)[seed], 0.1) for length, seed in nets]
    write_csv(folder / "scores.csv", ("family", "length", "seed", "in_range", "sequences", "metric", "value", "baseline"), *scores)
    summary = {str(length): {"share": 0.5, "worst": value, "median": 0.9, "baseline": 0.1} for length in lengths}
    training = {"10": {"seeds": 2, "solved_share": 0.5, "solved_after_median": 75, "solved_after_worst": None, "diverged": 1}}
    (folder / "metrics.json").write_text(json.dumps({"scores": {"token_accuracy": {"random": summary}}, "training": training}))


def runs(store: Store, task: str) -> dict[str, Run]:
    found = store.client.search_runs([store.experiment_id(task)], max_results=1000)
    named = {run.info.run_name: run for run in found}
    assert len(named) == len(found), "expected one run of each name"
    return named


def curve(store: Store, run: Run, key: str) -> list[tuple[int, float]]:
    return sorted((metric.step, metric.value) for metric in store.client.get_metric_history(run.info.run_id, key))


def test_sync_fills_an_empty_store_once(store: Store, checkout: Path) -> None:
    train("fill-lstm-post", "fill")
    evaluate("fill-lstm-post")
    train("fill-lstm", "fill")
    assert sync.sync(known()) == {"fill-lstm": 3, "fill-lstm-post": 3}
    assert sync.sync(known()) == {"fill-lstm": 0, "fill-lstm-post": 0}
    named = runs(store, "fill")
    assert named.keys() == {name + end for name in ("fill-lstm", "fill-lstm-post") for end in ("", "/seed-0", "/seed-1")}
    seed, summary = named["fill-lstm-post/seed-1"], named["fill-lstm-post"]
    tags = {"task": "fill", "experiment": "fill-lstm-post", "source": "post", "model": "lstm"}
    assert {**tags, "level": "seed", "seed": "1", "length": "10"}.items() <= seed.data.tags.items()
    assert {**tags, "level": "summary"}.items() <= summary.data.tags.items()
    assert named["fill-lstm"].data.tags["source"] == "ours"
    assert (
        seed.data.params
        == summary.data.params
        == {
            "task": "fill",
            "task_version": "1",
            "model.name": "lstm",
            "model.units": "4",
            "training.loss": "cross_entropy",
            "training.seeds": "2",
        }
    )
    assert curve(store, seed, "token_accuracy/random") == [(5, 0.75), (20, 0.75)]
    assert curve(store, summary, "token_accuracy/random/worst") == [(5, 0.75), (20, 0.75)]
    assert curve(store, summary, "training/solved_share") == [(10, 0.5)]
    assert named["fill-lstm-post/seed-0"].data.metrics["solved_after"] == 75
    assert "solved_after" not in seed.data.metrics
    assert [(step, str(value)) for step, value in curve(store, seed, "loss")] == [(50, "1.5"), (100, "nan")]
    inputs = {(data.dataset.name, data.tags[0].value, data.dataset.digest) for data in summary.inputs.dataset_inputs}
    manifest = hashlib.sha256((paths.datasets("fill") / "manifest.json").read_bytes()).hexdigest()
    assert inputs == {("fill-training", "training", ("ab" * 32)[:36]), ("fill-testing", "testing", manifest[:36])}
    assert [file.path for file in store.client.list_artifacts(summary.info.run_id, "evaluation")] == [
        "evaluation/metrics.json",
        "evaluation/scores.csv",
    ]


def test_a_change_of_provenance_is_another_tag_and_no_other_run(store: Store, checkout: Path) -> None:
    train("whose-lstm", "whose")
    assert sync.sync(known()) == {"whose-lstm": 3}
    before = runs(store, "whose")
    assert sync.sync(known(entry("whose-lstm", "gers2000", [100, 101, 102]))) == {"whose-lstm": 3}
    after = runs(store, "whose")
    assert {name: run.info.run_id for name, run in before.items()} == {name: run.info.run_id for name, run in after.items()}
    assert {(run.data.tags["source"], run.data.tags["tuned_on"]) for run in after.values()} == {("gers2000", "100-102")}


def test_the_runs_of_a_further_study_lie_apart(store: Store, checkout: Path) -> None:
    train("same-lstm", "same")
    sync.sync(known())
    (checkout / "studies/small").mkdir(parents=True)
    (checkout / "studies/small/params.yaml").touch()
    paths.choose("small")
    try:
        train("same-lstm", "same")
        assert sync.sync(known()) == {"same-lstm": 3}
        assert sync.promote(known()) == {}
    finally:
        paths.choose(None)
    assert len(runs(store, "same")) == len(runs(store, "small/same")) == 3
    assert {run.data.tags["study"] for run in runs(store, "small/same").values()} == {"small"}
    assert not any("study" in run.data.tags for run in runs(store, "same").values())


def test_each_stage_tells_its_part(store: Store, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_STAGE", "train@tell-lstm")
    monkeypatch.setenv("DVC_EXP_NAME", "wide-nets")
    train("tell-lstm", "tell")
    sync.log_results(entry("tell-lstm"), "training", device="cpu")
    before = runs(store, "tell")
    evaluate("tell-lstm")
    sync.log_results(entry("tell-lstm"), "evaluation", device="cpu")
    after = runs(store, "tell")
    assert {name: run.info.run_id for name, run in before.items()} == {name: run.info.run_id for name, run in after.items()}
    assert "token_accuracy/random" not in before["tell-lstm/seed-0"].data.metrics
    assert after["tell-lstm/seed-0"].data.metrics["token_accuracy/random"] == 1.0
    told = after["tell-lstm/seed-0"].data.tags
    assert (told["dvc.stage"], told["dvc.experiment"], told["device"]) == ("train@tell-lstm", "wide-nets", "cpu")
    assert told["version.numpy"] == np.__version__


def test_a_proof_that_comes_before_the_scores_waits_for_them(store: Store, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train("early-lstm", "early")
    sync.log_results(entry("early-lstm"), "certification")
    assert capsys.readouterr().err == ""
    assert not any("digest.evaluation" in run.data.tags for run in runs(store, "early").values())
    evaluate("early-lstm")
    sync.log_results(entry("early-lstm"), "certification")
    assert all("digest.evaluation" in run.data.tags for run in runs(store, "early").values())


def test_a_result_that_a_dvc_experiment_has_left_alone_does_not_bear_its_name(
    store: Store, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_STAGE", "report")
    monkeypatch.setenv("DVC_EXP_NAME", "wide-nets")
    train("left-lstm", "left")
    evaluate("left-lstm")
    sync.log_results(entry("left-lstm"), "evaluation")
    assert {run.data.tags["dvc.stage"] for run in runs(store, "left").values()} == {"report"}
    assert not any("dvc.experiment" in run.data.tags for run in runs(store, "left").values())


def test_several_training_lengths_are_several_runs_with_their_own_scores(store: Store, checkout: Path) -> None:
    train("lag-rnn-post", "lag", lengths=(4, 5))
    evaluate("lag-rnn-post", lengths=(4, 5))
    sync.sync(known())
    named = runs(store, "lag")
    assert len(named) == 5
    run = named["lag-rnn-post/length-5/seed-1"]
    assert (run.data.tags["length"], run.data.tags["seed"]) == ("5", "1")
    assert curve(store, run, "token_accuracy/random") == [(5, 0.75)]


def test_pictures_go_to_the_experiment_they_are_named_after(store: Store, checkout: Path) -> None:
    for name in ("pic-rnn", "pic-rnn-post"):
        train(name, "pic")
        evaluate(name)
    figures = paths.report() / "figures"
    figures.mkdir(parents=True)
    for name in ("pic-rnn.png", "pic-rnn-lengths.png", "pic-rnn-post-lengths.png"):
        (figures / name).write_bytes(name.encode())
    sync.sync(known())
    shown = {
        name: [file.path for file in store.client.list_artifacts(run.info.run_id, "figures")]
        for name, run in runs(store, "pic").items()
        if run.data.tags["level"] == "summary"
    }
    assert shown == {
        "pic-rnn": ["figures/pic-rnn-lengths.png", "figures/pic-rnn.png"],
        "pic-rnn-post": ["figures/pic-rnn-post-lengths.png"],
    }


@pytest.mark.parametrize(("read", "expected"), [("new", True), ("old", False)])
def test_scores_of_weights_that_are_gone_are_not_told(read: str, expected: bool, store: Store, checkout: Path) -> None:
    task = f"stale_{read}"
    train(f"{task}-lstm", task)
    evaluate(f"{task}-lstm")
    folder = f"data/models/{task}-lstm"
    stages = {
        f"train@{task}-lstm": {"outs": [{"path": folder, "md5": "new"}]},
        f"evaluate@{task}-lstm": {"deps": [{"path": folder, "md5": read}]},
    }
    (checkout / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": stages}))
    sync.sync(known())
    assert ("token_accuracy/random" in runs(store, task)[f"{task}-lstm/seed-0"].data.metrics) is expected


def test_a_store_out_of_reach_costs_one_warning(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], store: Store
) -> None:
    train("lost-lstm", "lost")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    sync.log_results(entry("lost-lstm"), "training")
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("warning: lost-lstm was not logged to MLflow (http://127.0.0.1:9: ")
    assert line.endswith("run 'nines sync' when the store is back")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    assert sync.sync(known()) == {"lost-lstm": 3}
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "broken",
    [
        "models/broken-lstm/recipe.json",
        "models/broken-lstm/history.csv",
        "models/broken-lstm/outcome.json",
        "models/broken-lstm/length-10/seed-0.npz",
        "datasets/broken/manifest.json",
    ],
)
def test_files_that_cannot_be_read_cost_one_warning(broken: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train("broken-lstm", "broken")
    (paths.data() / broken).unlink()
    sync.log_results(entry("broken-lstm"), "training")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: broken-lstm was not logged to MLflow (")
    assert broken in line


def fake_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the module that loads a trained net: an answer is the text backwards, with the folder's recipe in front."""

    class Answerer:
        def __init__(self, folder: Path, task_params: dict[str, int]) -> None:
            self.name = f"{json.loads((folder / 'recipe.json').read_text())['task']}-{task_params['seed']}"
            self.task = self

        @classmethod
        def load(cls, folder: Path, task_params: dict[str, int]) -> "Answerer":
            return cls(folder, task_params)

        def parse(self, text: str) -> str:
            if not text.isdigit():
                raise InputError(f"expected digits, got '{text}'")
            return text

        def length_of(self, inputs: str) -> int:
            return len(inputs)

        def trained_for(self, length: int) -> int:
            return length

        def streams(self, length: int) -> bool:
            return True

        def outputs(self, inputs: str) -> str:
            return inputs[::-1]

        def render(self, inputs: str, outputs: str) -> str:
            return f"{self.name} {outputs}"

    module = ModuleType("pipeline.answering")
    module.Answerer = Answerer
    monkeypatch.setitem(sys.modules, "pipeline.answering", module)


def test_the_logged_model_answers_text_with_text(store: Store, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_answering(monkeypatch)
    train("serve-lstm", "serve")
    sync.sync(known())
    experiment = store.experiment_id("serve")
    (logged,) = store.client.search_logged_models([experiment])
    assert logged.artifact_location.startswith((store.folder / "artifacts" / "serve").as_uri())
    (output,) = runs(store, "serve")["serve-lstm"].outputs.model_outputs
    assert output.model_id == logged.model_id
    served = mlflow.pyfunc.load_model(logged.artifact_location)
    assert served.predict(["12", "345"]) == ["serve-7 21", "serve-7 543"]
    with pytest.raises(MlflowException, match="expected digits, got '12a4'") as error:
        served.predict(["12a4"])
    assert error.value.get_http_status_code() == 400
    wanted = (checkout / paths.models("serve-lstm") / "history.csv").read_bytes()
    assert [path.read_bytes() for path in store.folder.glob(f"artifacts/serve/**/{logged.model_id}/**/history.csv")] == [wanted]


def test_a_champion_whose_files_are_lost_is_made_anew_and_can_be_loaded(
    store: Store, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run goes on naming the models of it that were deleted, sorted by ids that are random: so it is lost several times."""
    fake_answering(monkeypatch)
    train("champ-lstm", "champ")
    for turn in range(4):
        assert sync.sync(known())["champ-lstm"] == (1 if turn else 3)
        assert sync.sync(known())["champ-lstm"] == 0
        run = runs(store, "champ")["champ-lstm"]
        assert champions.promote(store.client, "champ", run), "expected another model than the lost one"
        assert not champions.promote(store.client, "champ", run)
        champion = store.client.get_model_version_by_alias("champ", "champion")
        (logged,) = store.client.search_logged_models([store.experiment_id("champ")])
        assert champion.source == f"models:/{logged.model_id}"
        assert mlflow.pyfunc.load_model(logged.artifact_location).predict(["12"]) == ["champ-7 21"]
        shutil.rmtree(store.folder / "artifacts/champ")


def test_telling_leaves_the_environment_as_it_was(checkout: Path, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    (store.folder.parent / ".dvc").mkdir()
    monkeypatch.setenv("DVC_ROOT", str(store.folder.parent))
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    train("env-lstm", "env")
    before = dict(os.environ)
    sync.sync(known())
    assert len(runs(store, "env")) == 3, "expected the runs in the store of the checkout that DVC names"
    assert dict(os.environ) == before


def test_the_root_is_the_nearest_checkout(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(checkout / "deep" / "er")
    assert paths.find_root() == checkout


def test_the_root_is_the_one_that_dvc_names(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = checkout / ".dvc" / "tmp" / "exps" / "copy"
    (copy / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert paths.find_root() == copy
    monkeypatch.setenv("DVC_ROOT", str(checkout))
    assert paths.find_root() == checkout
    monkeypatch.setenv("DVC_ROOT", str(checkout / "moved away"))
    assert paths.find_root() == copy


def test_no_checkout_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Mendable, match=r"expected a folder with '\.dvc'"):
        paths.find_root()


def test_the_ui_is_started_on_this_store(checkout: Path, store: Store) -> None:
    command = ui.server_command(5001)
    assert command[command.index("--port") + 1] == "5001"
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert ui.server_environment("postgresql://ada:secret@db/nines")["MLFLOW_BACKEND_STORE_URI"] == "postgresql://ada:secret@db/nines"
    assert not any("secret" in word for word in command), "expected no password where every user of the machine sees it"


def test_a_taken_port_is_one_error(checkout: Path) -> None:
    with socket.socket() as taken:
        taken.bind((ui.HOST, 0))
        taken.listen()
        with pytest.raises(Mendable, match="choose another one with --port"):
            ui.ui(taken.getsockname()[1], [])


def test_sync_names_a_missing_file(checkout: Path) -> None:
    train("gone-lstm", "gone")
    (paths.models("gone-lstm") / "history.csv").unlink()
    with pytest.raises(Mendable, match=r"history\.csv: this file is missing; make it with: dvc repro train@gone-lstm"):
        sync.sync(known())
