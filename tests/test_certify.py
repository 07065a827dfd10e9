"""The stage that certifies: verdicts and proofs on disk, the command that checks them, and what MLflow is told."""

import dataclasses
import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from proved_files import parity_net

from pipeline import trained
from pipeline.certification.nets.tanh_net import PATHS
from pipeline.config import paths, settings
from pipeline.core.errors import Mendable
from pipeline.experiment.certificate import CertificateParams
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints, timings
from pipeline.files.timings import Timing
from pipeline.recording.proofs import certification_parts
from pipeline.stages import certify
from pipeline.stages.clock import timed
from pipeline.trained import assembled

ROOT = Path(__file__).parent.parent
GAINS = (4.0, 0.8, 3.0)  # the second one fades, and is wrong on long inputs
PARAMS = CertificateParams(task="parity", k=[1], splits=1)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    known = settings.read(ROOT / "params.yaml").experiment("parity-rnn")
    experiment = dataclasses.replace(
        known, model=known.model.model_copy(update={"units": 2}), training=known.training.model_copy(update={"seeds": len(GAINS)})
    )
    monkeypatch.chdir(tmp_path)
    for seed, gain in enumerate(GAINS):
        weights = dict(zip(PATHS, parity_net(gain).weights(), strict=True))
        checkpoints.save(weights, checkpoints.path_of(paths.models(experiment.name), 12, seed))
    certify.run(experiment, PARAMS)
    return experiment


def verdicts_of(experiment: Experiment) -> dict:
    return json.loads((paths.certificates(experiment.name) / "verdicts.json").read_text())


def test_verdicts_say_who_is_proved_and_where_the_others_got_stuck(certified: Experiment) -> None:
    found = verdicts_of(certified)
    assert (found["proved"], found["seeds"], found["proved_share"]) == (2, 3, 0.666667)
    first, second, third = (found["verdicts"][str(seed)] for seed in range(3))
    assert first["margin"] > third["margin"] == found["least_margin"] > 0
    assert (second["proved"], second["margin"]) == (False, None)
    assert second["reasons"]
    hit = second["counterexample"]
    assert hit["expected"] == certified.task.answer(hit["input"]) != hit["got"]
    assert hit["expected"][:-1] == hit["got"][:-1]
    assert hit["lead"] > 0
    assert sorted(path.name for path in (paths.certificates(certified.name) / "proofs").iterdir()) == ["seed-0.json", "seed-2.json"]


