"""The report's claims: verdicts computed from measurements, the claims' data, steps until solved."""

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from report_files import ended, results_of
from ruamel.yaml import YAML

from pipeline.reporting import solving, words
from pipeline.reporting.claims import (
    CurveMeasure,
    Published,
    ScoreMeasure,
    SolvedMeasure,
    SoonerMeasure,
    load_published,
    load_subjects,
)
from pipeline.reporting.verdicts import judge, verdict_of


@pytest.mark.parametrize(
    ("met", "status", "text"),
    [
        ([True, True], "confirmed", "confirmed: 2 of 2"),
        ([False, False], "not-confirmed", "not confirmed: 0 of 2"),
        ([True], "confirmed", "confirmed: 1 of 1"),
        ([True, False, False], "depends", "depends on the seed: 1 of 3"),
        ([True, False, None], "depends", "depends on the seed: 1 of 3 (1 cut short)"),
        ([True, None], "undecided", "undecided: 1 of 2 hold, 0 do not (1 cut short)"),
        ([False, None], "undecided", "undecided: 0 of 2 hold, 1 do not (1 cut short)"),
        ([None, None], "not-measured", "not measured: every training was cut short"),
    ],
)
def test_verdict_counts_what_is_met_not_met_and_open(met: list[bool | None], status: str, text: str) -> None:
    assert verdict_of(met, "seed") == (status, text)


