"""The claims and published figures that the report knows, as data."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.core.errors import WrongInput
from pipeline.reporting.inputs.claims import GOAL, Claim, load_goals, load_subjects
from pipeline.reporting.inputs.measures import SolvedMeasure
from pipeline.reporting.inputs.published import load_published

CLAIMS = Path(__file__).parent.parent / "claims"


def test_claims_name_what_the_params_define() -> None:
    params = YAML(typ="safe").load((Path(__file__).parents[1] / "params.yaml").read_text())
    known = {name: entry["task"] for name, entry in params["experiments"].items()}
    named = [(name, task) for task, claim in all_claims() if claim.measure for name in claim.measure.needs]
    named += [(name, name.partition("-")[0]) for name in published_experiments()]
    for name, task in named:
        assert known[name] == task


def test_goals_stand_among_their_tasks_claims_and_name_its_experiments() -> None:
    params = YAML(typ="safe").load((Path(__file__).parents[1] / "params.yaml").read_text())
    goals = [(task, goal) for task, own in load_goals(CLAIMS).items() for goal in own]
    assert {task for task, _ in goals} >= {"increment", "parity"}
    for task, goal in goals:
        assert goal in load_subjects(CLAIMS)[task].claims
        assert goal.by == "our goal"
        assert goal.measure is not None
        for name in goal.measure.needs:
            # A goal may be set before its experiment exists.
            assert name.partition("-")[0] == task == params["experiments"].get(name, {"task": task})["task"]


def all_claims() -> list[tuple[str, Claim]]:
    return [(task, claim) for task, subject in load_subjects(CLAIMS).items() for claim in subject.claims if claim.by != GOAL]


def published_experiments() -> list[str]:
    published = load_published(CLAIMS)
    return [*published.experiments, *(mean.experiment for mean in published.means)]


def test_each_mean_of_the_paper_has_a_claim_that_allows_ten_times_as_much() -> None:
    claims = [claim for _, claim in all_claims() if isinstance(claim.measure, SolvedMeasure) and claim.by]
    for mean in load_published(CLAIMS).means:
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
    with pytest.raises(WrongInput, match=r"claims\.yaml: expected YAML, got: .*line 1"):
        load_subjects(tmp_path)


def test_published_figures_are_ten_trials_within_the_limit() -> None:
    published = load_published(CLAIMS)
    for by_length in published.experiments.values():
        assert all(len(times) == 10 for times in by_length.values())
        assert all(time is None or 1000 < time < published.limit for times in by_length.values() for time in times)
