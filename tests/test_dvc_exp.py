"""``dvc exp`` as a researcher uses it, from a clean clone: every experiment lands once in the one store of the checkout.

The first two are run by two queue workers at the same time, which both find no store; they carry a change of the code, and the
checkout's own code is broken while they run. The next is run in a folder of its own, the last one in the workspace.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from checkouts import clone, git, publish, run, surroundings, tiny
from mlflow import MlflowClient
from mlflow.entities import Run
from ruamel.yaml import YAML

from pipeline.reporting.tables.summary import read_figures

pytestmark = pytest.mark.slow
UNITS, LONGEST = "experiments.increment-rnn-post.model.units", "experiments.increment-rnn-post.evaluation.longest"
MINUTES = 10


def wait_for_the_queue(checkout: Path) -> None:
    deadline = time.monotonic() + 60 * MINUTES
    while re.search(r"\b(Queued|Running)\b", status := run(checkout, "dvc", "queue", "status")):
        assert time.monotonic() < deadline, status
        time.sleep(3)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("exp")
    (top / "origin").mkdir()
    checkout = clone(publish(top / "origin", tiny()), top / "clone")
    tracking = checkout / "pipeline/recording/sync.py"
    # The change is part of the queued experiments: each run is also to bear pytest's version.
    tracking.write_text(tracking.read_text() + '\n_VERSIONED += ("pytest",)\n')
    run(checkout, "dvc", "exp", "run", "--queue", "--name", "wide", "-S", f"{UNITS}=3,4")
    tracking.write_text("raise RuntimeError('the code of the main checkout has run')\n")
    # No pipe: the workers would keep it open, and the call would last as long as they do.
    start = [sys.executable, "-m", "dvc", "queue", "start", "-j", "2"]
    subprocess.run(start, cwd=checkout, env=surroundings(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    wait_for_the_queue(checkout)
    git(checkout, "checkout", "-q", "pipeline")
    run(checkout, "dvc", "exp", "run", "--temp", "--name", "brief", "-S", f"{UNITS}=3", "-S", f"{LONGEST}=10")
    run(checkout, "dvc", "exp", "run", "--name", "here", "-S", f"{UNITS}=5")
    return checkout


def runs(checkout: Path) -> list[Run]:
    client = MlflowClient(f"sqlite:///{checkout}/mlruns/mlflow.db")
    return list(client.search_runs([client.get_experiment_by_name("increment").experiment_id]))


def experiments(checkout: Path) -> dict[str, dict[str, Any]]:
    """What ``dvc exp show`` says of each experiment."""
    (baseline,) = [shown for shown in json.loads(run(checkout, "dvc", "exp", "show", "--json")) if shown["rev"] != "workspace"]
    return {found["name"]: found["revs"][0]["data"] for found in baseline["experiments"]}


def test_both_workers_have_finished_what_was_queued(checkout: Path) -> None:
    status = run(checkout, "dvc", "queue", "status")
    assert re.findall(r"(wide-\d) .*\b(\w+)$", status, re.MULTILINE) == [("wide-1", "Success"), ("wide-2", "Success")]
    assert all("warning: " not in run(checkout, "dvc", "queue", "logs", name) for name in ("wide-1", "wide-2"))


def test_every_experiment_lands_once_in_the_one_store(checkout: Path) -> None:
    found = sorted((r.data.tags["dvc.experiment"], r.info.run_name, r.data.params["model.units"], r.info.status) for r in runs(checkout))
    names = ("increment-rnn-post", "increment-rnn-post/seed-0", "increment-rnn-post/seed-1")
    units = {"brief": "3", "here": "5", "wide-1": "3", "wide-2": "4"}
    assert found == [(experiment, name, units[experiment], "FINISHED") for experiment in units for name in names]
    assert all("sequence_accuracy/random" in run.data.metrics for run in runs(checkout) if run.data.tags["level"] == "seed")
    assert list(checkout.rglob("mlflow.db")) == [checkout / "mlruns/mlflow.db"]


def test_a_queued_experiment_runs_its_own_code(checkout: Path) -> None:
    changed = {run.data.tags["dvc.experiment"] for run in runs(checkout) if run.data.tags.get("version.pytest") == pytest.__version__}
    assert changed == {"wide-1", "wide-2"}


def test_show_lists_params_and_metrics_of_each(checkout: Path) -> None:
    shown = experiments(checkout)
    params = {name: data["params"]["params.yaml"]["data"]["experiments"]["increment-rnn-post"] for name, data in shown.items()}
    units = {name: recipe["model"]["units"] for name, recipe in params.items()}
    assert units == {"brief": 3, "here": 5, "wide-1": 3, "wide-2": 4}
    metrics = [data["metrics"]["data/report/metrics.json"]["data"] for data in shown.values()]
    assert all(metric.keys() == {"increment-rnn-post"} for metric in metrics)


def test_diff_names_the_param_that_differs(checkout: Path) -> None:
    params = json.loads(run(checkout, "dvc", "exp", "diff", "wide-1", "wide-2", "--json"))["params"]["params.yaml"]
    assert params == {UNITS: {"old": 3, "new": 4, "diff": 1}}


def test_apply_brings_an_experiment_back_and_nothing_is_left_to_run(checkout: Path) -> None:
    before = len(runs(checkout))
    run(checkout, "dvc", "exp", "apply", "wide-2")
    recipe = json.loads((checkout / "data/models/increment-rnn-post/recipe.json").read_text())
    assert recipe["model"]["units"] == 4
    git(checkout, "checkout", "-q", "pipeline")
    assert "Running stage" not in run(checkout, "dvc", "repro")
    assert "increment-rnn-post: 0 runs" in run(checkout, "pipeline", "sync")
    assert len(runs(checkout)) == before


def test_branch_makes_it_a_branch(checkout: Path) -> None:
    run(checkout, "dvc", "exp", "branch", "brief", "short-tests")
    params = YAML(typ="safe").load(git(checkout, "show", "short-tests:params.yaml"))
    assert params["experiments"]["increment-rnn-post"]["evaluation"] == {"longest": 10}
    found = read_figures(*(git(checkout, "show", f"short-tests:data/report/{name}.csv") for name in ("summary", "accuracy")))
    assert found["increment-rnn-post"]["training.10.seeds"] == 2
