"""Parts of the report: figures, the first failing length, the demonstration, what baselines are."""

import base64
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from report_files import ended, results_of

from pipeline.reporting.figures.accuracy import accuracy
from pipeline.reporting.figures.curves import wrong
from pipeline.reporting.figures.predictions import predictions
from pipeline.reporting.figures.sources import looks
from pipeline.reporting.figures.style import THEME, Panel, svg
from pipeline.reporting.judging import first_failures
from pipeline.reporting.tables.demonstration import Answer, demonstration
from pipeline.reporting.tables.scores import CHANCE, baselines


def drawn(panel: Panel) -> Axes:
    axes = Figure().add_subplot()
    panel.draw(axes)
    return axes


def lines(axes: Axes) -> list[list[list[float]]]:
    """The x and y values of every line."""
    return [np.asarray(line.get_xydata()).T.tolist() for line in axes.lines]


def test_an_accuracy_that_repeats_another_is_drawn_once(tmp_path: Path) -> None:
    values = {3: ([1.0, 0.5], 0.5), 5: ([0.7, 0.2], 0.5)}
    scores = {(f"{kind}_accuracy", "random", n): cell for kind in ("token", "sequence") for n, cell in values.items()}
    same = accuracy(results_of(tmp_path, "same", scores=scores)["same"])
    assert same is not None
    assert [key.label for key in same.legend if "accuracy" in key.label] == ["sequence accuracy: median, and worst to best seed"]
    scores["token_accuracy", "random", 5] = ([0.7, 0.3], 0.5)
    other = accuracy(results_of(tmp_path, "other", scores=scores)["other"])
    assert other is not None
    assert sum("accuracy" in key.label for key in other.legend) == 2


def test_accuracy_is_drawn_as_median_and_range_on_a_log_axis(tmp_path: Path) -> None:
    cells = {2: ([1.0, 0.9, 0.2], 0.1), 50: ([0.7, 0.1, 0.0], 0.01)}
    scores = {("sequence_accuracy", "random", n): cell for n, cell in cells.items()}
    picture = accuracy(results_of(tmp_path, scores=scores, endings={10: [ended(1)] * 3})["net"])
    assert picture is not None
    axes = drawn(picture.panels[0])
    assert axes.get_xscale() == "log"
    median, chance, trained = lines(axes)
    assert median == [[2, 50], [0.9, 0.1]]
    assert chance == [[2, 50], [0.1, 0.01]]
    assert trained[0] == [10, 10]
    outline = np.asarray(axes.collections[0].get_paths()[0].vertices).tolist()
    assert {tuple(point) for point in outline} == {(2, 0.2), (2, 1), (50, 0), (50, 0.7)}


def test_figures_follow_the_colour_scheme(tmp_path: Path) -> None:
    picture = accuracy(results_of(tmp_path, scores={("accuracy", "random", n): ([0.5], 0.1) for n in (2, 3)})["net"])
    assert picture is not None
    text = base64.b64decode(svg(picture.panels[0]).partition(",")[2]).decode()
    drawing = text.partition("</style>")[2]
    assert "prefers-color-scheme:dark" in text
    for name, (light, dark) in THEME.items():
        assert light not in drawing
        assert f"--{name}:{dark}" in text
    assert "var(--ink)" in drawing
    assert "var(--first)" in drawing


def test_every_source_has_a_look_of_its_own_and_ours_is_drawn_first() -> None:
    found = looks(["a2024", "post", "b2025", "ours", "a2024"])
    assert list(found) == ["ours", "post", "a2024", "b2025"]
    assert found["a2024"].label == "recipes of a2024"
    assert len({(look.colour, look.dash) for look in found.values()}) == 4


def test_predictions_that_leave_the_range_of_numbers_are_drawn_without_a_warning(tmp_path: Path) -> None:
    actual = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
    runs = np.stack(
        [actual, np.full_like(actual, 3e38), np.full_like(actual, -3e38), np.full_like(actual, np.nan), np.full_like(actual, np.inf)]
    )
    arrays = {f"free_run/4/{name}": values for name, values in (("inputs", actual), ("targets", actual), ("predicted", runs))}
    scores = {("rmse", "free_run", 4): ([0.0] * 5, 0.2)}
    picture = predictions(results_of(tmp_path, scores=scores, predictions=arrays)["net"], {})
    assert picture is not None
    axes = drawn(picture.panels[0])
    low, high = axes.get_ylim()
    assert -2 < low < -1 < 1 < high < 2
    assert svg(picture.panels[0]).startswith("data:")


