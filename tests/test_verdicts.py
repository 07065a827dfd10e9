"""The report's verdicts, computed from scores and training curves; numbers in words."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_files import PUBLISHED, ended, results_of
from scipy.stats import mannwhitneyu

from pipeline.core import words
from pipeline.reporting.inputs.measures import CurveMeasure, FirstFailingMeasure, Measure, ScoreMeasure, SimilarMeasure
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging import intervals
from pipeline.reporting.judging.rules import Evidence
from pipeline.reporting.judging.verdicts import Verdict, verdict_of
from pipeline.reporting.judging.verdicts import judge as judge_evidence


def judge(measure: Measure | None, results: dict[str, Results]) -> Verdict:
    return judge_evidence(measure, Evidence(results, PUBLISHED))


@pytest.mark.parametrize(
    ("met", "status", "text"),
    [
        ([True, True], "confirmed", "confirmed: 2 of 2"),
        ([False, False], "not-confirmed", "not confirmed: 0 of 2"),
        ([True], "confirmed", "confirmed: 1 of 1"),
        ([True, False, False], "depends", "depends on the seed: 1 of 3"),
        ([True, False, None], "depends", "depends on the seed: 1 of 3 (1 ended too early)"),
        ([True, None], "undecided", "undecided: 1 of 2 hold, 0 do not (1 ended too early)"),
        ([False, None], "undecided", "undecided: 0 of 2 hold, 1 do not (1 ended too early)"),
        ([None, None], "not-measured", "not measured: every trial ended too early"),
    ],
)
def test_verdict_counts_what_is_met_not_met_and_open(met: list[bool | None], status: str, text: str) -> None:
    assert verdict_of(met, "seed") == (status, text)


def test_a_claim_of_which_a_part_is_shown_and_nothing_refuted_says_so() -> None:
    assert verdict_of([True, None, None], "length", "not refuted") == ("undecided", "not refuted: 1 of 3 shown")
    assert verdict_of([None, None], "length", "not refuted") == ("undecided", "not refuted: 2 of 2")
    assert verdict_of([True, False, None], "length", "not refuted") == ("depends", "depends on the length: 1 of 3 (1 not refuted)")


def score_measure(**changes: Any) -> ScoreMeasure:
    keys = {"experiment": "net", "metric": "accuracy", "families": ["random"], "lengths": (2, 5), "comparison": "at_least"}
    return ScoreMeasure.model_validate({"kind": "score", "value": 1, **keys, **changes})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "depends on the seed: 1 of 3"),  # seed 1 fails at length 5, seed 2 at both
        ({"lengths": (2, 4)}, "depends on the seed: 2 of 3"),  # length 5 is left out
        ({"lengths": (5, 5)}, "depends on the seed: 1 of 3"),  # both bounds are included
        ({"lengths": (1, 9), "families": ["random", "ones"]}, "not confirmed: 0 of 3"),
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


def test_a_score_claim_shows_the_worst_score_of_each_seed(tmp_path: Path) -> None:
    scores = {("accuracy", "random", 2): ([1.0, 0.8, 0.3], 0.1), ("accuracy", "random", 5): ([0.4, 0.9, 1.0], 0.1)}
    results = results_of(tmp_path, scores=scores)
    measured = judge(score_measure(), results).measured
    assert measured == "median 0.400, from 0.300 to 0.800, 3 seeds (lowest of 2 test sets)"
    assert judge(score_measure(comparison="below"), results).measured.startswith("median 1, from 0.900 to 1")


def test_a_score_claim_on_one_test_set_counts_the_wrong_answers(tmp_path: Path) -> None:
    scores = {("sequence_accuracy", "random", n): ([1.0, 0.996, 0.99], 0.1) for n in (2, 5)}
    results = results_of(tmp_path, scores=scores, sequences=500)
    one = judge(score_measure(metric="sequence_accuracy", lengths=(2, 2)), results).measured
    assert one == "median 0.996, from 0.990 to 1, 3 seeds; wrong of 500: median 2, from 0 to 5"
    assert "wrong" not in judge(score_measure(metric="sequence_accuracy"), results).measured  # of two, which is not said
    assert "wrong" not in judge(score_measure(lengths=(2, 2)), results_of(tmp_path, "all", scores={}) | results).measured


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
    ("comparison", "value", "epoch", "text"),
    [
        ("at_most", 0.2, None, "depends on the seed: 1 of 2"),  # seed 0 has risen again at the end
        ("at_most", 0.2, 2, "confirmed: 2 of 2"),  # both were there on the way; equality counts
        ("at_most", 0.1, None, "depends on the seed: 1 of 2"),
        ("at_most", 0.05, None, "not confirmed: 0 of 2"),
        ("at_least", 0.3, None, "depends on the seed: 1 of 2"),
    ],
)
def test_curve_claims_go_either_way(tmp_path: Path, comparison: str, value: float, epoch: float | None, text: str) -> None:
    history = [(10, seed, n, n, "loss", v) for seed, vs in enumerate([[0.9, 0.2, 0.3], [0.2, 0.2, 0.1]]) for n, v in enumerate(vs)]
    measure = CurveMeasure.model_validate(
        {"kind": "curve", "experiment": "net", "metric": "loss", "up_to_epoch": epoch, "comparison": comparison, "value": value}
    )
    verdict = judge(measure, results_of(tmp_path, history=history))
    assert verdict.words == text
    assert verdict.rule.startswith(f"loss {comparison.replace('_', ' ')} {value:g}")


@pytest.mark.parametrize(
    ("lengths", "text"),
    [
        ((26, 50), "depends on the seed: 1 of 4"),  # seed 1 at 30; seed 0 before, seed 2 after, seed 3 never
        ((12, 30), "depends on the seed: 2 of 4"),  # both bounds are included
        ((13, 29), "not confirmed: 0 of 4"),
        ((1, 100), "depends on the seed: 3 of 4"),
        ((26, 101), "depends on the seed: 2 of 4 (1 ended too early)"),  # seed 3 may still go wrong at 101
    ],
)
def test_first_failing_claims(tmp_path: Path, lengths: tuple[int, int], text: str) -> None:
    wrong_from = {0: 12, 1: 30, 2: 100, 3: 101}
    scores = {
        ("sequence_accuracy", "nines", n): ([0.5 if n >= first else 1.0 for first in wrong_from.values()], 0.1) for n in (12, 25, 30, 100)
    } | {("sequence_accuracy", "random", 2): ([0.0] * 4, 0.1)}
    results = results_of(tmp_path, scores=scores)
    verdict = judge(FirstFailingMeasure(kind="first_failing", experiment="net", family="nines", lengths=lengths), results)
    assert verdict.words == text
    assert verdict.measured == "median 65, from 12 to none, 4 seeds; 4 lengths tested, up to 100"


def test_first_failing_claims_need_the_family(tmp_path: Path) -> None:
    measure = FirstFailingMeasure(kind="first_failing", experiment="net", family="nines", lengths=(1, 9))
    assert judge(measure, results_of(tmp_path)).words == "not measured"


SPREAD = [0.1 * n for n in range(10)]


@pytest.mark.parametrize(
    ("ours", "theirs", "text"),
    [
        ([0.4] * 10, [0.3] * 10, "confirmed: 1 of 1"),  # just the margin apart, though 0.4 - 0.3 is more than 0.1
        ([0.9] * 10, [0.7] * 10, "not confirmed: 0 of 1"),
        (SPREAD, SPREAD, "not refuted: 1 of 1"),  # the same numbers, and ten of them do not show that the nets are alike
        ([0.4] * 2, [0.4] * 2, "not refuted: 1 of 1"),
    ],
)
def test_similar_claims_ask_for_equivalence(tmp_path: Path, ours: list[float], theirs: list[float], text: str) -> None:
    key = ("accuracy", "random", 3)
    results = {n: results_of(tmp_path, n, scores={key: (v, 0.1)})[n] for n, v in (("ours", ours), ("theirs", theirs))}
    keys = {"metric": "accuracy", "families": ["random", "ones"], "lengths": (3, 9), "margin": 0.1}
    measure = SimilarMeasure.model_validate({"kind": "similar", "experiment": "ours", "to": "theirs", **keys})
    verdict = judge(measure, results)
    assert verdict.words == text
    assert verdict.share == ""
    assert "shift " in verdict.measured
    assert judge(measure.model_copy(update={"lengths": (4, 9)}), results).words == "not measured"
    assert judge(measure.model_copy(update={"to": "absent"}), results).words == "not measured"


def test_a_share_of_seeds_has_the_interval_of_clopper_and_pearson(tmp_path: Path) -> None:
    results = results_of(tmp_path, scores={("accuracy", "random", 3): ([1.0] * 10, 0.1)})
    assert judge(score_measure(), results).share == "69 to 100 % of all seeds"
    low, high = intervals.of_share(3, 10)
    # The bounds are the shares under which three or more (three or fewer) of ten come up once in forty.
    assert sum(math.comb(10, k) * low**k * (1 - low) ** (10 - k) for k in range(3, 11)) == pytest.approx(0.025)
    assert sum(math.comb(10, k) * high**k * (1 - high) ** (10 - k) for k in range(4)) == pytest.approx(0.025)


def test_a_shift_is_the_median_difference_and_its_interval_what_a_rank_sum_test_does_not_refute() -> None:
    ours, theirs = [1.1, 2.3, 3.7, 4.2, 6.9], [0.4, 1.6, 2.5, 3.1, 8.8]
    found = intervals.shift(ours, theirs)
    assert found.estimate == pytest.approx(np.median([a - b for a in ours for b in theirs]))
    for bound, aside in ((found.low, 1e-6), (found.high, -1e-6)):
        inside = mannwhitneyu(ours, np.array(theirs) + bound + aside, method="exact").pvalue
        outside = mannwhitneyu(ours, np.array(theirs) + bound - aside, method="exact").pvalue
        assert outside <= 0.05 < inside


# Words


def test_numbers_are_never_rounded_to_perfect_or_to_nothing() -> None:
    written = {1.0: "1", 0.99999: ">0.999", 0.9985: "0.999", 1e-9: "<0.001", 0.0: "0", 12.34: "12.3", 4321.0: "4,321", math.inf: "∞"}
    assert {value: words.number(value) for value in written} == written
    assert words.spell("the_posts_own") == "the post's own"
    assert words.number(None) == words.number(math.nan) == "–"
