"""The claims and published figures that the report knows, as data."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.core.errors import WrongInput
from pipeline.reporting.inputs.claims import GOAL, Claim, load_goals, load_subjects
from pipeline.reporting.inputs.measures import SolvedMeasure
from pipeline.reporting.inputs.published import load_published

ROOT = Path(__file__).parent.parent
STUDIES = ROOT, ROOT / "studies/1997", ROOT / "studies/open", ROOT / "studies/hundred"


def entries(study: Path) -> dict[str, Any]:
    """The experiments that a study's params define."""
    found: dict[str, Any] = YAML(typ="safe").load((study / "params.yaml").read_text())["experiments"]
    return found


@pytest.mark.parametrize("study", STUDIES[:-1])  # a hundred seeds have goals alone
def test_claims_name_what_the_params_define(study: Path) -> None:
    known = {name: entry["task"] for name, entry in entries(study).items()}
    named = [(name, task) for task, claim in all_claims(study) if claim.measure for name in claim.measure.needs]
    named += [(name, name.partition("-")[0]) for name in published_experiments(study)]
    assert named
    for name, task in named:
        assert known[name] == task


@pytest.mark.parametrize(
    ("study", "tasks"),
    list(zip(STUDIES, ({"increment", "parity", "temporal_order"}, {"adding"}, {"curve"}, {"increment"}), strict=True)),
)
def test_goals_stand_among_their_tasks_claims_and_name_its_experiments(study: Path, tasks: set[str]) -> None:
    goals = [(task, goal) for task, own in load_goals(study / "claims").items() for goal in own]
    assert {task for task, _ in goals} >= tasks
    for task, goal in goals:
        assert goal in load_subjects(study / "claims")[task].claims
        assert goal.by == "our goal"
        assert goal.measure is not None
        for name in goal.measure.needs:
            # A goal may be set before its experiment exists.
            assert name.partition("-")[0] == task == entries(study).get(name, {"task": task})["task"]


def all_claims(study: Path) -> list[tuple[str, Claim]]:
    return [(task, claim) for task, subject in load_subjects(study / "claims").items() for claim in subject.claims if claim.by != GOAL]


def published_experiments(study: Path) -> list[str]:
    published = load_published(study / "claims")
    return [*published.experiments, *(mean.experiment for mean in published.means)]


@pytest.mark.parametrize("study", [ROOT, ROOT / "studies/1997"])
def test_each_mean_of_the_paper_has_a_claim_that_allows_ten_times_as_much(study: Path) -> None:
    claims = [claim for _, claim in all_claims(study) if isinstance(claim.measure, SolvedMeasure) and claim.by]
    known = entries(study)
    # Beside a net of ours a mean is a goal's; and where no stopping rule says what a success is, a claim is about curves.
    recipes = [(mean, known[mean.experiment]) for mean in load_published(study / "claims").means]
    means = [mean for mean, recipe in recipes if recipe["source"] != "ours" and "stop" in recipe["training"]]
    assert means
    for mean in means:
        (claim,) = (c for c in claims if c.measure and c.measure.experiment == mean.experiment and c.by and c.by.startswith(mean.source))
        assert isinstance(claim.measure, SolvedMeasure)
        assert claim.measure.lengths == (mean.length, mean.length)
        assert claim.measure.solved == (mean.sequences is not None)
        if mean.sequences:
            assert claim.measure.steps == 10 * mean.sequences
            assert f"after {mean.sequences:,} sequences on average" in claim.says


def test_claims_refuse_unknown_keys(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text("tasks: {t: {title: T, about: A, claims: [{says: S, verdict: confirmed}]}}\n")
    with pytest.raises(WrongInput, match=r"claims\.yaml: tasks\.t\.claims\.0\.verdict: extra inputs"):
        load_subjects(tmp_path)


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text("tasks: {t: [}")
    with pytest.raises(WrongInput, match=r"claims\.yaml: expected YAML, got .*line 1"):
        load_subjects(tmp_path)


def test_published_figures_are_ten_trials_within_the_limit() -> None:
    published = load_published(ROOT / "claims")
    assert published.experiments
    for by_length in published.experiments.values():
        assert all(len(times) == 10 for times in by_length.values())
        assert all(time is None or 1000 < time < published.limit for times in by_length.values() for time in times)
