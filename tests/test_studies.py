"""A further study in a folder of its own: a board of tasks and models, its faults, and the small one run for real."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checkouts import ROOT, clone, commit, publish, run, tiny
from mlflow import MlflowClient
from ruamel.yaml import YAML

from pipeline.config import paths, settings
from pipeline.config.document import ParamsError
from pipeline.core.errors import WrongInput

SMOKE = ROOT / "studies/smoke/params.yaml"


def edited(tmp_path: Path, path: str, value: Any) -> Path:
    """Copy the small study's params with one key set (or dropped, for ``...``)."""
    document = YAML(typ="safe").load(SMOKE.read_text(encoding="utf-8"))
    *parents, last = path.split("/")
    section = document
    for key in parents:
        section = section.setdefault(key, {})
    if value is ...:
        del section[last]
    else:
        section[last] = value
    YAML().dump(document, tmp_path / "params.yaml")
    return tmp_path / "params.yaml"


def test_a_board_is_each_task_with_each_model() -> None:
    read = settings.read(SMOKE)
    assert list(read.experiments) == ["parity-simple_rnn", "parity-lstm", "increment-simple_rnn", "increment-lstm"]
    assert read.board is not None
    assert read.board.experiments["increment", "lstm"] == "increment-lstm"
    assert read.certificates.keys() == read.experiments.keys()
    assert {e.source for e in read.experiments.values()} == {"ours"}
    assert [read.experiments[name].model.units for name in ("parity-lstm", "increment-lstm")] == [8, 12]  # type: ignore[attr-defined]


def test_what_overrides_lies_over_the_model_and_that_over_the_board(tmp_path: Path) -> None:
    edited(tmp_path, "models/lstm/training", {"steps": 10, "l1": {"weight": 0.5}})
    document = YAML(typ="safe").load((tmp_path / "params.yaml").read_text())
    document["overrides"]["parity"] = {"lstm": {"training": {"l1": {"after": 0.5}}}}
    YAML().dump(document, tmp_path / "params.yaml")
    recipes = {name: e.training for name, e in settings.read(tmp_path / "params.yaml").experiments.items()}
    assert [recipes[f"{task}-lstm"].steps for task in ("parity", "increment")] == [10, 10]
    assert [(r.l1.weight, r.l1.after) for r in recipes.values() if r.l1] == [(0.001, 0.3), (0.5, 0.5), (0.001, 0.3), (0.5, 0.3)]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("bord", {}, ["bord: unknown key", "did you mean 'board'?"]),
        ("models", ..., ["models: this section is missing; add it"]),
        ("models", 3, ["models: expected a section of keys, got 3"]),
        ("source", "A post", ["source: ", "got 'A post'"]),
        ("tuned_on", "1-3", ["tuned_on: expected none of the seeds that are trained (0 to 1), got 1"]),
        ("evaluation/longst", 3, ["evaluation.longst: unknown key", "did you mean 'longest'?"]),
        ("board/tasks", [], ["board.tasks: ", "at least 1 item"]),
        ("board/modles", [], ["board.modles: unknown key", "did you mean 'models'?"]),
        ("board/models", ["simple_rnn", "lstm", "lstn"], ["models.lstn: this key is missing (board.models has it)"]),
        ("board/proved/models", ["lstn"], ["board.proved.models: expected some of board.models (simple_rnn, lstm), got 'lstn'"]),
        ("tasks/incremnt", {}, ["tasks.incremnt: expected one of board.tasks (parity, increment); did you mean 'increment'?"]),
        ("tasks/parity/lenght", 3, ["tasks.parity.lenght: unknown key", "did you mean 'length'?"]),
        ("training/stesp", 3, ["training.stesp: unknown key", "did you mean 'steps'?"]),
        ("training/l1/weight", -1, ["training.l1.weight: ", "greater than 0"]),
        ("training/steps", ..., ["training: expected either epochs or steps"]),
        ("models/lstm/modle", {}, ["models.lstm.modle: unknown key; known here: model, training"]),
        ("models/lstm/model/unit", 3, ["models.lstm.model.unit: unknown key", "did you mean 'units'?"]),
        ("models/lstm/model/units", ..., ["models.lstm.model.units: this key is missing"]),
        ("models/lstm/model/name", "lstm", ["models.lstm.model.name: expected no name here (the key says lstm); remove it"]),
        ("models/lstm/training", 3, ["models.lstm.training: expected a section of keys, got 3"]),
        ("models/lstm/training", {"optimizer": "sgd"}, ["models.lstm.training.optimizer: expected it under training, once"]),
        ("overrides/parity", ..., ["overrides.parity: this key is missing (board.tasks has it); add it, if need be as {}"]),
        ("overrides/parity", 3, ["overrides.parity: expected a section of models, got 3"]),
        ("overrides/parity", {"lstn": {}}, ["overrides.parity.lstn: expected one of board.models", "did you mean 'lstm'?"]),
        ("overrides/increment/lstm/model/units", "12", ["overrides.increment.lstm.model.units: ", "got '12'"]),
        ("certificates/parity", ..., ["certificates.parity: this key is missing (board.proved.tasks has it)"]),
        ("certificates/parity/splits", 0, ["certificates.parity.splits: ", "greater than 0"]),
    ],
)  # fmt: skip
def test_a_fault_is_one_line_with_the_key_that_the_file_has(tmp_path: Path, path: str, value: Any, expected: list[str]) -> None:
    file = edited(tmp_path, path, value)
    with pytest.raises(ParamsError) as caught:
        settings.read(file)
    (line,) = str(caught.value).splitlines()
    assert all(part in line for part in expected), line
    assert line.startswith(f"{file}: {expected[0]}"), line


