"""``params.yaml`` is checked whole: each fault is one line that names the key, what was expected, and the nearest known key."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from checkouts import ROOT, all_params
from regular_tasks import WAITING
from ruamel.yaml import YAML

from pipeline.config import settings
from pipeline.config.document import ParamsError
from pipeline.core import registry

POINTER = {"name": "pointer", "units": 4, "kernels": "fused"}
SEQ2SEQ = {
    "name": "seq2seq",
    "units": 4,
    "kernels": "separate",
    "forget_bias": 1.0,
    "gates": "sigmoid",
    "dropout_summary": 0.0,
    "dropout_logits": 0.0,
}


PARAMS = ROOT / "params.yaml"


def edited(tmp_path: Path, path: str, value: Any) -> Path:
    """Copy the project's own params with one key set (or dropped, for ``...``)."""
    document = all_params()
    *parents, last = path.split("/")
    section = document
    for key in parents:
        section = section[key]
    if value is ...:
        del section[last]
    else:
        section[last] = value
    target = tmp_path / "params.yaml"
    if path.startswith("experiments") and "/" not in path:
        document["certificates"] = {}  # they name experiments, and would be faults too
        document["guarantees"] = {}
    YAML().dump(document, target)
    return target


def fault(tmp_path: Path, path: str, value: Any) -> str:
    target = edited(tmp_path, path, value)
    with pytest.raises(ParamsError) as caught:
        settings.read(target)
    assert str(caught.value).count("\n") == 0, caught.value
    return str(caught.value).removeprefix(f"{target}: ")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (
            "guarantees/parity-rnn",
            {"task": "parity"},
            ["guarantees.parity-rnn: expected a pointer net of sort", "got simple_rnn of parity"],
        ),
        ("guarantees/sort-pointer/task", "parity", ["guarantees.sort-pointer.task: expected the experiment's own (sort), got 'parity'"]),
        ("guarantees/sort-pointr", {"task": "sort"}, ["guarantees.sort-pointr: expected the name of an experiment", "sort-pointer"]),
        ("guarantees", ..., ["guarantees: expected a section", "got None"]),
    ],
)
def test_guarantees_are_asked_of_nets_that_there_are_guarantees_for(tmp_path: Path, path: str, value: Any, words: list[str]) -> None:
    target = edited(tmp_path, path, value)
    with pytest.raises(ParamsError) as caught:
        settings.read(target)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("experiment", "keys", "words"),
    [
        ("sort-pointer", {}, ["experiments.sort-pointer.training.contraction: expected a model that bounds", "simple_rnn", "got pointer"]),
        ("parity-rnn", {"radius": 0}, ["experiments.parity-rnn.training.contraction.radius: ", "greater than 0"]),
        ("parity-rnn", {"to": 1.5}, ["experiments.parity-rnn.training.contraction.to: ", "less than or equal to 1"]),
    ],
)
def test_contraction_is_asked_of_models_that_bound_images_of_boxes(tmp_path: Path, experiment: str, keys: Any, words: list[str]) -> None:
    wanted = {"radius": 0.1, "to": 0.5, "weight": 3.0, "after": 0.5}
    for name in ("parity-rnn", "parity-lstm"):
        settings.read(edited(tmp_path, f"experiments/{name}/training/contraction", wanted))
    with pytest.raises(ParamsError) as caught:
        settings.read(edited(tmp_path, f"experiments/{experiment}/training/contraction", wanted | keys))
    assert all(word in str(caught.value) for word in words)


def test_the_projects_own_params_are_right() -> None:
    read = settings.read(PARAMS)
    studies = [settings.read(path) for path in (PARAMS.parent / "studies").glob("*/params.yaml")]
    # Some tasks of finite-state machines wait for nets.
    assert set(read.tasks).union(*(study.tasks for study in studies)) == set(registry.names("tasks")) - set(WAITING)
    assert {experiment.task.name for experiment in read.experiments.values()} == set(read.tasks)
    assert all(name.startswith(experiment.task.name) for name, experiment in read.experiments.items())


def test_lengths_are_lists_or_text(tmp_path: Path) -> None:
    for written in ("1-3, 10", [1, 2, 3, 10]):
        read = settings.read(edited(tmp_path, "tasks/parity/test_lengths", written))
        assert read.tasks["parity"].params.model_dump()["test_lengths"] == [1, 2, 3, 10]
    assert settings.read(edited(tmp_path, "tasks/parity/test_lengths", 7)).tasks["parity"].params.model_dump()["test_lengths"] == [7]