def score_measure(**changes: Any) -> ScoreMeasure:
    keys = {"experiment": "net", "metric": "accuracy", "probes": ["random"], "lengths": (2, 5), "comparison": "at_least"}
    return ScoreMeasure.model_validate({"kind": "score", "value": 1, **keys, **changes})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "depends on the seed: 1 of 3"),  # seed 1 fails at length 5, seed 2 at both
        ({"lengths": (2, 4)}, "depends on the seed: 2 of 3"),  # length 5 is left out
        ({"lengths": (5, 5)}, "depends on the seed: 1 of 3"),  # both bounds are included
        ({"lengths": (1, 9), "probes": ["random", "ones"]}, "not confirmed: 0 of 3"),
        ({"value": 0.5}, "confirmed: 3 of 3"),  # equality counts as at least
        ({"comparison": "below"}, "depends on the seed: 1 of 3"),  # every test set has to be below
        ({"comparison": "at_most"}, "confirmed: 3 of 3"),
        ({"comparison": "at_most", "value": "baseline"}, "not confirmed: 0 of 3"),
        ({"lengths": (6, 9)}, "not measured"),
        ({"metric": "rmse"}, "not measured"),
        ({"experiment": "other"}, "not measured"),
    ],
)
def test_score_claims(tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    scores = {
        ("accuracy", "random", 2): ([1.0, 1.0, 0.5], 0.1),
        ("accuracy", "random", 5): ([1.0, 0.9, 0.5], 0.1),
        ("accuracy", "ones", 7): ([0.0, 0.0, 0.0], 0.1),
    }
    results = results_of(tmp_path, scores=scores, endings={10: [ended(1)] * 3})
    assert judge(score_measure(**changes), results).words == text


def test_score_claim_tells_the_hardest_score_of_each_seed(tmp_path: Path) -> None:
    scores = {("accuracy", "random", 2): ([1.0, 0.8, 0.3], 0.1), ("accuracy", "random", 5): ([0.4, 0.9, 1.0], 0.1)}
    results = results_of(tmp_path, scores=scores)
    told = judge(score_measure(), results).measured
    assert told == "median 0.400, from 0.300 to 0.800, 3 seeds (lowest of 2 test sets)"
    assert judge(score_measure(comparison="below"), results).measured.startswith("median 1, from 0.900 to 1")


def test_an_error_equal_to_its_baseline_is_not_below_it(tmp_path: Path) -> None:
    results = results_of(tmp_path, scores={("error", "random", 3): ([0.2, 0.19, math.nan], 0.2)})
    verdict = judge(score_measure(metric="error", comparison="below", value="baseline"), results)
    assert verdict.words == "depends on the seed: 1 of 3"
    assert verdict.measured.endswith("baseline 0.200")


def test_no_score_beats_a_baseline_that_is_not_there(tmp_path: Path) -> None:
    results = results_of(tmp_path, scores={("error", "random", 3): ([0.0], None)})
    assert judge(score_measure(metric="error", comparison="below", value="baseline"), results).words == "not confirmed: 0 of 1"


def test_a_claim_without_a_measure_is_not_measured() -> None:
    assert judge(None, {}).status == "not-measured"


@pytest.mark.parametrize(
    ("epoch", "value", "text"),
    [
        (4, 1.0, "depends on the seed: 1 of 2"),  # seed 0 gets there at epoch 4, seed 1 at epoch 5
        (5, 1.0, "confirmed: 2 of 2"),
        (3, 1.0, "not confirmed: 0 of 2"),
        (None, 0.95, "depends on the seed: 1 of 2"),  # seed 0 falls back at the last point
        (0.5, 1.0, "not measured"),
    ],
)
def test_curve_claims(tmp_path: Path, epoch: float | None, value: float, text: str) -> None:
    curves = {0: [0.2, 0.6, 0.9, 1.0, 0.9], 1: [0.1, 0.2, 0.3, 0.4, 1.0]}
    history = [(10, seed, 9 * n, n, "right", v) for seed, values in curves.items() for n, v in enumerate(values, start=1)]
    results = results_of(tmp_path, history=[*history, (10, 0, 9, 1, "loss", 7.0)])
    measure = CurveMeasure(kind="curve", experiment="net", metric="right", up_to_epoch=epoch, value=value)
    assert judge(measure, results).words == text


@pytest.mark.parametrize(
    ("net", "solved", "text"),
    [
        (ended(100, solved=100), True, "confirmed: 1 of 1"),
        (ended(101, solved=101), True, "not confirmed: 0 of 1"),  # solved, but too late
        (ended(100), True, "not confirmed: 0 of 1"),
        (ended(99), True, "not measured: every training was cut short"),
        (ended(99, diverged=50), True, "not confirmed: 0 of 1"),  # it would not have recovered
        (ended(100), False, "confirmed: 1 of 1"),
        (ended(99), False, "not measured: every training was cut short"),
        (ended(50, solved=50), False, "not confirmed: 0 of 1"),
    ],
)
def test_solved_claims(tmp_path: Path, net: dict[str, int | None], solved: bool, text: str) -> None:
    results = results_of(tmp_path, endings={7: [net], 8: [ended(1, solved=1)]})
    measure = SolvedMeasure(kind="solved", experiment="net", lengths=(7, 7), steps=100, solved=solved)
    assert judge(measure, results).words == text


def test_solved_claims_count_every_net_of_the_lengths(tmp_path: Path) -> None:
    results = results_of(tmp_path, endings={4: [ended(9, solved=9)] * 3, 5: [ended(9, solved=9), ended(100)], 6: [ended(100)]})
    verdict = judge(SolvedMeasure(kind="solved", experiment="net", lengths=(4, 5), steps=100), results)
    assert verdict.words == "depends on the seed: 4 of 5"
    assert verdict.measured == "4 of 5 nets solved; median 9, from 9 to 9"


def test_sooner_compares_medians_and_an_unsolved_net_is_the_latest(tmp_path: Path) -> None:
    unsolved = ended(99)
    quick = {3: [ended(9, 10), ended(9, 20), unsolved], 4: [ended(9, 30), unsolved, unsolved], 5: [unsolved], 6: [ended(9, 1)]}
    slow = {3: [ended(9, 21)] * 3, 4: [ended(9, 40)] * 3, 5: [ended(99)] * 3}
    results = results_of(tmp_path, "quick", endings=quick) | results_of(tmp_path, "slow", endings=slow)
    measure = SoonerMeasure(kind="sooner", experiment="quick", than="slow", lengths=(3, 6))
    verdict = judge(measure, results)
    assert verdict.measured == "3: 20 against 21; 4: unsolved against 40; 5: unsolved against unsolved"
    assert verdict.words == "depends on the length: 1 of 3 (1 cut short)"
    assert judge(measure, {"quick": results["quick"]}).measured == "slow not among the experiments"


# Words


def test_numbers_are_never_rounded_to_perfect_or_to_nothing() -> None:
    told = {1.0: "1", 0.99999: ">0.999", 0.9985: "0.999", 1e-9: "<0.001", 0.0: "0", 12.34: "12.3", 4321.0: "4,321", math.inf: "∞"}
    assert {value: words.number(value) for value in told} == told
    assert words.number(None) == words.number(math.nan) == "–"


# Claims and published figures


def test_claims_name_what_the_params_define() -> None:
    params = YAML(typ="safe").load((Path(__file__).parents[1] / "params.yaml").read_text())
    for task, subject in load_subjects().items():
        assert task in params["tasks"]
        for claim in subject.claims:
            if claim.measure:
                assert params["experiments"][claim.measure.experiment]["task"] == task
    for experiment in load_published().experiments:
        assert experiment in params["experiments"]


def test_claims_refuse_unknown_keys(tmp_path: Path) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text("tasks: {t: {title: T, about: A, claims: [{says: S, verdict: confirmed}]}}\n")
    with pytest.raises(ValidationError, match="verdict"):
        load_subjects(path)


def test_published_figures_are_ten_trials_within_the_limit() -> None:
    published = load_published()
    for by_length in published.experiments.values():
        assert all(len(times) == 10 for times in by_length.values())
        assert all(time is None or 1000 < time < published.limit for times in by_length.values() for time in times)


# Steps until solved


def test_solving_table_ranks_unsolved_nets_last(tmp_path: Path) -> None:
    stop = {"steps": 500, "stop": {"successes": 1}}
    endings = {4: [ended(9, 400), ended(9, 100), ended(500), ended(9, 300), ended(9, 200)], 5: [ended(500)] * 5}
    results = results_of(tmp_path, endings=endings, training=stop)
    published = Published(limit=1000, source="a post", experiments={"net": {4: [7, 9, None], 6: [None, None, None]}})
    table = solving.compare(list(results.values()), published)
    assert table is not None
    assert [row.length for row in table.rows] == [4, 5, 6]
    ours, post = table.rows[0].measured[0], table.rows[0].published[0]
    assert ours is not None
    assert (ours.solved, ours.median, ours.quartiles) == ("4/5", "300", "200 – 400")
    assert post is not None
    assert (post.solved, post.median, post.quartiles) == ("2/3", "9", "8 – unsolved")
    assert table.rows[1].published == table.rows[2].measured == (None,)
    assert table.lower_limits == [("net", 500)]


def test_solving_table_needs_a_stopping_rule_and_several_lengths(tmp_path: Path) -> None:
    published = Published(limit=1, source="", experiments={})
    one = results_of(tmp_path, "one", endings={4: [ended(1)]}, training={"stop": {"successes": 1}})
    free = results_of(tmp_path, "free", endings={4: [ended(1)], 5: [ended(1)]})
    assert solving.compare([*one.values(), *free.values()], published) is None