def test_a_counterexample_that_the_served_net_gets_right_is_none(certified: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a net that is wrong by less than rounding would: here the served net is another one, which is right."""
    right = checkpoints.read(checkpoints.path_of(paths.models(certified.name), 12, 0))
    monkeypatch.setattr(trained, "assembled", lambda *known: assembled(*known[:-1], {0: right}))
    certify.run(certified, PARAMS)
    second = verdicts_of(certified)["verdicts"]["1"]
    assert (second["proved"], second["counterexample"]) == (False, None)
    assert re.search(r"gets an input of \d+ symbols wrong, and the served net gets it right", second["reasons"][-1])


def test_what_was_proved_is_verified(certified: Experiment) -> None:
    checked = list(certify.verify(certified))
    assert [proof.seed for proof in checked] == [0, 2]
    assert min(proof.margin for proof in checked) == pytest.approx(verdicts_of(certified)["least_margin"], abs=1e-6)


def test_other_weights_are_not_verified(certified: Experiment) -> None:
    path = checkpoints.path_of(paths.models(certified.name), 12, 2)
    with np.load(path) as arrays:
        weights = dict(arrays)
    weights["recurrent/bias"][0] = np.nextafter(weights["recurrent/bias"][0], np.float32(9))
    checkpoints.save(weights, path)
    with pytest.raises(Mendable, match=r"seed-2\.json: expected a proof, got one that is rejected \(.*other weights"):
        list(certify.verify(certified))


def test_a_missing_proof_is_named(certified: Experiment) -> None:
    (paths.certificates(certified.name) / "proofs" / "seed-0.json").unlink()
    with pytest.raises(Mendable, match=r"seed-0\.json: expected a proof, got nothing there"):
        list(certify.verify(certified))


def test_missing_verdicts_are_named(tmp_path: Path, certified: Experiment) -> None:
    (paths.certificates(certified.name) / "verdicts.json").unlink()
    with pytest.raises(Mendable, match=r"verdicts\.json: expected verdicts, got nothing there"):
        list(certify.verify(certified))


def test_mlflow_is_told_of_each_net_and_a_second_time_of_the_same(certified: Experiment) -> None:
    folder = paths.certificates(certified.name)
    weights = {seed: checkpoints.path_of(paths.models(certified.name), 12, seed) for seed in range(3)}
    times = paths.data() / "timings"
    timings.write(timings.path_of(times, "certify", certified.name), Timing(seconds=9, machine="a", seeds={0: 1.5, 2: 0.5}))
    parts = certification_parts(certified.name, folder, times, weights, {"git": "x"})
    assert {seed: part.tags["certified"] for seed, part in parts.items()} == {0: "proved", 1: "refused", 2: "proved", None: "2 of 3"}
    assert parts[0].artifacts == ((folder / "proofs" / "seed-0.json", "certification"),)
    assert {point.key: point.value for point in parts[0].points}["certified/seconds"] == 1.5
    assert {point.key for point in parts[0].points} == {"certified/margin", "certified/seconds"}
    assert parts[1].points == ()
    # It took another time, and is the same verdict.
    timings.write(timings.path_of(times, "certify", certified.name), Timing(seconds=9, machine="a", seeds={0: 2.5}))
    again = certification_parts(certified.name, folder, times, weights, {})
    assert {seed: part.digest for seed, part in again.items()} == {seed: part.digest for seed, part in parts.items()}


def test_verdicts_are_the_same_bytes_at_every_run_and_how_long_it_took_lies_elsewhere(certified: Experiment) -> None:
    path = paths.certificates(certified.name) / "verdicts.json"
    before = path.read_bytes()
    with timed("certify", certified.name, lambda: "cpu:0") as seconds:
        seconds.update(certify.run(certified, PARAMS))
    assert path.read_bytes() == before
    assert b"seconds" not in before
    took = timings.read(paths.data() / "timings", "certify", certified.name)
    assert took is not None
    assert sorted(took.seeds) == [0, 1, 2]
    assert sum(took.seeds.values()) <= took.seconds + 0.1
    assert took.machine.startswith("cpu:0 of ")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_verdicts_on_other_weights_are_not_told(certified: Experiment, seed: int) -> None:
    weights = {seed: checkpoints.path_of(paths.models(certified.name), 12, seed) for seed in range(3)}
    told = partial(certification_parts, certified.name, paths.certificates(certified.name), paths.data() / "timings", tags={})
    assert set(told(weights)) == {0, 1, 2, None}
    checkpoints.save(dict(zip(PATHS, parity_net(5.0).weights(), strict=True)), weights[seed])
    assert told(weights) == {}


def test_verdicts_on_weights_that_are_gone_are_not_told(certified: Experiment) -> None:
    weights = {seed: checkpoints.path_of(paths.models(certified.name), 12, seed) for seed in (0, 2)}
    assert certification_parts(certified.name, paths.certificates(certified.name), paths.data() / "timings", weights, {}) == {}


def test_damaged_verdicts_are_named_with_the_command_that_makes_them(certified: Experiment) -> None:
    (paths.certificates(certified.name) / "verdicts.json").write_text('{"verdicts": {"0": {"proved": true}}}')
    with pytest.raises(Mendable, match=r"verdicts\.json: verdicts\.0\.margin: .*dvc repro --force certify@parity-rnn"):
        list(certify.verify(certified))