def test_an_architecture_that_is_not_there_is_named(tmp_path: Path) -> None:
    document = YAML(typ="safe").load(SMOKE.read_text(encoding="utf-8"))
    document["board"]["models"] = document["board"]["proved"]["models"] = ["simple_rnn", "lstn"]
    document["models"]["lstn"] = document["models"].pop("lstm")
    document["overrides"]["increment"] = {}
    YAML().dump(document, tmp_path / "params.yaml")
    with pytest.raises(ParamsError, match=r"models.lstn: expected the name of a model .* did you mean 'lstm'"):
        settings.read(tmp_path / "params.yaml")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(ROOT)
    paths.choose("smoke")
    yield
    paths.choose(None)


@pytest.mark.usefixtures("chosen")
def test_a_chosen_study_is_read_from_its_folder() -> None:
    assert settings.read().experiments.keys() == settings.read(SMOKE).experiments.keys()
    folder = Path("studies/smoke")
    found = [paths.params(), paths.lock(), paths.claims(), paths.models("x"), paths.training("x"), paths.report()]
    assert all(path.is_relative_to(folder) for path in found)
    with pytest.raises(ParamsError, match=r"experiments in studies/smoke/params.yaml .* did you mean 'parity-lstm'"):
        settings.read().experiment("parity-lst")


def test_a_command_in_a_studys_folder_is_about_that_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SMOKE.parent)
    assert (paths.study(), paths.params().resolve(), paths.find_root()) == ("smoke", SMOKE, ROOT)
    monkeypatch.setenv("DVC_ROOT", str(SMOKE.parent))  # as DVC sets it where it runs a stage of the study
    assert paths.find_root() == ROOT


def test_a_checkout_may_lie_in_a_folder_called_studies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "studies/nines/.dvc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "studies/nines")
    assert (paths.study(), paths.find_root()) == (None, tmp_path / "studies/nines")


def test_an_unknown_study_is_one_line_with_the_known_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(WrongInput, match=r"--study: expected the name of a study \(.*smoke.*\), got 'smok'; did you mean 'smoke'\?"):
        paths.choose("smok")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongInput, match=r"\(none is in studies/\), got 'smoke'"):
        paths.choose("smoke")
    assert paths.study() is None


# --- for real ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the small study was run, shorter still; the one at the top was never run there."""
    top = tmp_path_factory.mktemp("studies")
    (top / "origin").mkdir()
    checkout = clone(publish(top / "origin", tiny()), top / "clone")
    path = checkout / "studies/smoke/params.yaml"
    params = YAML(typ="safe").load(path.read_text())
    params["training"] |= {"steps": 20, "log_every": 10}
    params["board"] |= {"tasks": ["parity"], "proved": {"tasks": ["parity"], "models": ["lstm"]}}
    for section in ("tasks", "overrides", "certificates"):
        del params[section]["increment"]
    params["tasks"]["parity"] |= {"training_examples": 100, "test_lengths": "1-4, 20"}
    YAML().dump(params, path)
    run(checkout / "studies/smoke", "dvc", "repro")
    return checkout


