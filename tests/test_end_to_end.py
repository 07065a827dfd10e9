"""The whole way on a small study: real DVC, real training, a real MLflow store."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def small(document: dict) -> dict:
    """Shrink the study to two experiments of a few seconds."""
    tasks, experiments = document["tasks"], document["experiments"]
    increment, lag = experiments["increment-rnn-post"], experiments["long_lag-rnn-post"]
    tasks["increment"] |= {"training_examples": 900, "validation_examples": 100, "test_examples": 5, "test_lengths": [1, 10, 40]}
    tasks["increment"]["trailing_nines"] = [20]
    tasks["long_lag"] |= {"time_steps": [4, 5], "trials": 2, "sequences": 2000}
    increment["training"] |= {"seeds": 2, "epochs": 20, "log_every": 9}
    lag["training"] |= {"seeds": 2, "steps": 2000, "lengths": [4, 5]}
    return {
        "tasks": {name: tasks[name] for name in ("increment", "long_lag")},
        "experiments": {"increment-rnn-post": increment, "long_lag-rnn-post": lag},
        "certificates": {"increment-rnn-post": {"task": "increment", "k": "1", "splits": 1}},
        "guarantees": {},
    }


def run(checkout: Path, *words: str, code: int = 0) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_"))}
    environment |= {"DVC_NO_ANALYTICS": "1", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([sys.executable, "-m", *words], cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checkout = tmp_path_factory.mktemp("study")
    for name in ("pipeline", "claims", ".dvcignore", ".gitignore", "dvc.yaml"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, checkout / name)
    YAML().dump(small(YAML(typ="safe").load((ROOT / "params.yaml").read_text())), checkout / "params.yaml")
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "start"]):
        subprocess.run(["git", *command], cwd=checkout, check=True)
    run(checkout, "dvc", "init", "-q")
    run(checkout, "dvc", "repro")
    return checkout


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_stage_has_written(study: Path) -> None:
    for name in ("models/increment-rnn-post/length-10/seed-1.npz", "results/long_lag-rnn-post/metrics.json", "report/index.html"):
        assert (study / "data" / name).stat().st_size > 0


def test_a_second_run_runs_nothing(study: Path) -> None:
    assert "Running stage" not in run(study, "dvc", "repro")


def test_each_net_is_a_run_and_each_experiment_has_a_summary(study: Path) -> None:
    client = MlflowClient(f"sqlite:///{study}/mlruns/mlflow.db")
    names = {}
    for task in ("increment", "long_lag"):
        experiment = client.get_experiment_by_name(task)
        names[task] = sorted(run.info.run_name for run in client.search_runs([experiment.experiment_id]))
    assert names == {
        "increment": ["increment-rnn-post", "increment-rnn-post/seed-0", "increment-rnn-post/seed-1"],
        "long_lag": ["long_lag-rnn-post", *(f"long_lag-rnn-post/length-{t}/seed-{s}" for t in (4, 5) for s in (0, 1))],
    }


def test_the_logged_model_reads_and_writes_text(study: Path) -> None:
    client = MlflowClient(f"sqlite:///{study}/mlruns/mlflow.db")
    task = client.get_experiment_by_name("increment").experiment_id
    (summary,) = client.search_runs([task], "tags.level = 'summary'")
    model = summary.outputs.model_outputs[0].model_id
    code = (
        "import mlflow; mlflow.set_tracking_uri('sqlite:///mlruns/mlflow.db');"
        f"print('ANSWER', mlflow.pyfunc.load_model('models:/{model}').predict(['41'])[0])"
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd=study, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("ANSWER"))
    assert answer == run(study, "pipeline", "solve", "increment", "41").split()[0]


def test_new_test_lengths_retrain_nothing(study: Path) -> None:
    params = study / "params.yaml"
    right = params.read_text()
    params.write_text(right.replace("- 40\n", "- 41\n"))
    try:
        ran = set(re.findall(r"Running stage '([^']+)'", run(study, "dvc", "repro")))
    finally:
        params.write_text(right)
        run(study, "dvc", "checkout")
        restored = run(study, "dvc", "repro")
    assert ran == {"freeze@increment", "evaluate@increment-rnn-post", "report"}
    assert "freeze@increment' is cached" in restored


def test_another_split_of_the_same_examples_retrains(study: Path) -> None:
    params = study / "params.yaml"
    right = params.read_text()
    params.write_text(
        right.replace("training_examples: 900", "training_examples: 800").replace("validation_examples: 100", "validation_examples: 200")
    )
    try:
        ran = set(re.findall(r"Running stage '([^']+)'", run(study, "dvc", "repro")))
    finally:
        params.write_text(right)
        run(study, "dvc", "repro")
    again = {f"{stage}@increment-rnn-post" for stage in ("train", "evaluate", "certify")}
    assert ran == {"freeze@increment", "report"} | again


def test_training_again_gives_the_same_bytes_and_no_new_run(study: Path) -> None:
    models, client = contents(study / "data/models/increment-rnn-post"), MlflowClient(f"sqlite:///{study}/mlruns/mlflow.db")
    task = client.get_experiment_by_name("increment").experiment_id
    before = len(client.search_runs([task]))
    run(study, "pipeline", "train", "increment-rnn-post")
    assert contents(study / "data/models/increment-rnn-post") == models
    assert len(client.search_runs([task])) == before


def test_the_net_answers(study: Path) -> None:
    assert run(study, "pipeline", "solve", "increment", "41", "--check").splitlines()[0].isdigit()
    assert "expected a number in decimal digits" in run(study, "pipeline", "solve", "increment", "12a4", code=2)
    unknown_length = run(study, "pipeline", "solve", "long_lag", "x a1 a2 a3 a4 a5", code=2)
    assert "expected a length with a net of its own (4, 5), got 7" in unknown_length


def test_a_wrong_param_stops_before_anything_is_written(study: Path) -> None:
    params, before = study / "params.yaml", contents(study / "data/datasets")
    right = params.read_text()
    params.write_text(right.replace("learning_rate", "leraning_rate", 1))
    try:
        said = run(study, "pipeline", "freeze", "increment", code=2)
    finally:
        params.write_text(right)
    assert "leraning_rate: unknown key" in said
    assert "did you mean 'learning_rate'?" in said
    assert contents(study / "data/datasets") == before


def test_damaged_data_is_named_with_its_remedy(study: Path) -> None:
    frozen = study / "data/datasets/increment/train.npz"
    right = frozen.read_bytes()
    frozen.unlink()
    frozen.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    try:
        said = run(study, "pipeline", "train", "increment-rnn-post", code=1)
    finally:
        frozen.write_bytes(right)
    assert "data/datasets/increment/train.npz" in said
    assert "dvc repro freeze@increment" in said
    assert (study / "data/models/increment-rnn-post/recipe.json").exists()


def test_a_lost_store_costs_no_result_and_is_filled_later(study: Path) -> None:
    # The last test: this process's MLflow clients go on holding the database that is deleted here.
    shutil.rmtree(study / "mlruns")
    (study / "mlruns").write_text("in the way")
    told = run(study, "pipeline", "evaluate", "increment-rnn-post")
    assert told.count("warning:") == 1
    assert "nines sync" in told
    (study / "mlruns").unlink()
    assert "increment-rnn-post: 3 runs" in run(study, "pipeline", "sync")
    assert "increment-rnn-post: 0 runs" in run(study, "pipeline", "sync")
