"""When nets are solved: claims about it, whether two samples agree, the tables beside published figures."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from report_files import PUBLISHED, ended, results_of

from pipeline.reporting.figures import solving_dots
from pipeline.reporting.figures.scales import log_values
from pipeline.reporting.figures.style import _axes
from pipeline.reporting.inputs.measures import AgreesMeasure, Measure, SolvedMeasure, SoonerMeasure
from pipeline.reporting.inputs.published import Mean, Published
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging import solving, survival
from pipeline.reporting.judging.agreement import agreement
from pipeline.reporting.judging.rules import Evidence
from pipeline.reporting.judging.times import Sample, criterion, limit, measured
from pipeline.reporting.judging.verdicts import Verdict
from pipeline.reporting.judging.verdicts import judge as judge_evidence


def judge(measure: Measure, results: dict[str, Results], published: Published = PUBLISHED) -> Verdict:
    return judge_evidence(measure, Evidence(results, published))


@pytest.mark.parametrize(
    ("net", "solved", "text"),
    [
        (ended(100, solved=100), True, "confirmed: 1 of 1"),
        (ended(101, solved=101), True, "not confirmed: 0 of 1"),  # solved, but too late
        (ended(100), True, "not confirmed: 0 of 1"),
        (ended(99), True, "not measured: every trial ended too early"),
        (ended(99, diverged=50), True, "not confirmed: 0 of 1"),  # it would not have recovered
        (ended(100), False, "confirmed: 1 of 1"),
        (ended(99), False, "not measured: every trial ended too early"),
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
    assert verdict.measured == "4 of 5 nets met it; sequences: mean 9, median 9, from 9 to 9"


def test_sooner_compares_medians_and_an_unsolved_net_is_the_latest(tmp_path: Path) -> None:
    unsolved = ended(99)
    quick = {3: [ended(9, 10), ended(9, 20), unsolved], 4: [ended(9, 30), unsolved, unsolved], 5: [unsolved], 6: [ended(9, 1)]}
    slow = {3: [ended(9, 21)] * 3, 4: [ended(9, 40)] * 3, 5: [ended(99)] * 3}
    results = results_of(tmp_path, "quick", endings=quick) | results_of(tmp_path, "slow", endings=slow)
    measure = SoonerMeasure(kind="sooner", experiment="quick", than="slow", lengths=(3, 6))
    verdict = judge(measure, results)
    assert verdict.words == "not decided: 3 of 3"  # three trials each decide nothing
    assert judge(measure, {"quick": results["quick"]}).measured == "slow not among the results"


def test_sooner_is_sure_where_the_interval_of_the_ratio_is_on_one_side_of_one(tmp_path: Path) -> None:
    results = results_of(tmp_path, "quick", **family({3: EARLY, 4: LATE, 5: [100, 900] * 5, 6: EARLY}))
    results |= results_of(tmp_path, "slow", **family({3: LATE, 4: EARLY, 5: [100, 900] * 5, 6: [None] * 10}))
    measure = SoonerMeasure(kind="sooner", experiment="quick", than="slow", lengths=(3, 6))
    verdict = judge(measure, results)
    assert verdict.words == "depends on the length: 2 of 4 (1 not decided)"
    assert verdict.measured.startswith("ratio by length 3: × 0.207 (0.202 to 0.212); 4: × 4.828 (4.710 to 4.951); 5: ")
    assert verdict.measured.endswith("6: × – (0 to 0.107)")  # the slow nets were cut off at 1,000
    assert verdict.share == ""  # lengths are no seeds


# Whether two samples agree


def test_log_rank_is_the_textbooks() -> None:
    """The 6-MP arm and the placebo arm of Freireich et al. (1963), remissions in weeks: a chi-square of 16.79, medians 23 and 8."""
    treated = [6, 6, 6, 7, 10, 13, 16, 22, 23, *[math.inf] * 12]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    # All but the times seen are cut off at 35 here, in the trial earlier: the order is what counts.
    assert survival.log_rank(treated, placebo, 35) < 0.0001
    assert survival.median(placebo, 35).value == 8
    assert survival.log_rank(treated, placebo, 5) == survival.log_rank([9.0] * 21, [min(t, 9) for t in placebo], 5)


def test_log_rank_of_samples_without_a_difference() -> None:
    assert survival.log_rank([math.inf] * 10, [math.inf] * 10, 100) == 1
    assert survival.log_rank([7] * 3, [7] * 4, 10) == 1


def test_medians_are_those_of_censored_times() -> None:
    found = survival.median([400, 100, math.inf, 300, 200], 500)
    assert (found.value, found.low, found.high, found.interval) == (300, 100, math.inf, "100 – no bound")
    assert survival.median([math.inf] * 5, 500).text == "unsolved"
    assert survival.median([100, 900, 900], 500).text == "unsolved"  # later than the limit is not known


def test_ratios_take_what_was_cut_off_for_any_later_time() -> None:
    alike = survival.ratio([math.inf] * 10, [math.inf] * 10, 100)
    assert (math.isnan(alike.estimate), alike.low, alike.high) == (True, 0, math.inf)
    later = survival.ratio([math.inf] * 10, [100.0] * 10, 1000)
    assert (later.low, later.high) == (pytest.approx(10), math.inf)
    assert survival.ratio([100.0] * 10, [200.0] * 10, 1000).estimate == pytest.approx(0.5)


def test_holm_adjusts_from_the_smallest_and_never_falls() -> None:
    assert survival.holm({4: 0.04, 5: 0.01, 6: 0.03, 7: 0.9}) == pytest.approx({4: 0.09, 5: 0.04, 6: 0.09, 7: 0.9})
    assert list(survival.holm({9: 0.5, 3: 0.9})) == [9, 3]
    assert survival.holm({1: 0.6, 2: 0.7}) == {1: 1.0, 2: 1.0}
    assert survival.holm({}) == {}


def family(times: dict[int, list[int | None]], steps: int = 1000) -> dict[str, Any]:
    """The files of an experiment whose nets were solved so."""
    endings = {n: [ended(steps) if t is None else ended(t, t) for t in ts] for n, ts in times.items()}
    return {"endings": endings, "training": {"steps": steps, "stop": {"max_abs_error": 0.25, "successes": 9}, "batch_size": 1}}


EARLY, LATE = list(range(100, 110)), list(range(500, 510))
PRINTED = Published(limit=1000, source="a post", criterion="no error", experiments={"net": {4: EARLY, 5: LATE, 6: EARLY, 20: [None] * 10}})


def test_agrees_claims_are_refuted_met_or_open(tmp_path: Path) -> None:
    wide = [100, 130, 170, 220, 290, 370, 480, 630, 810, 990]
    printed = PRINTED.model_copy(update={"experiments": {"net": {**PRINTED.experiments["net"], 8: wide}}})
    results = results_of(tmp_path, **family({4: EARLY, 5: EARLY, 6: LATE, 7: LATE, 8: wide, 20: [None] * 10}))
    assert sorted(agreement(results["net"], printed)) == [4, 5, 6, 8, 20]  # 7 was not printed
    verdict = judge(AgreesMeasure(kind="agrees", experiment="net", lengths=(4, 20)), results, printed)
    assert verdict.words == "depends on the length: 1 of 5 (2 not refuted)"  # 4 agrees, 5 and 6 differ, 8 and 20 may be anything
    assert "4: × 1 (0.971 to 1.029), p 1; 5: × 0.207" in verdict.measured
    assert verdict.measured.endswith("20: not known, p 1")
    assert judge(AgreesMeasure(kind="agrees", experiment="net", lengths=(5, 6)), results, printed).words == "not confirmed: 0 of 2"
    assert judge(AgreesMeasure(kind="agrees", experiment="net", lengths=(8, 20)), results, printed).words == "not refuted: 2 of 2"
    assert (
        judge(AgreesMeasure(kind="agrees", experiment="net", lengths=(4, 4), factor=1.01), results, printed).words == "not refuted: 1 of 1"
    )
    assert judge(AgreesMeasure(kind="agrees", experiment="net", lengths=(7, 7)), results, printed).words == "not measured"


def test_agreement_does_not_hold_more_patience_against_the_published_nets(tmp_path: Path) -> None:
    printed = PRINTED.model_copy(update={"experiments": {"net": {4: LATE}}})
    hasty = results_of(tmp_path, "net", **family({4: [None] * 10}, steps=400))
    assert agreement(hasty["net"], printed)[4].p == 1
    patient = results_of(tmp_path / "patient", "net", **family({4: [None] * 10}))
    assert agreement(patient["net"], printed)[4].p < 0.001


# The tables


def test_times_are_sequences_and_not_steps(tmp_path: Path) -> None:
    recipe = {"steps": 500, "batch_size": 32, "stop": {"max_abs_error": 0.25, "successes": 1000, "mean_loss": 0.01}}
    net = results_of(tmp_path, endings={4: [ended(9, 9), ended(500)]}, training=recipe)["net"]
    assert measured(net, 4) == Sample((288, math.inf))
    assert limit(net) == 16000
    assert criterion(net) == (
        "the largest error stays at or below 0.25 for 1,000 steps (32,000 sequences) in a row and their mean loss is below 0.01"
    )


def test_solving_table_takes_unsolved_nets_for_cut_off(tmp_path: Path) -> None:
    files = family({4: [400, 100, None, 300, 200], 5: [None] * 5}, steps=500)
    results = results_of(tmp_path, **files)
    published = PRINTED.model_copy(update={"experiments": {"net": {4: [7, 9, None], 6: [None, None, None]}}})
    table = solving.compare(list(results.values()), published)
    assert table is not None
    assert table.lengths == (4, 5, 6)
    (column,) = table.columns
    ours, post = column.cells[4].measured, column.cells[4].published
    assert ours is not None
    assert (ours.solved, ours.mean) == ("4/5", "250")
    assert post is not None
    assert post.solved == "2/3"
    assert [(m.text, m.interval) for m in column.cells[4].medians if m] == [("300", "100 – no bound"), ("9", "7 – no bound")]
    assert column.cells[5].published is column.cells[6].measured is column.cells[5].comparison is column.cells[6].comparison is None
    assert column.cells[4].comparison is not None
    assert column.cells[4].comparison.p == survival.log_rank(ours.times, post.times, 500)
    assert table.lower_limits == [("net", 500)]
    assert table.criteria == ["the largest error stays at or below 0.25 for 9 sequences in a row"]


def test_solving_table_has_a_column_for_every_experiment_with_a_stopping_rule(tmp_path: Path) -> None:
    group = [
        results_of(tmp_path, "net", **family({4: EARLY, 9: LATE}, steps=900))["net"],
        results_of(tmp_path, "other", **family({9: EARLY}, steps=900))["other"],
        results_of(tmp_path, "free", endings={4: [ended(1)], 5: [ended(1)]})["free"],
    ]
    table = solving.compare(group, PRINTED)
    assert table is not None
    assert [(column.experiment, column.has_published) for column in table.columns] == [("net", True), ("other", False)]
    assert list(table.columns[1].cells) == [9]
    assert table.lower_limits == [("net", 900)]  # there is nothing that the other one could have waited longer for
    assert table.columns[1].cells[9].comparison is None  # nothing to agree with
    assert solving.compare(group[1:2], PRINTED) is not None  # a single length is enough
    assert solving.compare(group[2:], PRINTED) is None


def test_a_papers_means_stand_beside_what_was_measured(tmp_path: Path) -> None:
    keys = {
        "experiment": "net",
        "setting": "experiment 2",
        "sequences": 5040,
        "criterion": "all right",
        "source": "a paper",
        "run_included": True,
    }
    means = [Mean.model_validate({**keys, **changes}) for changes in ({"length": 4}, {"length": 8}, {"length": 4, "experiment": "other"})]
    results = results_of(tmp_path, **family({4: [100, 200, None]}))
    table = solving.compare([results["net"]], PRINTED.model_copy(update={"means": means}))
    assert table is not None
    here, nowhere = table.means
    assert here.measured is not None
    assert (here.measured.mean, here.measured.solved, here.printed.sequences) == ("150", "2/3", 5040)
    assert here.criterion == "the largest error stays at or below 0.25 for 9 sequences in a row"
    assert nowhere.measured is None
    assert Sample((math.inf,)).mean == "–"


@pytest.mark.parametrize(("run_included", "mean", "median"), [(True, "300", "320"), (False, "160", "180")])
def test_our_counts_include_the_run_of_successes_where_the_papers_do(tmp_path: Path, run_included: bool, mean: str, median: str) -> None:
    recipe = {"steps": 500, "batch_size": 20, "stop": {"max_abs_error": 0.25, "successes": 7}}  # a run of 140 sequences
    net = results_of(tmp_path, endings={4: [ended(500, 12), ended(500, 16), ended(500, 17)]}, training=recipe)["net"]
    printed = Mean(
        experiment="net", length=4, setting="a", sequences=150, criterion="no error", run_included=run_included, source="a paper"
    )  # fmt: skip
    table = solving.compare([net], PRINTED.model_copy(update={"experiments": {}, "means": [printed]}))
    assert table is not None
    assert table.means[0].measured is not None
    assert (table.means[0].measured.mean, table.means[0].measured.median) == (mean, median)
    assert (table.columns[0].cells[4].measured or Sample(())).mean == "300"


CROWDED = (4, 5, 6, 7, 8, 9, 10, 20, 50, 100, 101, 1001)


@pytest.mark.parametrize("own", [CROWDED, (101,), (100, 101, 1001), (1001,)])
def test_labels_of_training_lengths_do_not_overlap(tmp_path: Path, own: tuple[int, ...]) -> None:
    every = results_of(tmp_path, "every", **family({n: [30, 40] for n in CROWDED}))["every"]
    some = results_of(tmp_path, "some", **family({n: [30, 40] for n in own}))["some"]
    table = solving.compare([every, some], PRINTED.model_copy(update={"experiments": {}}))
    assert table is not None
    panel = solving_dots.picture("task", table).panels[1]
    figure = Figure(figsize=panel.inches, dpi=200)
    axes = _axes(figure, panel.inches, 0, 0)
    panel.draw(axes)
    FigureCanvasAgg(figure).draw()
    labels = [label for label in axes.get_xticklabels() if label.get_text()]
    boxes = [label.get_window_extent() for label in labels]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
    texts = [label.get_text() for label in labels]
    assert len(texts) >= 10
    if len(own) < 3:
        assert {f"{n:,}" for n in own} <= set(texts)  # the experiment's own length is never the one that is left out


def test_solving_figure_draws_every_net_beside_the_published(tmp_path: Path) -> None:
    results = results_of(tmp_path, **family({4: [30, None], 9: [50, 60]}))
    table = solving.compare([results["net"]], PRINTED.model_copy(update={"experiments": {"net": {4: [7, 9, None]}}}))
    assert table is not None
    picture = solving_dots.picture("task", table)
    assert [key.label for key in picture.legend] == ["measured", "published"]
    assert (
        picture.panels[0].alt == "net, sequences until solved by training length. 4: median unsolved, 1/2 solved; 9: median 55, 2/2 solved."
    )
    axes = Figure().add_subplot()
    picture.panels[0].draw(axes)
    dots = {line.get_marker(): [] for line in axes.lines}
    for line in axes.lines:
        dots[line.get_marker()] += np.asarray(line.get_ydata()).tolist()
    assert sorted(dots["o"]) == [7, 9, 30, 50, 60]
    assert sorted(dots["x"]) == [1000, 1000]


@pytest.mark.parametrize("values", [[99999.99999999999, 100_000.0], [3.0]])
def test_a_log_axis_of_one_value_has_a_range_around_it(values: list[float]) -> None:
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.plot(range(len(values)), values)
    log_values(axes)
    low, high = axes.get_ylim()
    assert low < values[0] < high