def watched(*seeds: Iterable[float], metric: str = "validation_sequence_accuracy") -> list[tuple[object, ...]]:
    """Training curves of some seeds, a point each two epochs."""
    return [(10, seed, 50 * n, 2 * n, metric, value) for seed, values in enumerate(seeds) for n, value in enumerate(values, start=1)]


def test_wrong_answers_are_drawn_in_percent_and_none_has_a_place_on_the_log_axis(tmp_path: Path) -> None:
    held_out = {("sequence_accuracy", "held_out", 10): ([1.0, 0.98, 0.9], 0.1)}
    results = results_of(tmp_path, scores=held_out, history=watched([0.5, 1.0], [0.75, 0.98], [0.0, 0.9]), sequences=50)
    picture = wrong(results["net"])
    assert picture is not None
    assert "after 4 epochs it is 2 % for the median seed, from 0 % to 10 %." in picture.panels[0].alt
    assert [key.label for key in picture.legend] == ["one seed", "median", "one of 50 inputs"]
    axes = drawn(picture.panels[0])
    *seeds, middle, one = lines(axes)
    expected = [[50, 1], [25, 2], [100, 10]]  # one of 50 is 2 %; none is drawn at half of it
    for (epochs, shares), share in zip(seeds, expected, strict=True):
        assert epochs == [2, 4]
        assert shares == pytest.approx(share)
    assert middle[1] == pytest.approx([50, 2])
    assert one[1] == [2, 2]
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] < 1
    assert [(tick, label.get_text()) for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)] == [
        (1, "none"), (10, "10 %"), (100, "100 %")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"steps": 100}},  # no epochs to draw against
        {"history": watched([0.5], metric="training_sequence_accuracy")},  # nothing was held out
        {"endings": {10: [ended(100)], 11: [ended(100)]}},  # each length has nets of its own
    ],
)
def test_wrong_answers_are_drawn_where_inputs_are_held_out_for_epochs(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert wrong(results_of(tmp_path, "plain", history=watched([0.5]))["plain"]) is not None
    assert wrong(results_of(tmp_path, "changed", **{"history": watched([0.5]), **changes})["changed"]) is None


# The first failing length

CELLS = {
    ("sequence_accuracy", "random", 4): ([1.0, 1.0, 0.9], 0.1),
    ("sequence_accuracy", "random", 40): ([1.0, 0.99, 1.0], 0.1),
    ("sequence_accuracy", "random", 400): ([1.0, 0.5, 0.5], 0.1),
    ("token_accuracy", "random", 2): ([0.5, 0.5, 0.5], 0.1),
    ("sequence_accuracy", "once", 7): ([0.0, 0.0, 0.0], 0.1),
}


def test_first_failing_length_is_the_shortest_with_any_wrong_answer(tmp_path: Path) -> None:
    results = results_of(tmp_path, scores=dict(reversed(CELLS.items())), endings={10: [ended(1)] * 3})["net"]
    found = first_failures.first_failing(results, "random")
    assert found.tested == (4, 40, 400)
    assert found.by_seed == {0: math.inf, 1: 40, 2: 4}


def test_first_failing_lengths_make_a_row_for_each_input_family_with_several_lengths(tmp_path: Path) -> None:
    table = first_failures.table(results_of(tmp_path, scores=CELLS, endings={10: [ended(1)] * 3})["net"])
    assert table is not None
    assert table.seeds == (0, 1, 2)
    (row,) = table.rows
    assert (row.family, row.tested, row.median) == ("random", "4 to 400", "40")
    assert row.cells == (("none", 1.0), ("40", pytest.approx(0.4)), ("4", 0.0))


def test_first_failing_lengths_are_left_out_where_each_length_has_its_own_nets(tmp_path: Path) -> None:
    assert first_failures.table(results_of(tmp_path, scores=CELLS, endings={n: [ended(1)] * 3 for n in (4, 40)})["net"]) is None
    assert first_failures.table(results_of(tmp_path, "none")["none"]) is None


# The demonstration


def shown(tmp_path: Path, *rows: tuple[object, ...], **files: Any) -> tuple[Answer, ...]:
    found = demonstration(results_of(tmp_path, demonstration=rows, **files)["net"])
    assert found is not None
    return found.answers


def test_demonstration_takes_ten_even_steps_of_the_first_seed(tmp_path: Path) -> None:
    rows = [(10, seed, step, "1", "2", f"{step}") for seed in (3, 1) for step in range(100, 2000, 100)]
    found = demonstration(results_of(tmp_path, demonstration=rows)["net"])
    assert found is not None
    assert (found.length, found.seed) == (10, 1)
    assert [answer.step for answer in found.answers] == [100, 300, 500, 700, 900, 1100, 1300, 1500, 1700, 1900]
    assert "".join(found.answers[-1].answer) == "1900"


def test_demonstration_shows_all_steps_where_there_are_few(tmp_path: Path) -> None:
    assert [answer.step for answer in shown(tmp_path, (4, 0, 20, "1", "1", "1"), (4, 0, 10, "1", "1", "1"))] == [10, 20]


@pytest.mark.parametrize(
    ("texts", "exact", "answer", "wrong", "verdict"),
    [
        (("9 10 3", "3 9 10", "3 9 10"), "3 9 10", "3 9 10", "---", "right"),
        (("9 10 3", "3 9 10", "3 3 10"), "3 9 10", "3 3 10", "-x-", "1 of 3 wrong"),
        (("199", "200", "190"), "2 0 0", "1 9 0", "xx-", "2 of 3 wrong"),
        (("999", "1000", "0"), "1 0 0 0", "· · · 0", "xxx-", "3 of 4 wrong"),  # what is missing shows
        (("999", "1000", ""), "1 0 0 0", "· · · ·", "xxxx", "4 of 4 wrong"),
        (("99", "100", "5100"), "1 0 0", "5 1 0 0", "x---", "1 of 4 wrong"),
        (("0110", "2", "3"), "2", "3", "---x", "1 of 1 wrong"),  # a label stands under the input's end
        (("a" * 41, "Q", "R"), "Q", "R", "x", "1 of 1 wrong"),  # and by itself where the input is long
    ],
)
def test_demonstration_marks_what_is_wrong(
    tmp_path: Path, texts: tuple[str, ...], exact: str, answer: str, wrong: str, verdict: str
) -> None:
    (found,) = shown(tmp_path, (10, 0, 5, *texts))
    assert [symbol for symbol in found.exact if symbol] == exact.split()
    assert [symbol for symbol in found.answer if symbol] == answer.split()
    assert "".join("x" if w else "-" for w in found.wrong) == wrong
    assert found.verdict == verdict
    assert len(found.exact) == len(found.answer) == len(found.wrong)


def test_demonstration_aligns_short_inputs_only(tmp_path: Path) -> None:
    short, long = shown(tmp_path, (10, 0, 1, "12", "123", "123"), (10, 0, 2, "1" * 41, "1", "1"))
    assert short.input == ("", "1", "2")
    assert long.input == "1" * 41


def test_demonstration_marks_no_digits_of_reals(tmp_path: Path) -> None:
    (found,) = shown(tmp_path, (10, 0, 1, "0.5 0.25*", "0.25", "0.31"), scores={("rmse", "random", 3): ([0.1], 0.2)}, predictions={})
    assert (found.exact, found.answer, found.wrong, found.verdict) == (("0.25",), ("0.31",), (False,), "")
    assert found.input == "0.5 0.25*"


def test_demonstration_needs_answers(tmp_path: Path) -> None:
    assert demonstration(results_of(tmp_path)["net"]) is None


def test_baselines_are_told_by_metric_where_they_differ(tmp_path: Path) -> None:
    accuracies = results_of(tmp_path, "same", scores={(f"{kind}_accuracy", "random", 3): ([1.0], 0.5) for kind in ("token", "sequence")})
    assert baselines(accuracies["same"], {}) == CHANCE
    errors = {
        ("rmse", "random", 3): ([0.1], 0.2),
        ("rmse_from_8", "random", 3): ([0.1], 0.2),
        ("sequence_accuracy", "random", 3): ([1.0], 0.5),
    }
    mixed = results_of(tmp_path, "mixed", scores=errors, predictions={})["mixed"]
    assert baselines(mixed, {"rmse_from_8": "a better one"}) == (
        "for rmse, a simple guess; for rmse from 8, a better one; for sequence accuracy, " + CHANCE
    )
