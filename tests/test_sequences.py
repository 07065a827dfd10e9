"""A task that reads a string and answers in the empty cells behind it, trained at lengths 1 to 20: all stages, from params to an answer."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from checkouts import run, tiny
from ruamel.yaml import YAML

from pipeline.answering import Answerer
from pipeline.config import paths, settings
from pipeline.core.examples import IGNORE
from pipeline.files import datasets
from pipeline.jobs.train import training_data
from pipeline.stages import evaluate, freeze, train
from pipeline.training.engine.data import turns

NAME = "reverse_string-lstm"
TASK = {
    "seed": 0, "length": 20, "from_length": 1, "training_examples": 40, "validation_examples": 8, "test_examples": 5,
    "test_lengths": "1, 2, 20, 30",
}  # fmt: skip
RECIPE = {
    "model": {"name": "lstm", "units": 16, "kernels": "fused", "forget_bias": 1.0, "readout": "glorot_uniform"},
    "training": {
        "seeds": 2, "loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.01, "batch_size": 10, "order": "reshuffled",
        "steps": 200, "log_every": 50, "buckets": 3,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the task was frozen, trained and scored."""
    folder = tmp_path_factory.mktemp("reversing")
    document = tiny()
    (entry,) = document["experiments"].values()
    known = {key: value for key, value in entry.items() if key not in ("task", "model", "training")}
    document |= {
        "tasks": {"reverse_string": TASK},
        "experiments": {NAME: known | {"task": "reverse_string"} | RECIPE},
        "certificates": {},
        "guarantees": {},
    }
    YAML().dump(document, folder / "params.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        study = settings.read()
        freeze.run("reverse_string", study.task("reverse_string").params, paths.datasets("reverse_string"))
        train.run(study.experiment(NAME))
        evaluate.run(study.experiment(NAME))
    return folder


def test_every_length_has_a_pool_and_short_ones_hold_all_there_is(made: Path) -> None:
    pools = datasets.load(made / "data/datasets/reverse_string").pools
    assert list(pools) == list(range(1, 21))
    assert [len(pools[length].inputs) for length in (1, 2, 3, 6, 20)] == [2, 4, 8, 48, 48]
    assert pools[20].inputs.shape == (48, 40)
    assert pools[20].targets.shape == (48, 20)


def test_one_net_is_trained_at_all_lengths_in_three_buckets(made: Path) -> None:
    models = made / "data/models" / NAME
    assert sorted(path.relative_to(models).as_posix() for path in models.rglob("*.npz")) == [f"length-20/seed-{s}.npz" for s in (0, 1)]
    with (models / "history.csv").open() as file:
        losses = [float(row["value"]) for row in csv.DictReader(file) if row["metric"] == "loss" and row["seed"] == "0"]
    assert len(losses) == 4
    assert losses[-1] < losses[0]


def test_buckets_answer_what_they_hold(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lengths 1 to 7, 8 to 14 and 15 to 20; every example's answers are its own reversed bits, and nothing else is scored."""
    monkeypatch.chdir(made)
    experiment = settings.read().experiment(NAME)
    data = training_data(experiment, datasets.load(paths.datasets("reverse_string")), 20, (0, 1))
    assert [bucket.inputs.shape[1] for bucket in data.buckets] == [14, 28, 40]
    assert not any(bucket.all_scored for bucket in data.buckets)
    for bucket in data.buckets:
        first = bucket.inputs.shape[1] - bucket.targets.shape[1]
        for x, y in zip(bucket.inputs, bucket.targets, strict=True):
            length = int((y >= 0).sum())
            assert (y[length - first : 2 * length - first] == x[:length][::-1]).all()
            assert (x[length : 2 * length] == 2).all()
    assert {bucket for bucket, _ in turns(data, 0, 200)} == {0, 1, 2}
    apart = training_data(experiment, datasets.load(paths.datasets("reverse_string")), 20, (0, 1), apart=True)
    assert len(apart.buckets) == 20
    assert all(bucket.all_scored for bucket in apart.buckets)


def test_a_recipe_leaves_first_answers_unscored_and_the_data_as_they_are(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)
    experiment = settings.read().experiment(NAME)
    dataset = datasets.load(paths.datasets("reverse_string"))
    recipe = experiment.training.model_copy(update={"ignore_first": 2})
    data = training_data(replace(experiment, training=recipe), dataset, 20, (0, 1), apart=True)
    for length, bucket in enumerate(data.buckets, 1):
        known = dataset.pools[length].targets
        assert (bucket.targets[:, :2] == IGNORE).all()
        np.testing.assert_array_equal(bucket.targets[:, 2:], known[:, 2:])
        assert (known >= 0).all()


def test_scores_are_of_the_answers_alone_at_every_length(made: Path) -> None:
    scores = json.loads((made / "data/results" / NAME / "metrics.json").read_text())["scores"]
    assert sorted(map(int, scores["token_accuracy"]["random"])) == [1, 2, 20, 30]
    chance = {n: scores["sequence_accuracy"]["random"][n]["baseline"] for n in ("1", "30")}
    assert chance["1"] == 0.5  # both strings of one bit are tested
    assert chance["30"] == 0.2  # five strings, no two of them alike


def test_a_person_is_answered_with_as_many_symbols_as_were_typed(made: Path) -> None:
    answerer = Answerer.load(made / "data/models" / NAME, TASK | {"test_lengths": [1]})
    assert [len(answerer(text)) for text in ("1", "1100", "10" * 30)] == [1, 4, 60]
    inputs = answerer.task.parse("110")
    np.testing.assert_array_equal(answerer.outputs(inputs), [int(bit) for bit in answerer("110")])
    said = run(made, "pipeline", "tasks")
    assert "empty" in said or "tail" in said
