"""The report over all experiments: the picture that opens it, its heat map, and how long everything took."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from report_files import PUBLISHED, ended, results_of, write

from pipeline.config import paths
from pipeline.files.stage_files import UnreadableFile
from pipeline.files.timings import Timing
from pipeline.files.verdicts import Verdict, Verdicts
from pipeline.reporting.figures import sweeps
from pipeline.reporting.figures.style import FIRST, SECOND
from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.claims import Subject
from pipeline.reporting.inputs.results import Results, read
from pipeline.reporting.inputs.timings import read_timings, timing_table
from pipeline.reporting.page import Extras, compose
from pipeline.stages.clock import timed

SUBJECTS = {"count": Subject(title="Counting", about="", claims=[])}


def results(
    tmp_path: Path, experiment: str, *by_family: dict[int, list[float]], task: str = "count", chance: float = 0.5, source: str = "ours"
) -> Results:
    scores = {("sequence_accuracy", f"family_{n}", length): (v, chance) for n, own in enumerate(by_family) for length, v in own.items()}
    seeds = max(len(values) for own in by_family for values in own.values())
    write(tmp_path, experiment, task, scores, {10: [ended(1)] * seeds})
    return read(experiment, tmp_path / "models" / experiment, tmp_path / "results" / experiment, source)


@pytest.fixture
def group(tmp_path: Path) -> list[Results]:
    cells = {1: [1.0, 1.0, 1.0], 10: [1.0, 0.9, 1.0], 50: [0.6, 0.5, 1.0]}
    post = results(tmp_path, "count-rnn-post", cells, {50: [1.0, 0.75, 0.9]}, source="post")
    ours = results(tmp_path, "count-rnn", {1: [1.0, 1.0], 10: [1.0, 1.0], 50: [1.0, 1.0], 73: [0.2, 0.2]})
    return [post, ours]


def test_each_seed_is_scored_on_its_own_hardest_inputs(group: list[Results]) -> None:
    assert sweeps.hardest(group[0]) == {1: [1, 1, 1], 10: [1, 0.9, 1], 50: [0.6, 0.5, 0.9]}


def test_the_heat_map_holds_what_is_above_chance_for_the_median_seed(group: list[Results]) -> None:
    heat = sweeps.heat_map(group)
    assert heat is not None
    assert heat.lengths == (1, 10, 50)  # 73 is not among its columns
    post, ours = heat.rows
    assert [cell and (round(cell.share, 3), cell.perfect, cell.in_range) for cell in post.cells] == [
        (1.0, True, True),
        (1.0, False, True),
        (0.2, False, False),
    ]
    assert [cell and cell.text for cell in post.cells] == ["100", "100", "20"]
    assert all(cell and cell.perfect for cell in ours.cells)


@pytest.mark.parametrize(("share", "text"), [(0, "0"), (0.001, "<1"), (0.5, "50"), (0.999, ">99"), (1, "100")])
def test_a_cell_is_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    assert sweeps.Heat(share, False, False).text == text


def test_what_is_below_chance_is_nothing(tmp_path: Path) -> None:
    heat = sweeps.heat_map([results(tmp_path, "count-rnn", {10: [0.1, 0.2]})])
    assert heat is not None
    assert heat.rows[0].cells == (sweeps.Heat(0.0, False, True),)


def test_a_group_without_accuracies_has_no_heat_map(tmp_path: Path) -> None:
    reals = results_of(tmp_path, "wave", scores={("rmse", "random", 5): ([0.1], 0.2)}, predictions={})["wave"]
    assert sweeps.heat_map([reals]) is None
    assert sweeps.overview([reals], {}) is None


def test_tasks_of_the_heat_map_stay_together(tmp_path: Path) -> None:
    cells = {10: [1.0]}
    group = [results(tmp_path, name, cells, task=task) for name, task in (("b-x", "b"), ("a-x", "a"), ("b-y", "b"))]
    heat = sweeps.heat_map(group)
    assert heat is not None
    assert [[row.experiment for row in own] for own in heat.tasks] == [["b-x", "b-y"], ["a-x"]]


def drawn(group: list[Results]) -> Axes:
    picture = sweeps.overview(group, SUBJECTS)
    assert picture is not None
    axes = Figure().add_subplot()
    picture.panels[0].draw(axes)
    return axes


def test_the_overview_draws_the_mean_of_each_recipe_against_length(group: list[Results]) -> None:
    lines = [(line.get_color(), np.round(np.asarray(line.get_xydata()), 4).tolist()) for line in drawn(group).lines[:2]]
    assert lines == [
        (FIRST, [[1, 1], [10, 1], [50, 1], [73, 0.2]]),
        (SECOND, [[1, 1], [10, 0.9667], [50, 0.6667]]),
    ]
    axes = drawn(group)
    assert axes.get_xscale() == "log"
    assert np.asarray(axes.lines[2].get_xdata()).tolist() == [10, 10]


def test_the_overview_says_where_it_begins_and_ends(group: list[Results]) -> None:
    picture = sweeps.overview(group, SUBJECTS)
    assert picture is not None
    assert [panel.title for panel in picture.panels] == ["Counting"]
    assert "count-rnn-post 0.967 at the training length 10 and 0.667 at 50; count-rnn 1 at the training length 10" in picture.panels[0].alt
    assert [key.label for key in picture.legend] == ["our recipes", "the posts' recipes", "longest training length"]


def test_the_overview_leaves_out_tasks_that_are_not_tested_beyond_their_training_length(tmp_path: Path, group: list[Results]) -> None:
    short = results(tmp_path, "short-rnn", {4: [1.0], 10: [1.0]}, task="short")
    picture = sweeps.overview([*group, short], SUBJECTS)
    assert picture is not None
    assert len(picture.panels) == 1
    assert sweeps.overview([short], SUBJECTS) is None


# How long it took


def refused() -> Verdict:
    nothing = dict.fromkeys(("margin", "sets", "stride", "memory", "counterexample"))
    return Verdict.model_validate({"proved": False, "reasons": [], "weights_file_sha256": "", **nothing})


def test_a_stage_writes_down_how_long_it_took_and_the_report_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: list[Results]
) -> None:
    monkeypatch.setattr(paths, "data", lambda: tmp_path)
    with timed("train", "count-rnn", lambda: "cpu:0"):
        pass
    found = read_timings(tmp_path / "timings", ["count-rnn", "count-rnn-post"])
    timing = found["count-rnn"]["train"]
    assert timing.seconds < 5
    assert timing.machine.startswith("cpu:0 of ")
    assert not timing.resumed
    assert set(found) == {"count-rnn"}
    timings = {"count-rnn": {"train": Timing(seconds=90, machine="a machine", resumed=True)}}
    report = compose(group, SUBJECTS, PUBLISHED, Extras(certificates={"count-rnn": CERTIFICATES}, timings=timings))
    assert "<td>1 min 30 s +</td><td>–</td><td>2.5 s</td>" in report.html
    assert "on a machine" in report.html
    assert (
        "Training took 1 min 30 s after an interruption, the part before it not counted, on a machine." in report.experiments["count-rnn"]
    )


def test_a_training_that_goes_on_from_a_snapshot_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "data", lambda: tmp_path)
    paths.training("net").mkdir(parents=True)
    with timed("train", "net", lambda: "cpu:0"):
        pass
    with timed("evaluate", "net", lambda: "cpu:0"):
        pass
    found = read_timings(tmp_path / "timings", ["net"])["net"]
    assert (found["train"].resumed, found["evaluate"].resumed) == (True, False)


def test_a_stage_that_fails_leaves_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "data", lambda: tmp_path)
    with pytest.raises(ValueError, match="no"), timed("train", "net", lambda: "cpu:0"):
        raise ValueError("no")
    assert not (tmp_path / "timings").exists()


def test_times_are_added_up(tmp_path: Path) -> None:
    one, two = Timing(seconds=1.5, machine="a"), Timing(seconds=2, machine="b")
    table = timing_table({"x": {"train": one, "evaluate": two}, "y": {"train": two}}, {"z": CERTIFICATES})
    assert table is not None
    assert [(row.experiment, row.certify) for row in table.rows] == [("x", None), ("y", None), ("z", 2.5)]
    assert table.totals == (3.5, 2, 2.5)
    assert table.machines == ["a", "b"]
    assert timing_table({}, {}) is None


def test_a_damaged_timing_is_named_with_what_makes_it(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "net.json").write_text(json.dumps({"seconds": "long", "machine": "a"}))
    with pytest.raises(UnreadableFile, match=r"net\.json: seconds: .*dvc repro --force train@net"):
        read_timings(tmp_path, ["net"])


CERTIFICATES = Certificates(Verdicts(verdicts={0: refused(), 1: refused()}), Timing(seconds=9, machine="a", seeds={0: 1.0, 1: 1.5}))
