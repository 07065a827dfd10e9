"""``nines explain``: recipe, reference, claims, outcome, each from the files that are there; how to get what is not."""

import json
import shutil
from pathlib import Path
from typing import Any

import handmade
import pytest
from ruamel.yaml import YAML

from pipeline.commands import findings, reference
from pipeline.commands.explain import explain
from pipeline.config import settings
from pipeline.config.comments import descriptions, read_comments
from pipeline.core.errors import Mendable
from pipeline.files.scores import Aggregate, Ended, Metrics

ROOT = Path(__file__).parent.parent
POST, OURS, GATED = "increment-rnn-post", "increment-rnn-tried", "increment-rnn-gated"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of the published recipes and two of ours, with the project's own results."""
    yaml = YAML()
    document = yaml.load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    recipes = document["experiments"]
    for name in [name for name in recipes if recipes[name]["source"] == "ours"]:
        del recipes[name]
    document["certificates"] = {}
    document["guarantees"] = {}
    tried = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))["experiments"]
    ours, lstm = tried[POST], tried["increment-lstm-post"]
    ours["model"]["units"] = 16
    ours["source"] = lstm["source"] = "ours"
    ours["training"] |= {"optimizer": "adam", "learning_rate": 0.002, "clip_value": 1.0}
    recipes |= {OURS: ours, GATED: lstm}
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(document, file)
    handmade.put_scores(tmp_path / "data/results" / POST)
    shutil.copytree(ROOT / "claims", tmp_path / "claims")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    explain(settings.read(), name)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert not any(line.endswith(" ") for line in out.splitlines())
    return out


def section(page: str, heading: str) -> str:
    return next(part for part in page.split("\n\n") if part.startswith(heading)) if heading in page else ""


def row(page: str, first: str) -> list[str]:
    return next(line for line in page.splitlines() if line.startswith(f"{first} ")).split()