def test_where_lengths_are_a_range_first_answers_can_be_left_out_and_last_ones_not_weighed(tmp_path: Path) -> None:
    edited(tmp_path, "tasks/parity/from_length", 4)
    document = YAML(typ="safe").load((tmp_path / "params.yaml").read_text())
    training = document["experiments"]["parity-rnn"]["training"]
    for name, value, fault in (("ignore_first", 3, None), ("ignore_first", 4, "ignore_first: "), ("last_share", 0.5, "last_share: ")):
        training[name] = value
        YAML().dump(document, tmp_path / "params.yaml")
        with pytest.raises(ParamsError, match=rf"parity-rnn\.training\.{fault}expected a task with") if fault else nullcontext():
            settings.read(tmp_path / "params.yaml")
        del training[name]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("tasks/increment/lenght", 3, ["tasks.increment.lenght: unknown key", "did you mean 'length'?"]),
        ("tasks/increment/length", "ten", ["tasks.increment.length: ", "valid integer", "'ten'"]),
        ("tasks/increment/length", ..., ["tasks.increment.length: this key is missing"]),
        ("tasks/increment/test_examples", 0, ["tasks.increment.test_examples: ", "greater than 0", "got 0"]),
        ("tasks/increment/test_lengths", "1-x", ["test_lengths: expected numbers and ranges such as '1-10, 15, 20', got '1-x'"]),
        ("tasks/increment/test_lengths", "5, 3", ["tasks.increment.test_lengths: expected numbers in ascending order", "[5, 3]"]),
        ("tasks/increment/test_lengths", "9-3", ["tasks.increment.test_lengths: ", "at least 1 item"]),
        ("tasks/increment/test_lengths", "1-999999999", ["test_lengths: expected at most 10,000 numbers, got 999,999,999 in"]),
        ("tasks/parity/training_examples", 5000, ["tasks.parity: ", "at most 4096", "got 5000"]),
        ("tasks/incremnt", {}, ["tasks.incremnt: ", "got 'incremnt'", "did you mean 'increment'?"]),
        ("experiments/increment-rnn-post/task", "incremnt", ["experiments.increment-rnn-post.task: ", "did you mean 'increment'?"]),
        ("experiments/increment-rnn-post/modle", {}, ["experiments.increment-rnn-post.modle: unknown key", "did you mean 'model'?"]),
        ("experiments/increment-rnn-post/training", ..., ["experiments.increment-rnn-post.training: this key is missing"]),
        ("experiments/increment-rnn-post/source", ..., ["experiments.increment-rnn-post.source: this key is missing"]),
        ("experiments/increment-rnn-post/source", "The post", ["experiments.increment-rnn-post.source: ", "got 'The post'"]),
        ("experiments/increment-rnn/tuned_on", "9-12", ["tuned_on: expected none of the seeds that are trained (0 to 9), got 9"]),
        ("experiments/increment-rnn-post/evaluation", ..., ["experiments.increment-rnn-post.evaluation: this key is missing"]),
        ("experiments/increment-rnn-post/evaluation", {}, ["experiments.increment-rnn-post.evaluation.longest: this key is missing"]),
        ("experiments/increment-rnn-post/training", 3, ["experiments.increment-rnn-post.training: expected a section of keys, got 3"]),
        ("experiments/increment-rnn/training/l1", 3, ["training.l1: expected a section of keys, got 3"]),
        ("experiments/increment-rnn-post/model/name", "simple_rn", ["model.name: ", "did you mean 'simple_rnn'?"]),
        ("experiments/increment-rnn-post/model/unit", 3, ["model.unit: unknown key", "did you mean 'units'?"]),
        ("experiments/increment-rnn-post/model/units", -3, ["model.units: ", "greater than 0", "got -3"]),
        ("experiments/increment-rnn-post/model/units", True, ["model.units: ", "valid integer", "got True"]),
        ("experiments/increment-rnn-post/model/units", "32", ["model.units: ", "valid integer", "got '32'"]),
        ("experiments/increment-rnn-post/training/learning_rate", float("inf"), ["training.learning_rate: ", "finite number"]),
        ("experiments/sort-seq2seq-post/task", "parity", ["steps: expected at most 128 "]),
        ("experiments/parity-lstm-post/model", SEQ2SEQ | {"dropout_logits": 1.0}, ["model.dropout_logits: ", "less than 1"]),
        ("experiments/count_ones-lstm-post/model", SEQ2SEQ, ["model.name: expected a task with inputs of symbols", "at every position"]),
        ("experiments/increment-rnn-post/model", POINTER, ["model.name: expected a task whose answer is its input in another order"]),
        ("experiments/parity-rnn/model", POINTER, ["for the model pointer, got the task parity"]),
        ("experiments/curve-lstm-post/training/loss", "cross_entropy", ["training.loss: expected a mean error"]),
        ("experiments/increment-rnn-post/evaluation", 3, ["evaluation: expected a section of keys, got 3"]),
        ("experiments/increment-rnn-post/evaluation", {"longest": 3, "longst": 3}, ["longst: unknown key", "did you mean 'longest'?"]),
        ("experiments/adding-lstm-1997/model/input_gate_biases", "-3", ["an input gate bias for each of 2 blocks, got 1"]),
        ("experiments/adding-lstm-1997/model/input_gate_biases", "-3, x", ["expected numbers such as '-3, -6', got '-3, x'"]),
        ("experiments/adding-lstm-1997/training/stop/mean_loss", 0, ["training.stop.mean_loss: ", "greater than 0"]),
        ("experiments/increment-rnn-post/training/optimizer", "adagard", ["(adagrad, adam, sgd)", "did you mean 'adagrad'?"]),
        ("experiments/increment-rnn-post/training/learning_rate", 0, ["training.learning_rate: ", "greater than 0"]),
        ("experiments/increment-rnn-post/training/steps", 10, ["training: expected either epochs or steps"]),
        ("experiments/increment-rnn-post/training/lengths", [5], ["training.lengths: ", "(10)", "got 5"]),
        ("experiments/increment-rnn-post/training/loss", "mean_squared_error", ["training.loss: expected a cross-entropy"]),
        ("experiments/long_lag-rnn-post/training/seeds", 11, ["training.seeds: expected at most 10", "got 11"]),
        ("experiments/long_lag-rnn-post/training/order", "fixed", ["training.order: expected 'stream'", "got 'fixed'"]),
        ("experiments/long_lag-rnn-post/training/stop/sucesses", 3, ["training.stop.sucesses: unknown key", "did you mean 'successes'?"]),
        ("experiments/count_ones-rnn/training/ignore_first", 1, ["ignore_first: expected a task with an answer at every"]),
        ("experiments/long_lag-lstm/training/ignore_first", 101, ["more positions than are left out"]),
        ("experiments/sort-seq2seq-post/training/steps", 10001, ["training.steps: expected at most 10000", "got 10001"]),
        ("experiments/Increment", {}, ["experiments.Increment: expected a name of small letters"]),
        ("experimnts", {}, ["experimnts: unknown key", "did you mean 'experiments'?"]),
        ("experiments", ..., ["experiments: expected a section"]),
    ],
)  # fmt: skip
def test_a_fault_is_one_line(tmp_path: Path, path: str, value: Any, expected: list[str]) -> None:
    line = fault(tmp_path, path, value)
    for part in expected:
        assert part in line


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    target = edited(tmp_path, "tasks/increment/lenght", 3)
    document = YAML(typ="safe").load(target.read_text())
    document["experiments"]["curve-lstm-post"]["training"]["loss"] = "hinge"
    YAML().dump(document, target)
    with pytest.raises(ParamsError) as caught:
        settings.read(target)
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "tasks.increment.lenght", "experiments.curve-lstm-post.training.loss",
    ]  # fmt: skip


def test_broken_yaml_and_missing_files_are_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "params.yaml"
    with pytest.raises(ParamsError, match="expected this file in the current folder"):
        settings.read(broken)
    broken.write_text("tasks:\n  increment: [\n")
    with pytest.raises(ParamsError, match=r"expected YAML, got .* in line \d"):
        settings.read(broken)
    broken.write_text("tasks: {}\ntasks: {}\n")
    with pytest.raises(ParamsError, match="duplicate key"):
        settings.read(broken)
    broken.write_text("- 1\n")
    with pytest.raises(ParamsError, match="expected the sections tasks and experiments, got list"):
        settings.read(broken)


def test_unknown_names_name_the_nearest() -> None:
    with pytest.raises(ParamsError, match="did you mean 'curve-lstm-post'"):
        settings.read(PARAMS).experiment("curve-lst-post")
    with pytest.raises(ParamsError, match="did you mean 'parity'"):
        settings.read(PARAMS).task("parit")
