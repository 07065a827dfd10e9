"""Jobs: they pickle, and what they give hangs neither on the process that runs them nor on how the work was cut."""

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkouts import ROOT, tiny
from proved_files import parity_net
from ruamel.yaml import YAML

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.tanh_net import PATHS
from pipeline.certification.prover.prove import Effort
from pipeline.config import settings
from pipeline.core.workers import Stopped
from pipeline.execution.job import Worker
from pipeline.execution.threads import Threads
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints, datasets
from pipeline.files.datasets import Dataset
from pipeline.jobs import evaluate, train
from pipeline.jobs.certify import CertifyJob
from pipeline.stages import freeze
from pipeline.training.engine.runs import Run

# Runs a job that was pickled, in a process that knows nothing else.
ELSEWHERE = """
import pickle, sys
from pathlib import Path
from pipeline.execution.job import Worker
job, shared = pickle.loads(Path(sys.argv[1]).read_bytes())
Path(sys.argv[2]).write_bytes(pickle.dumps(job.run(shared, Worker(Path(sys.argv[3])))))
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, Dataset]:
    """A tiny experiment of two groups of a seed each, two chunks long, and its data."""
    folder = tmp_path_factory.mktemp("jobs")
    YAML().dump(tiny(), folder / "params.yaml")
    (experiment,) = settings.read(folder / "params.yaml").experiments.values()
    freeze.run(experiment.task.name, experiment.task.params, folder / "data")
    return experiment, datasets.load(folder / "data")


def elsewhere(job: object, shared: object, folder: Path) -> Any:
    """Run a job in another process, which gets it and the data as bytes."""
    (folder / "job").write_bytes(pickle.dumps((job, shared)))
    words = [sys.executable, "-c", ELSEWHERE, *(str(folder / name) for name in ("job", "result", "snapshots"))]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    return pickle.loads((folder / "result").read_bytes())


def assert_same(one: Run, other: Run) -> None:
    assert one.trained.keys() == other.trained.keys()
    for seed, trained in one.trained.items():
        assert trained.outcome == other.trained[seed].outcome
        assert trained.weights.keys() == other.trained[seed].weights.keys()
        assert all(np.array_equal(value, other.trained[seed].weights[path]) for path, value in trained.weights.items())
    assert one.history == other.history
    assert {seed: list(by_step) for seed, by_step in one.kept.items()} == {seed: list(by_step) for seed, by_step in other.kept.items()}
    for seed, by_step in one.kept.items():
        for step, weights in by_step.items():
            assert all(np.array_equal(value, other.kept[seed][step][path]) for path, value in weights.items())


def test_a_training_gives_the_same_bits_in_another_process(known: tuple[Experiment, Dataset], tmp_path: Path) -> None:
    experiment, dataset = known
    keeping = replace(experiment, training=experiment.training.model_copy(update={"keep_weights": True}))
    jobs = train.jobs(keeping, "a recipe that keeps weights")
    here = Threads().run(jobs, dataset, tmp_path / "here")
    assert sorted(seed for run in here for seed in run.trained) == list(range(experiment.training.seeds))
    assert [list(by_step) for by_step in here[0].kept.values()] == [[9, 18]]
    assert_same(here[0], elsewhere(jobs[0], dataset, tmp_path))


def test_scores_do_not_hang_on_how_the_test_sets_are_parted(known: tuple[Experiment, Dataset], tmp_path: Path) -> None:
    experiment, dataset = known
    for run in Threads().run(train.jobs(experiment, "a recipe"), dataset, tmp_path):
        for seed, trained in run.trained.items():
            checkpoints.save(trained.weights, checkpoints.path_of(tmp_path, experiment.task.training_size.nets[0], seed))
    whole, parted = ([job.run(dataset, Worker(tmp_path)) for job in evaluate.jobs(experiment, tmp_path, parts)] for parts in (1, 3))
    assert len(parted) == 3 * len(whole)
    assert all(0 < len(scores.rows) < len(whole[0].rows) for scores in parted)
    assert {place: rows for scores in parted for place, rows in scores.rows.items()} == whole[0].rows


def test_a_proof_is_the_same_in_another_process(tmp_path: Path) -> None:
    known = settings.read(ROOT / "params.yaml").experiment("parity-rnn")
    task, model = known.task, known.model
    weights = dict(zip(PATHS, parity_net(4.0).weights(), strict=True))
    job = CertifyJob(task, model, 12, 0, weights, Effort(ks=(1,), splits=1))
    here, there = job.run(None, Worker(tmp_path)).outcome, elsewhere(job, None, tmp_path).outcome
    assert isinstance(here, Certificate)
    assert there.text() == here.text()


def test_a_job_that_shall_stop_leaves_a_snapshot_and_is_resumed_from_it(known: tuple[Experiment, Dataset], tmp_path: Path) -> None:
    experiment, dataset = known
    job = train.jobs(experiment, "a recipe")[0]
    steps: list[int] = []
    watched = Worker(tmp_path / "snapshots", lambda part, step, total, metrics: steps.append(step))
    with pytest.raises(Stopped):
        job.run(dataset, replace(watched, stopping=lambda: len(steps) >= 1))
    resumed = job.run(dataset, watched)
    assert steps == [9, 18]
    assert_same(job.run(dataset, Worker(tmp_path / "straight")), resumed)


def test_jobs_of_another_recipe_do_not_use_the_snapshots(known: tuple[Experiment, Dataset], tmp_path: Path) -> None:
    experiment, dataset = known
    with pytest.raises(Stopped):
        train.jobs(experiment, "a recipe")[0].run(dataset, Worker(tmp_path, stopping=lambda: True))
    steps: list[int] = []
    train.jobs(experiment, "another recipe")[0].run(dataset, Worker(tmp_path, lambda part, step, total, metrics: steps.append(step)))
    assert steps == [9, 18]


def test_the_grouping_of_seeds_does_not_know_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = settings.read(ROOT / "params.yaml").experiment("increment-rnn")
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr("pipeline.layers.xla.device", lambda: "gpu:0")
    assert [job.seeds for job in train.jobs(experiment, "")] == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)]