def ran(output: str) -> set[str]:
    return set(re.findall(r"Running stage '(?:[^':]*:)?([^']+)'", output))


@pytest.mark.slow
def test_a_study_runs_in_its_folder_and_leaves_the_top_alone(checkout: Path) -> None:
    study = checkout / "studies/smoke"
    assert (study / "data/report/index.html").stat().st_size > 0
    assert not (checkout / "data").exists()
    assert not (checkout / "dvc.lock").exists()
    assert not (study / ".dvc/cache").exists()  # all studies use the one at the top
    assert ran(run(study, "dvc", "repro")) == set()
    assert "up to date" in run(study, "dvc", "status")
    assert "smoke" not in run(checkout, "dvc", "stage", "list", "--all") + run(checkout, "dvc", "data", "status")
    shown = {experiment.name for experiment in MlflowClient(f"sqlite:///{checkout}/mlruns/mlflow.db").search_experiments()}
    assert "smoke/parity" in shown
    assert "parity" not in shown
    for folder, words in ((checkout, ["--study", "smoke"]), (study, [])):
        assert "parity-lstm: 0 runs" in run(folder, "pipeline", *words, "sync")
        assert run(folder, "pipeline", *words, "solve", "parity", "1011").splitlines()[0].isdigit()


@pytest.mark.slow
def test_a_model_that_is_edited_reruns_its_own_cells(checkout: Path) -> None:
    params = checkout / "studies/smoke/params.yaml"
    right = params.read_text()
    models = ("simple_rnn", "lstm")
    for old, new, stages in (
        ("units: 8", "units: 9", {f"{stage}@parity-lstm" for stage in ("train", "evaluate", "certify")}),
        ("source: ours", "source: post", {"report"}),
        ("longest: 10000", "longest: 9999", {f"evaluate@parity-{model}" for model in models}),
    ):
        assert old in right
        params.write_text(right.replace(old, new, 1))
        try:
            assert ran(run(params.parent, "dvc", "repro", "--dry")) == stages
        finally:
            params.write_text(right)


@pytest.mark.slow
def test_cells_on_one_dataset_run_side_by_side(checkout: Path) -> None:
    params = checkout / "studies/smoke/params.yaml"
    params.write_text(params.read_text().replace("steps: 20", "steps: 10"))
    said = run(params.parent, "pipeline", "repro", "--jobs", "2")
    cells = {f"{stage}@parity-{model}" for stage in ("train", "evaluate") for model in ("simple_rnn", "lstm")}
    assert ran(said) == cells | {"certify@parity-lstm", "report"}
    assert "up to date" in run(params.parent, "dvc", "status")


@pytest.mark.slow
def test_an_experiment_on_a_study_is_queued_and_run(checkout: Path) -> None:
    commit(checkout, "the study as it was run")  # else the queued one would run all anew
    study = checkout / "studies/smoke"
    run(study, "dvc", "exp", "run", "--queue", "--name", "narrow", "-S", "models.simple_rnn.model.units=3")
    run(study, "dvc", "exp", "run", "--run-all")
    client = MlflowClient(f"sqlite:///{checkout}/mlruns/mlflow.db")
    found = client.search_runs([client.get_experiment_by_name("smoke/parity").experiment_id])
    narrow = {run.info.run_name for run in found if run.data.tags.get("dvc.experiment") == "narrow"}
    assert narrow == {"parity-simple_rnn", "parity-simple_rnn/seed-0", "parity-simple_rnn/seed-1"}
    assert list(checkout.rglob("mlflow.db")) == [checkout / "mlruns/mlflow.db"]
    (row,) = [one for one in json.loads(run(study, "dvc", "exp", "show", "--json")) if one["rev"] != "workspace"]
    assert [experiment["name"] for experiment in row["experiments"]] == ["narrow"]
    run(study, "dvc", "exp", "apply", "narrow")
    assert settings.read(study / "params.yaml").experiments["parity-simple_rnn"].model.units == 3  # type: ignore[attr-defined]
