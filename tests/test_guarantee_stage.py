"""The stage ``guarantee``: what it writes, and who reads it: the report, the cards, the bundle, the live page, the overview."""

import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from report_files import PUBLISHED, ended, write
from test_guarantees import carousel, pointing

from pipeline.commands.bundle import bundle
from pipeline.commands.overview import overview
from pipeline.config import paths, settings
from pipeline.core.errors import WrongInput
from pipeline.experiment.entry import Experiment
from pipeline.files import guarantees
from pipeline.files.guarantees import Guarantee
from pipeline.files.stage_files import UnreadableFile
from pipeline.files.verdicts import Counterexample
from pipeline.guarantees.checker import checker
from pipeline.internals import live
from pipeline.reporting.inputs.claims import Study
from pipeline.reporting.inputs.results import read
from pipeline.reporting.live.page import page_data
from pipeline.reporting.page import Extras, compose
from pipeline.stages import guarantee
from pipeline.stages.cards import card_of

KNOWN = settings.read(Path(__file__).parent.parent / "params.yaml")
NAME = "count_ones-rnn"


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """Two nets: one that counts, and one whose bias makes it wrong already on nothing."""
    found = KNOWN.experiment(NAME)
    scores = {("sequence_accuracy", "random", n): ([1.0, 1.0], 0.1) for n in (4, 10)}
    write(tmp_path / "data", NAME, "count_ones", scores, {10: [ended(20)] * 2}, model="carousel")
    put(tmp_path, NAME, [carousel(0), carousel(1) | {"readout/bias": np.array([0.9], np.float32)}])
    monkeypatch.chdir(tmp_path)
    return dataclasses.replace(found, training=found.training.model_copy(update={"seeds": 2}))


def put(folder: Path, name: str, nets: list[dict[str, np.ndarray]]) -> None:
    models = folder / "data/models" / name / "length-10"
    models.mkdir(parents=True)
    for seed, weights in enumerate(nets):
        np.savez(models / f"seed-{seed}.npz", **weights)


def test_it_writes_what_the_checker_accepts_and_the_same_bytes_again(counting: Experiment) -> None:
    folder = paths.certificates(NAME)
    assert set(guarantee.run(counting)) == {0, 1}
    found = guarantees.read(folder, NAME)
    assert found is not None
    assert (found.of("proved"), found.of("wrong")) == ([0], [1])
    weights = paths.models(NAME) / "length-10" / "seed-0.npz"
    assert tuple(checker.check(guarantees.proof_of(folder, 0), weights)) == found.guarantees[0].said
    assert "without ones wrongly" in found.guarantees[1].sentence
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    guarantee.run(counting)
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before


def test_all_that_tell_of_a_net_tell_of_its_guarantee(counting: Experiment, tmp_path: Path) -> None:
    assert "No proof was tried" in card_of(counting)
    guarantee.run(counting)
    found = guarantees.read(paths.certificates(NAME), NAME)
    assert found is not None
    assert all(f"- {line}\n" in card_of(counting) for line in found.lines)
    data, own = tmp_path / "data", read(NAME, paths.models(NAME), paths.results(NAME))
    shown = live.shown([own], {"count_ones": counting.task}, {}, data / "models", data / "certificates", {NAME: found})
    nets = page_data(shown, {"count_ones": counting.task}, {}, Study(), [])[0]["experiments"][0]["nets"]
    assert [net["verdict"]["verdict"] for net in nets] == ["proved", "wrong"]
    assert nets[0]["verdict"]["fails"] == json.loads(guarantees.proof_of(paths.certificates(NAME), 0).read_text())["fails"]
    assert nets[0]["verdict"]["said"] == found.guarantees[0].sentence
    report = compose([own], {}, PUBLISHED, Extras(guarantees={NAME: found}))
    assert f'experiments/{NAME}.html#{NAME}-guarantees">{NAME}</a></th><td>1 of 2</td><td>1</td><td>0</td>' in report.html
    assert "counts the ones of every string of up to" in report.experiments[NAME]
    assert "1 of 2 that sort or count" in overview(KNOWN)[4]


def test_the_bundle_has_the_files_of_the_stage(counting: Experiment, tmp_path: Path) -> None:
    guarantee.run(counting)
    path = guarantees.proof_of(paths.certificates(NAME), 0)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document, indent=1))  # the same, written otherwise: the bundle does not prove it anew
    with zipfile.ZipFile(bundle(counting, tmp_path)) as archive:
        assert archive.read(f"{NAME}/guarantees/{NAME}-seed-0.json") == path.read_bytes()
        assert f"{NAME}/guarantees/{NAME}-seed-1.json" not in archive.namelist()


def test_a_list_that_a_pointer_net_sorts_wrongly_is_a_counterexample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = pointing()
    put(tmp_path, "sort-pointer", [weights | {"pointing/kernel": -weights["pointing/kernel"]}])
    monkeypatch.chdir(tmp_path)
    found = KNOWN.experiment("sort-pointer")
    (one,) = guarantee.prove(dataclasses.replace(found, training=found.training.model_copy(update={"seeds": 1})))
    hit = one.guarantee.counterexample
    assert one.guarantee.verdict == "wrong"
    assert hit is not None
    assert hit.expected.split() == sorted(hit.input.split()) != hit.got.split()
    assert one.guarantee.sentence == f"refuted: asked {hit.input} it answers {hit.got}, and not {hit.expected}"


def test_finite_state_nets_and_damaged_files_are_refused(counting: Experiment, tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"parity-rnn: expected a pointer net .*, got simple_rnn of parity; .* 'nines prove'"):
        guarantee.run(KNOWN.experiment("parity-rnn"))
    assert not paths.certificates("parity-rnn").exists()
    guarantee.run(counting)
    (paths.certificates(NAME) / guarantees.NAME).write_text('{"guarantees": {"0": {"verdict": "perhaps"}}}')
    with pytest.raises(UnreadableFile, match=rf"guarantees\.json: guarantees\.0\.verdict: .*guarantee@{NAME}"):
        card_of(counting)


def test_sentences() -> None:
    assert Guarantee(verdict="refused").sentence == "undecided: neither a proof nor a wrong answer was found"
    assert Guarantee(verdict="proved", said=("proved: a", "  margin   the b")).sentence == "proved: a; margin: the b"
    hit = Counterexample(input="2 1", expected="1 2", got="2 1")
    assert Guarantee(verdict="wrong", counterexample=hit).sentence == "refuted: asked 2 1 it answers 2 1, and not 1 2"
