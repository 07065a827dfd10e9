"""The report: one page that holds everything and needs nothing, its pictures, and the stage that writes them."""

import base64
import csv
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from report_files import ended, results_of, write

from pipeline.reporting.claims import Axis, Claim, Published, ScoreMeasure, Subject
from pipeline.reporting.figures import accuracy
from pipeline.reporting.page import Report, compose
from pipeline.reporting.results import ReportError, read
from pipeline.reporting.style import THEME, svg
from pipeline.stages import report


def measure(experiment: str, metric: str = "sequence_accuracy", **rule: Any) -> ScoreMeasure:
    keys = {"kind": "score", "experiment": experiment, "metric": metric, "probes": ["random"], "lengths": (2, 5)}
    return ScoreMeasure.model_validate({**keys, "comparison": "at_least", "value": 1, **rule})


SUBJECTS = {
    "bits": Subject(
        title="Bits",
        about="About <bits>.",
        claims=[
            Claim(says="It is right & stays right.", measure=measure("bits-post"), note="Our <reading> of it."),
            Claim(says="Another net is no better."),
        ],
    ),
    "wave": Subject(
        title="Wave",
        about="A wave.",
        claims=[Claim(says="It follows.", measure=measure("wave-post", metric="rmse", comparison="below", value="baseline"))],
        axes={"free_run": Axis(label="x", start=20, stop=40)},
    ),
}
PUBLISHED = Published(limit=900, source="what a post printed", experiments={"lag-post": {4: [20, None]}})
EXPERIMENTS = ("bits-post", "wave-post", "lag-post", "extra")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the four small experiments."""
    fabricate(tmp_path)
    return tmp_path


def fabricate(folder: Path) -> None:
    """Write four experiments: symbols, reals, a family of training lengths, and a task that no claim is known about."""
    points = [(metric, seed, step) for metric in ("loss", "accuracy") for seed in (0, 1) for step in (10, 20)]
    curve = [(4, seed, step, step / 10, metric, len(metric) / step) for metric, seed, step in points]
    lengths = (1, 2, 3, 4, 5, 6, 8, 10, 20, 50, 100, 1000)
    scores = {
        (metric, probe, n): ([1.0, max(0.0, 1 - n / 1000)], 0.5)
        for metric in ("token_accuracy", "sequence_accuracy")
        for probe in ("random", "all_ones")
        for n in lengths
    }
    write(folder, "bits-post", "bits", scores, {4: [ended(20), ended(20)]}, history=curve)
    waves = {"targets": np.sin(np.arange(40.0)).reshape(4, 10), "inputs": np.zeros((4, 10))}
    arrays = {f"free_run/10/{k}": v for k, v in waves.items()} | {"free_run/10/predicted": np.zeros((2, 4, 10))}
    write(folder, "wave-post", "wave", {("rmse", "random", 5): ([0.1, 0.3], 0.2)}, {10: [ended(5)] * 2}, predictions=arrays)
    stop = {"steps": 100, "stop": {"max_abs_error": 0.25, "successes": 10}}
    nets = {4: [ended(30, 30), ended(100)], 5: [ended(100), ended(7, diverged=7)]}
    lag_curve = [(n, 0, step, "", "loss", value) for n in (4, 5) for step, value in ((10, 0.5), (20, math.nan))]
    write(folder, "lag-post", "lag", {("sequence_accuracy", "both", 4): ([1.0, 0.5], 0.1)}, nets, training=stop, history=lag_curve)
    write(folder, "extra", "new_task", {("token_accuracy", "random", 3): ([0.5, 1.0], 0.5)}, {3: [ended(5)] * 2})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    data = tmp_path_factory.mktemp("data")
    fabricate(data)
    group = [read(name, data / "models" / name, data / "results" / name) for name in EXPERIMENTS]
    return compose(group, SUBJECTS, PUBLISHED)


class Reader(HTMLParser):
    """Collects a page's elements and its visible text, and checks that every element that is opened is closed."""

    VOID = frozenset({"meta", "img", "line", "br", "link"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def test_page_holds_every_claim_with_its_verdict(made: Report) -> None:
    text = Reader(made.html).text
    for subject in SUBJECTS.values():
        for claim in subject.claims:
            assert claim.says in text
    assert "Our <reading> of it." in text
    rows = [row for row in made.html.split("<tr") if "data-label" in row]
    expected = {"stays right": "seed: 1 of 2", "no better": "not measured", "It follows": "seed: 1 of 2"}
    for says, verdict in expected.items():
        assert any(says in row and verdict in row for row in rows)


def test_page_has_a_section_for_a_task_that_no_claim_is_known_about(made: Report) -> None:
    reader = Reader(made.html)
    assert ("section", {"id": "new_task"}) in reader.elements
    assert "New task" in reader.text


def test_page_shows_recipe_overview_and_comparison(made: Report) -> None:
    text = Reader(made.html).text
    assert "Net: lstm (units 3), trained at length 4 with adam" in text
    assert "training.stop.max_abs_error 0.25" in text
    assert "How many of 2 seeds have a sequence accuracy of exactly 1" in text
    assert "with a limit of 900 sequences" in text
    assert "lag-post was given 100 only" in text


def test_every_picture_says_what_it_shows(made: Report) -> None:
    images = [attributes for tag, attributes in Reader(made.html).elements if tag == "img"]
    # Two probes, two metrics of training; a wave; one panel until solved and two training lengths.
    assert len(images) == 2 + 2 + 1 + 1 + 2
    alts = [image["alt"] or "" for image in images]
    assert len(set(alts)) == len(alts)
    assert all(len(alt) > 40 and alt.endswith(".") for alt in alts)
    assert "median sequence accuracy goes from >0.999 at length 1 to 0.500 at length 1,000" in alts[0]


def test_page_needs_no_other_file_and_no_network(made: Report) -> None:
    reader = Reader(made.html)
    assert not {tag for tag, _ in reader.elements} & {"script", "link", "iframe", "object"}
    for tag, attributes in reader.elements:
        assert (attributes.get("src") or "data:").startswith("data:"), tag
        assert (attributes.get("href") or "#").startswith("#"), tag
    assert not re.search(r"url\(|@import", made.html)


def test_ids_are_unique_and_links_lead_somewhere(made: Report) -> None:
    reader = Reader(made.html)
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {a["href"] for tag, a in reader.elements if tag == "a"} <= {f"#{name}" for name in ids}


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
    axes = Figure().add_subplot()
    picture.panels[0].draw(axes)
    assert axes.get_xscale() == "log"
    median, chance, trained = (np.asarray(line.get_xydata()).T.tolist() for line in axes.lines)
    assert median == [[2, 50], [0.9, 0.1]]
    assert chance == [[2, 50], [0.1, 0.01]]
    assert trained[0] == [10, 10]
    outline = np.asarray(axes.collections[0].get_paths()[0].vertices).tolist()
    assert {tuple(point) for point in outline} == {(2, 0.2), (2, 1), (50, 0), (50, 0.7)}


def test_figures_follow_the_colour_scheme(data: Path) -> None:
    picture = accuracy(read("bits-post", data / "models" / "bits-post", data / "results" / "bits-post"))
    assert picture is not None
    text = base64.b64decode(svg(picture.panels[0]).partition(",")[2]).decode()
    drawing = text.partition("</style>")[2]
    assert "prefers-color-scheme:dark" in text
    for name, (light, dark) in THEME.items():
        assert light not in drawing
        assert f"--{name}:{dark}" in text
    assert "var(--ink)" in drawing
    assert "var(--first)" in drawing


def test_csv_lists_every_aggregate(made: Report) -> None:
    rows = list(csv.DictReader(made.accuracy_csv.splitlines()))
    assert len(rows) == 2 * 2 * 12 + 3
    assert made.accuracy_csv.splitlines()[0] == "task,experiment,probe,length,metric,median,worst,share"
    assert list(rows[-1].values()) == ["new_task", "extra", "random", "3", "token_accuracy", "0.75", "0.5", "0.5"]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_stage_writes_the_same_bytes_twice_and_removes_stale_pictures(data: Path) -> None:
    page = report.run(EXPERIMENTS, data)
    first = files_of(data / "report")
    stale = data / "report" / "figures" / "gone.png"
    stale.write_bytes(b"old")
    assert report.run(EXPERIMENTS, data) == page == data / "report" / "index.html"
    assert files_of(data / "report") == first
    pictures = {"bits-post-accuracy", "bits-post-training", "wave-post-predictions", "lag-solving", "lag-post-training"}
    assert set(first) == {"index.html", "accuracy.csv"} | {f"figures/{name}.png" for name in pictures}


@pytest.mark.parametrize("folder", ["models", "results"])
def test_any_missing_file_is_named_with_what_makes_it(data: Path, folder: str) -> None:
    for path in sorted((data / folder / "wave-post").iterdir()):
        content = path.read_bytes()
        path.unlink()
        expect_missing(data, path)
        path.write_bytes(content)


def expect_missing(data: Path, missing: Path) -> None:
    with pytest.raises(ReportError) as caught:
        report.run(EXPERIMENTS, data)
    assert str(caught.value) == f"{missing}: this file is missing; make it with: dvc repro evaluate@wave-post"
    assert not (data / "report").exists()


@pytest.mark.parametrize(
    ("damaged", "content", "told"),
    [
        ("results/wave-post/metrics.json", "{", "content: invalid JSON"),
        ("results/wave-post/metrics.json", '{"scores": {"rmse": {"random": {"5": {}}}}}', "scores.rmse.random.5.share: field"),
        ("results/wave-post/scores.csv", "probe,length,seed\nrandom,5,0\n", "line 2: in_range: field required"),
        ("results/wave-post/predictions.npz", "nothing", "expected arrays named"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(data: Path, damaged: str, content: str, told: str) -> None:
    (data / damaged).write_text(content)
    with pytest.raises(ReportError) as caught:
        report.run(EXPERIMENTS, data)
    message = str(caught.value)
    assert message.startswith(str(data / damaged))
    assert told in message
    assert "\n" not in message
    assert message.endswith("dvc repro --force evaluate@wave-post")