def stand_in(folder: Path, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a copy of a study's params and claims, without results: those that lie in the checkout may be of any age."""
    shutil.copy(study / "params.yaml", folder)
    shutil.copytree(study / "claims", folder / "claims")
    monkeypatch.chdir(folder)


def test_a_rule_that_ends_no_training_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(tmp_path, ROOT, monkeypatch)
    ending, going_on = (" ".join(told(name, capsys).split()) for name in ("temporal_order-lstm-1997", "temporal_order-lstm"))
    assert "for at most 313900 steps" in ending.replace(",", "")
    assert "The task is solved, and training ends, once" in ending
    assert "for 6000 steps" in going_on.replace(",", "")
    assert "The task is solved once" in going_on


# --- recipe and reference --------------------------------------------------------------------------------------------------------


def test_a_recipe_is_told_in_words_and_numbers_with_remarks_and_meanings(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = told(POST, capsys)
    assert page.startswith(f"{POST}: Increment, as the post did it\n")
    assert "Net: simple_rnn (units 32, kernels fused, readout uniform_0_1), trained at length 10 with adagrad" in page
    assert row(page, "model.units") == ["model.units", "32", "units", "in", "a", "layer;", "the", "post", "leaves", "H", "open"]
    assert "training.seeds          10             seeds 0 … n-1 are trained\n" in page
    assert row(page, "test_lengths")[1:4] == ["1-12,", "15,", "20,"]
    assert "After 3 to 4 epochs every digit is right" in page
    gated = told(GATED, capsys)
    assert row(gated, "model.forget_bias")[1] == "1"
    assert "readout_bias" not in gated  # at its default


def test_what_is_changed_is_told_beside_the_nearest_published_recipe(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = settings.read()
    assert reference.reference_of(known, known.experiment(OURS)) is known.experiment(POST)
    assert reference.reference_of(known, known.experiment(GATED)) is known.experiment("increment-lstm-post")
    assert reference.reference_of(known, known.experiment(POST)) is None
    assert [e.name for e in reference.ours_beside(known, known.experiment(POST))] == [OURS]
    assert reference.differences(known.experiment(POST), known.experiment(OURS)) == [
        ("model.units", 32, 16),
        ("training.optimizer", "adagrad", "adam"),
        ("training.learning_rate", 1.0, 0.002),
        ("training.clip_value", None, 1.0),
    ]
    page = told(OURS, capsys)
    assert page.startswith(f"{OURS}: Increment, our way\n")
    assert "What the post did\nNet: simple_rnn (units 32," in page
    changed = page.partition(f"What is changed beside {POST}\n")[2].partition("What came out")[0]
    assert [line.split() for line in changed.split("\n\n")[0].strip().splitlines()][1:] == [
        ["model.units", "32", "16"],
        ["training.optimizer", "adagrad", "adam"],
        ["training.learning_rate", "1", "0.002"],
        ["training.clip_value", "–", "1"],
    ]
    assert f"Ours beside it: {OURS}\n" in told(POST, capsys)
    assert "Nothing: the recipes are the same." in told(GATED, capsys)


@pytest.mark.parametrize("name", settings.read(ROOT / "params.yaml").experiments)
def test_every_experiment_can_be_explained(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(tmp_path, ROOT, monkeypatch)
    page = told(name, capsys)
    assert page.startswith(f"{name}: ")
    assert "What came out\n" in page


def test_remarks_and_meanings_are_found_by_dotted_keys() -> None:
    assert read_comments("experiments", POST, ROOT / "params.yaml")["training.batch_size"] == "not in the post"
    aside = read_comments("experiments", "long_lag-multi_layer_rnn-post", ROOT / "params.yaml")
    assert aside[""] == "defined in the post, which prints nothing of it"
    training = settings.read(ROOT / "params.yaml").experiment("long_lag-rnn-post").training
    assert descriptions(training)["stop.successes"] == "steps in a row without such an error that count as solved"


# --- outcome ----------------------------------------------------------------------------------------------------------------------


def test_the_outcome_is_that_of_the_files(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = json.loads((study / "data/results" / POST / "metrics.json").read_text())["scores"]["sequence_accuracy"]
    page = told(POST, capsys)
    assert "Of 10 seeds, so many get every input right, by length:" in page
    header = next(line for line in page.splitlines() if line.startswith("inputs "))
    lengths = header.replace("all seeds up to", "").replace(",", "").split()[1:]
    assert {"1", "10", "10000"} <= set(lengths)
    shown = row(page, "all nines")[-len(lengths) :]
    assert shown == [str(round(10 * scores["all_nines"][n]["share"])) for n in lengths]


def test_what_is_not_there_yet_is_told_with_its_command(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"Nothing yet: make it with 'dvc repro evaluate@{OURS}'." in told(OURS, capsys)
    assert "fetch the nets with 'dvc checkout'" in told(POST, capsys)


def test_a_damaged_result_is_named_and_nothing_is_printed(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (study / "data/results" / POST / "metrics.json").write_text('{"scores": 3}')
    with pytest.raises(Mendable, match=rf"metrics.json: scores: .*dvc repro --force evaluate@{POST}"):
        explain(settings.read(), POST)
    assert capsys.readouterr().out == ""


def test_proofs_are_told_and_so_is_who_has_none(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdicts: dict[str, Any] = {
        "0": {
            "proved": True, "margin": 6.2, "sets": 24, "stride": 1, "memory": 2, "reasons": [], "counterexample": None,
            "weights_file_sha256": "",
        },
        "1": {
            "proved": False, "margin": None, "sets": None, "stride": None, "memory": None, "reasons": ["A set grows."],
            "weights_file_sha256": "",
            "counterexample": {"input": "999", "expected": "1000", "got": "990"},
        },
    }  # fmt: skip
    folder = study / "data/certificates" / OURS
    folder.mkdir(parents=True)
    whole = {"proved": 1, "seeds": 2, "proved_share": 0.5, "least_margin": 6.2, "verdicts": verdicts}
    (folder / "verdicts.json").write_text(json.dumps(whole))
    page = told(OURS, capsys)
    assert "Proved right on every input of every length: 1 of 2 seeds, with a margin of 6.2 logits or more." in page
    assert "1                     A set grows.  999 → 990\n" in page


def test_lengths_worth_showing_are_the_ends_the_trained_and_the_changes() -> None:
    shares = {1: 1.0, 2: 1.0, 5: 1.0, 10: 1.0, 11: 1.0, 12: 0.5, 20: 0.5, 50: 0.0, 100: 0.0}
    by_length = {n: Aggregate(share=share, worst=0.0, median=0.5, baseline=0.1) for n, share in shares.items()}
    ended = Ended(seeds=4, diverged=0, solved_share=0)
    counted = findings.sweep(Metrics(scores={"sequence_accuracy": {"random": by_length}}, training={10: ended}), [10])
    assert counted is not None
    assert counted.lengths == [1, 10, 12, 50, 100]
    assert counted.rows == [("random", 11, {n: round(4 * share) for n, share in shares.items()})]
