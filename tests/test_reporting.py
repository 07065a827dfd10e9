"""The report: pages that hold everything and need no network, their pictures, and the stage that writes them."""

import csv
import json
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_files import LENGTHS, asked_for, fabricate

from pipeline.files.stage_files import MissingFile, UnreadableFile
from pipeline.reporting.inputs.claims import Axis, Claim, Subject
from pipeline.reporting.inputs.measures import ScoreMeasure
from pipeline.reporting.inputs.published import Mean, Published
from pipeline.reporting.inputs.results import read
from pipeline.reporting.page import Report, compose
from pipeline.reporting.tables.summary import read_figures
from pipeline.stages import report


def measure(experiment: str, metric: str = "sequence_accuracy", **rule: Any) -> ScoreMeasure:
    keys = {"kind": "score", "experiment": experiment, "metric": metric, "families": ["random"], "lengths": (2, 5)}
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
        baselines={"rmse": "standing still"},
    ),
    "to_come": Subject(
        title="To come", about="Not here yet.", claims=[Claim(says="It will do.", by="A paper", measure=measure("to_come-net"))]
    ),
}
MEAN = Mean(
    experiment="lag-post", length=5, setting="experiment 2", sequences=5040, share=0.5, trials=18, criterion="all is well",
    run_included=False, source="A paper",
)  # fmt: skip
PUBLISHED = Published(
    limit=900, source="what a post printed", criterion="no error", experiments={"lag-post": {4: [20, None]}}, means=[MEAN]
)
EXPERIMENTS = ("bits-post", "wave-post", "lag-post", "extra")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the four small experiments."""
    fabricate(tmp_path)
    return tmp_path


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
    expected = {"stays right": "seed: 1 of 2", "no better": "not measured", "It follows": "seed: 1 of 2", "It will do.": "not measured"}
    for says, verdict in expected.items():
        assert any(says in row and verdict in row for row in rows)


def test_claims_say_who_says_what_no_post_does(made: Report) -> None:
    assert "It will do. A paper" in Reader(made.html).text


def test_an_experiments_page_has_the_claims_that_it_answers_and_no_others(made: Report) -> None:
    text = Reader(made.experiments["bits-post"]).text
    assert "It is right & stays right." in text
    assert "It follows." not in text
    assert "It follows." in Reader(made.experiments["wave-post"]).text
    assert "Claims and measurements" not in Reader(made.experiments["extra"]).text


def test_page_has_a_section_for_a_task_that_no_claim_is_known_about(made: Report) -> None:
    reader = Reader(made.html)
    assert ("section", {"id": "new_task"}) in reader.elements
    assert "New task" in reader.text


def test_page_has_a_section_for_a_task_that_nothing_was_measured_of(made: Report) -> None:
    reader = Reader(made.html)
    assert ("section", {"id": "to_come"}) in reader.elements
    assert "Not here yet." in reader.text
    assert reader.text.count("There are no results for this task.") == 1


def test_an_experiment_has_its_recipe_and_scores_on_a_page_of_its_own(made: Report) -> None:
    text = Reader(made.experiments["bits-post"]).text
    assert "Net: lstm (units 3), trained at length 4 with adam" in text
    assert "Net: lstm (units 3), trained at length 4 with adam" in Reader(made.html).text
    assert "training.stop.max_abs_error 0.25" in Reader(made.experiments["lag-post"]).text
    assert "model.units 3" in text
    assert "How many of 2 seeds have a sequence accuracy of exactly 1" in text
    assert "First failing length" in text
    assert "random 1 to 1,000 none none 1" in text  # seed 0 is never wrong, seed 1 at once; between them lies none
    assert "Baseline: chance: the best answer that does not look at the input" in text
    assert "Baseline: standing still." in Reader(made.experiments["wave-post"]).text


def test_page_shows_how_long_it_took_beside_what_others_printed(made: Report) -> None:
    text = Reader(made.html).text
    assert "The task is solved, and training ends, once the largest error stays at or below 0.25 for 10 sequences in a row." in text
    assert "A net has solved the task once the largest error stays at or below 0.25 for 10 sequences in a row." in text
    assert "The counts include that run of successes, ours and the published ones." in text
    assert "Published: what a post printed, where a net has solved the task once no error, within 900 sequences." in text
    assert "lag-post was trained for at most 100 sequences" in text
    assert "log-rank test of our nets against the published trials" in text
    assert "lag-post length 5 – unsolved 0/2 not counted the largest error stays at or below 0.25 for 10 sequences in a row" in text
    assert "A paper experiment 2 5,040 not printed 50 % of 18 not counted all is well" in text


def test_page_shows_a_net_as_it_learns_and_marks_what_is_wrong(made: Report) -> None:
    html = made.experiments["bits-post"]
    text = Reader(html).text
    assert "Answers of seed 0 during training, at length 4" in text
    assert "step 390: 1 of 2 wrong input 10 11 exact 11 12 net 11 13" in text
    assert html.count("<mark>13</mark>") == 10
    assert "<mark>11</mark>" not in html


def images(html: str) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in Reader(html).elements if tag == "img"]


def test_every_picture_says_what_it_shows(made: Report) -> None:
    # The overview; two families, two metrics of training; a wave and its cost; one panel until solved and two training lengths; watched.
    assert len(images(made.html)) == 1 + 2 + 2 + 1 + 1 + 1 + 2 + 1
    counts = {name: len(images(html)) for name, html in made.experiments.items()}
    assert counts == {"bits-post": 4, "wave-post": 2, "lag-post": 2, "extra": 2}
    for html in (made.html, *made.experiments.values()):
        alts = [image["alt"] or "" for image in images(html)]
        assert len(set(alts)) == len(alts)
        assert all(len(alt) > 40 and alt.endswith(".") for alt in alts)
    assert "median sequence accuracy goes from >0.999 at length 1 to 0.500 at length 1,000" in str(images(made.experiments["bits-post"])[0])


def test_pages_need_no_other_file_for_what_they_show_and_no_network(made: Report) -> None:
    for html in (made.html, *made.experiments.values()):
        reader = Reader(html)
        assert not {tag for tag, _ in reader.elements} & {"script", "link", "iframe", "object"}
        for tag, attributes in reader.elements:
            assert (attributes.get("src") or "data:").startswith("data:"), tag
            assert "//" not in (attributes.get("href") or ""), tag
        assert not re.search(r"url\(|@import", html)


def test_ids_are_unique_and_links_lead_somewhere(made: Report) -> None:
    pages = {"index.html": made.html} | {f"experiments/{name}.html": html for name, html in made.experiments.items()}
    readers = {path: Reader(html) for path, html in pages.items()}
    ids = {path: [attributes["id"] for _, attributes in reader.elements if "id" in attributes] for path, reader in readers.items()}
    assert all(len(set(own)) == len(own) for own in ids.values())
    for path, reader in readers.items():
        links = [attributes["href"] or "" for tag, attributes in reader.elements if tag == "a"]
        assert links
        for link in links:
            file, _, anchor = link.partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
            assert there in {*pages, "live.html"}, link
            assert not anchor or anchor in ids[there], link


def test_the_first_page_leads_to_every_experiments_page_and_they_lead_back(made: Report) -> None:
    for name, html in made.experiments.items():
        assert f'href="experiments/{name}.html"' in made.html
        assert 'href="../index.html"' in html


def test_csv_lists_every_aggregate(made: Report) -> None:
    rows = list(csv.DictReader(made.accuracy_csv.splitlines()))
    assert len(rows) == 2 * 2 * 12 + 3
    assert made.accuracy_csv.splitlines()[0] == "task,experiment,family,length,metric,median,worst,share"
    assert list(rows[-1].values()) == ["new_task", "extra", "random", "3", "token_accuracy", "0.75", "0.5", "0.5"]


def test_the_summary_has_every_figure(made: Report, data: Path) -> None:
    found = read_figures(made.summary_csv, made.accuracy_csv)
    assert found.keys() == set(EXPERIMENTS)
    for metric, families in whole_of(data, "bits-post")["scores"].items():
        for family, by_length in families.items():
            for length, aggregate in by_length.items():
                for key in ("median", "worst", "share"):
                    assert found["bits-post"][f"scores.{metric}.{family}.{length}.{key}"] == aggregate[key]
    for length, ended in whole_of(data, "lag-post")["training"].items():
        assert {key: found["lag-post"][f"training.{length}.{key}"] for key in ended} == ended
    assert "proved_share" not in found["bits-post"]


def whole_of(data: Path, experiment: str) -> Any:
    return json.loads((data / "results" / experiment / "metrics.json").read_text())


def test_headlines_are_a_few_numbers_for_each_experiment(made: Report) -> None:
    # Two seeds: one is right everywhere, the other one's accuracy at length n is 1 - n/1000.
    trained, beyond = ([n for n in LENGTHS if (n <= 4) is in_range] for in_range in (True, False))
    right = {name: pytest.approx(1 - sum(ns) / len(ns) / 1000 / 2) for name, ns in (("trained", trained), ("beyond", beyond))}
    assert made.headlines["bits-post"] == {"right_to": {"median": 0, "worst": 0}, "right": right}
    assert made.headlines["wave-post"] == {"rmse": {"random": pytest.approx(0.2)}}
    assert made.headlines["lag-post"]["right_to"] == {"median": 0, "worst": 0}
    assert made.headlines["lag-post"]["solved"] == 0.25
    assert made.headlines["extra"] == {}


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_stage_writes_the_same_bytes_twice_and_removes_stale_pictures(data: Path) -> None:
    page = report.run(asked_for(EXPERIMENTS), data)
    first = files_of(data / "report")
    stale = data / "report" / "figures" / "gone.png"
    stale.write_bytes(b"old")
    stray = data / "report" / "experiments" / "gone-post.html"
    stray.write_text("old")
    assert report.run(asked_for(EXPERIMENTS), data) == page == data / "report" / "index.html"
    assert files_of(data / "report") == first
    pictures = {"bits-post-accuracy", "bits-post-training", "wave-post-predictions", "wave-post-training", "lag-solving"}
    pictures |= {"lag-post-training", "extra-wrong", "extra-training"}
    pages = {f"experiments/{name}.html" for name in EXPERIMENTS} | {f"cards/{name}.md" for name in EXPERIMENTS}
    files = {
        "index.html",
        "live.html",
        "live/README.txt",
        "accuracy.csv",
        "summary.csv",
        "claims.csv",
        "metrics.json",
        "overview/accuracy.png",
    }
    assert set(first) == files | pages | {f"figures/{name}.png" for name in pictures}


@pytest.mark.parametrize("folder", ["models", "results"])
def test_any_missing_file_is_named_with_what_makes_it(data: Path, folder: str) -> None:
    for path in sorted((data / folder / "wave-post").iterdir()):
        content = path.read_bytes()
        path.unlink()
        expect_missing(data, path)
        path.write_bytes(content)


def expect_missing(data: Path, missing: Path) -> None:
    with pytest.raises(MissingFile) as caught:
        report.run(asked_for(EXPERIMENTS), data)
    stage = "train" if "models" in missing.parts else "evaluate"
    assert str(caught.value) == f"{missing}: this file is missing; make it with: dvc repro {stage}@wave-post"
    assert not (data / "report").exists()


@pytest.mark.parametrize(
    ("damaged", "content", "fault"),
    [
        ("results/wave-post/metrics.json", "{", "content: invalid JSON"),
        ("results/wave-post/metrics.json", '{"scores": {"rmse": {"random": {"5": {}}}}}', "scores.rmse.random.5.share: field"),
        ("results/wave-post/scores.csv", "family,length,seed\nrandom,5,0\n", "line 2: in_range: field required"),
        ("results/wave-post/predictions.npz", "nothing", "expected arrays named"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(data: Path, damaged: str, content: str, fault: str) -> None:
    (data / damaged).write_text(content)
    with pytest.raises(UnreadableFile) as caught:
        report.run(asked_for(EXPERIMENTS), data)
    message = str(caught.value)
    assert message.startswith(str(data / damaged))
    assert fault in message
    assert "\n" not in message
    assert message.endswith("dvc repro --force evaluate@wave-post")
