"""The record of trials: a count that can be, of an experiment that is there, on none of the reported seeds."""

import csv
import shutil
from functools import partial
from pathlib import Path

import handmade
import numpy as np
import pytest
from checkouts import tiny
from regular_tasks import WAITING
from ruamel.yaml import YAML

from pipeline.commands import tune
from pipeline.config import settings
from pipeline.config.document import ParamsError
from pipeline.core import registry
from pipeline.core.errors import Mendable
from pipeline.core.rows import row_keys
from pipeline.experiment.certificate import CertificateParams
from pipeline.files.trials import Trial

NAME = "increment-rnn-post"
PROOFS = CertificateParams.model_validate({"task": "increment", "k": "1, 2, 3", "splits": 15})
ROOT = Path(__file__).parent.parent
STUDIES = (ROOT / "studies/regular", ROOT / "studies/chomsky", ROOT / "studies/open", ROOT / "studies/1997", ROOT)


def test_trials_are_of_known_experiments_and_not_on_reported_seeds() -> None:
    reported = {name: one.training.seeds for study in STUDIES for name, one in settings.read(study / "params.yaml").experiments.items()}
    board = settings.read(ROOT / "studies/regular/params.yaml").experiments["parity-lstm"].training.seeds
    # What was tried of the board's further tasks, of which no cell is there.
    reported |= {f"{task}-{model}": board for task in WAITING for model in registry.names("models")}
    with (ROOT / "tuning/trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        assert 0 <= int(row["met"]) <= int(row["of"]), row
        if row["seeds"]:
            first, last = map(int, row["seeds"].split("-"))
            assert first >= reported[row["experiment"]], row
            assert last - first + 1 >= int(row["of"]), row
        assert row["experiment"] in reported, row


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of one tiny experiment, and the record of trials."""
    YAML().dump(tiny(), tmp_path / "params.yaml")
    shutil.copytree(ROOT / "tuning", tmp_path / "tuning")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_validation_sets_are_neither_reported_nor_trained_on() -> None:
    task = settings.read(ROOT / "params.yaml").task("increment")
    found = tune.validation(task, (100,))
    reported = {(test.family, test.length): set(row_keys(test.inputs)) for test in task.test_sets(task.training_pools())}
    assert {(test.family, test.length) for test in found.test_sets} == reported.keys()
    long = [test for test in found.test_sets if test.family == "random" and test.length >= 20]
    assert len(long) > 5
    assert not any(reported["random", test.length] & set(row_keys(test.inputs)) for test in long)
    (pool,) = found.pools.values()
    assert (pool.inputs == next(iter(task.training_pools().values())).inputs).all()
    own = [test for test in found.test_sets if test.length == pool.inputs.shape[1]]
    assert not any(set(row_keys(pool.inputs)) & set(row_keys(test.inputs)) for test in own if test.family == "random")


@pytest.mark.parametrize(("changes", "value"), [(["training.epochs=1"], "1"), (["training.epochs=1", "model.units=4"], "1; model.units=4")])
def test_a_trial_is_recorded_and_tried_again(changes: list[str], value: str, study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (study / "tuning/trials.csv").read_text(encoding="utf-8")
    tune.run(Trial(NAME, tuple(changes), "100-101"), 10, prove=False, record=True)
    first = capsys.readouterr().out
    assert first.startswith("length\tright on every input\tworst seed\tmedian seed\n1\t")
    added = (study / "tuning/trials.csv").read_text(encoding="utf-8").removeprefix(before)
    assert added == f"{NAME},training.epochs,{value},100-101,right at 10,0,2\n"
    tune.run_again(before.count("\n"), 10, prove=False, record=False)
    assert capsys.readouterr().out == f"{first}on record, right at 10: 0 of 2\n"
    assert not (study / "data").exists()


@pytest.mark.parametrize(
    ("changes", "seeds", "row", "says"),
    [
        (["training.epochs"], "100", None, "--set: expected key=value such as model.units=16, got 'training.epochs'"),
        (["model.unit=3"], "100", None, f"--set: experiments.{NAME}.model.unit: unknown key"),
        (["model.units.more=3"], "100", None, f"--set model.units.more: expected a key of experiments.{NAME}, got one below a value"),
        (["model.units=many"], "100", None, f"--set: experiments.{NAME}.model.units: "),
        ([], "1-3", None, r"--seeds: expected seeds beyond those that are reported \(0 to 1\), got 1;"),
        ([], "some", None, "--seeds: expected numbers and ranges such as 100-109, got 'some'"),
        ([], "100", 1000, r"--row: expected a row of tuning.trials.csv \(1 to \d+\), got 1000"),
        ([], "100", 1, r"trials.csv, row 1: expected a key of the experiment, its value and seeds, got words"),
    ],
)
def test_what_cannot_be_tried_is_named(changes: list[str], seeds: str, row: int | None, says: str, study: Path) -> None:
    trial = Trial(NAME, tuple(changes), seeds)
    tried = partial(tune.run_again, row) if row else partial(tune.run, trial)
    with pytest.raises((Mendable, ParamsError), match=says):
        tried(10, prove=False, record=False)


def test_nets_of_a_trial_are_proved_and_the_row_says_so(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The small nets of the test are wrong; one that is right at every length is counted."""
    before = (study / "tuning/trials.csv").read_text(encoding="utf-8")
    tune.run(Trial(NAME, ("training.epochs=1",), "100-101"), 10, prove=True, record=True)
    assert f"{tune.PROVED}: 0 of 2 seeds" in capsys.readouterr().out
    added = (study / "tuning/trials.csv").read_text(encoding="utf-8").removeprefix(before).splitlines()
    assert added[-1] == f"{NAME},training.epochs,1,100-101,{tune.PROVED},0,2"
    tune.run_again(before.count("\n") + 1, 10, prove=False, record=False)
    assert capsys.readouterr().out.endswith(f"{tune.PROVED}: 0 of 2 seeds\non record, {tune.PROVED}: 0 of 2\n")
    right = handmade.weights()
    wrong = right | {"readout/bias": right["readout/bias"] + np.eye(handmade.DIGITS, dtype=np.float32)[0] * 100}
    assert tune.proved(tune.changed(NAME, ["model.units=20"]), {100: right, 101: wrong}, PROOFS) == [100]


def test_fixed_test_sets_are_not_taken_for_validation_sets() -> None:
    with pytest.raises(Mendable, match=r"tasks\.curve: expected test inputs that are drawn at random, got fixed ones"):
        tune.validation(settings.read(ROOT / "params.yaml").task("curve"), (100,))


def test_only_what_certify_proves_is_proved(study: Path) -> None:
    document = tiny() | {"certificates": {}}
    YAML().dump(document, study / "params.yaml")
    with pytest.raises(Mendable, match="--prove: expected an experiment that is under certificates in params.yaml, got " + NAME):
        tune.run(Trial(NAME, (), "100"), 10, prove=True, record=False)
