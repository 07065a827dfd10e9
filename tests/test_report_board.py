"""The board of a study, and a report without claims."""

import shutil
from pathlib import Path

import pytest
from proved_files import GAINS, write_proved
from report_files import PUBLISHED, asked_for, ended, fabricate, results_of, write

from pipeline.config import paths
from pipeline.core.words import number
from pipeline.files.stage_files import MissingFile
from pipeline.reporting.inputs.certificates import read_certificates
from pipeline.reporting.inputs.claims import Study, Subject, load_goals, load_study, load_subjects
from pipeline.reporting.inputs.published import Figure, load_published
from pipeline.reporting.inputs.results import Results, read
from pipeline.reporting.page import Extras, compose
from pipeline.reporting.tables.board import BoardCell, board_table, published_table, right_everywhere
from pipeline.stages import report

NETS = {1: [ended(5)] * 3}
SCORES = {
    ("sequence_accuracy", "random", 4): ([1.0, 1.0, 1.0], 0.1),
    ("sequence_accuracy", "random", 40): ([1.0, 0.99, 1.0], 0.1),
    ("sequence_accuracy", "all_ones", 4): ([1.0, 1.0, 0.5], 0.1),
    ("sequence_accuracy", "training", 4): ([0.5, 1.0, 1.0], 0.1),
    ("token_accuracy", "random", 4): ([0.9, 0.9, 0.9], 0.1),
}


def net(tmp_path: Path, name: str, task: str, **files: object) -> Results:
    scores = files.pop("scores", SCORES)
    write(tmp_path, name, task, scores, {10: [ended(5)] * 3}, **files)  # type: ignore[arg-type]
    return read(name, tmp_path / "models" / name, tmp_path / "results" / name)


def test_a_seed_is_right_if_no_test_input_of_any_kind_is_answered_wrongly(tmp_path: Path) -> None:
    assert right_everywhere(net(tmp_path, "net", "sums")) == {0: True, 1: False, 2: False}


def test_the_board_counts_right_seeds_and_names_what_is_not_there(tmp_path: Path) -> None:
    errors = {("rmse", "random", 4): ([0.1] * 3, 0.2)}
    group = [net(tmp_path, "sums-rnn", "sums"), net(tmp_path, "waves-rnn", "waves", scores=errors, predictions={})]
    board = {("waves", "rnn"): "waves-rnn", ("sums", "rnn"): "sums-rnn", ("sums", "lstm"): "sums-lstm"}
    table = board_table(board, group, {}, {"sums": Subject(title="Sums of digits", about="", claims=[])})
    assert table.models == ("rnn", "lstm")
    assert [(row.task, row.title) for row in table.rows] == [("waves", "Waves"), ("sums", "Sums of digits")]
    assert table.rows[0].cells == (BoardCell("waves-rnn", "right", 3, None), None)  # real numbers; no such experiment
    assert table.rows[1].cells == (BoardCell("sums-rnn", "right", 3, 1), None)  # an experiment without results
    cell = table.rows[1].cells[0]
    assert cell is not None
    assert (cell.text, cell.share) == ("1 of 3", pytest.approx(1 / 3))


def test_the_board_counts_proofs_where_nets_were_certified(tmp_path: Path) -> None:
    write_proved(tmp_path)
    group = [read(name, tmp_path / "models" / name, tmp_path / "results" / name) for name in GAINS]
    certificates = {"parity-rnn": read_certificates("parity-rnn", tmp_path)}
    board = {("parity", "rnn"): "parity-rnn"}
    table = board_table(board, group, {name: found for name, found in certificates.items() if found}, {})
    found = certificates["parity-rnn"]
    assert found
    assert table.rows[0].cells == (BoardCell("parity-rnn", "proved", 3, 1, 1, 1, found.least_margin),)
    assert table.certified
    shown = compose(group, {}, PUBLISHED, Extras({"parity-rnn": found}), board).html
    margin = number(found.least_margin)
    verdicts = f"<small>proved</small><small>1 refuted</small><small>1 undecided</small><small>by {margin} logits</small></td>"
    assert f'"experiments/parity-rnn.html">1 of 3</a>{verdicts}' in shown
    page = compose(group, {}, PUBLISHED, Extras(), board).html  # without the certificates: all three are right on every test input
    assert '<td class="perfect" style="--share:1.00"><a href="experiments/parity-rnn.html">3 of 3</a><small>right</small></td>' in page
    assert 'href="#board"' in page
    assert 'id="board"' in page
    assert "board" not in compose(group, {}, PUBLISHED).html.partition("</style>")[2]


OTHERS = """
boards:
  - source: Somebody 2024
    measured: The mean of five seeds.
    nets:
      - {net: LSTM, percent: {waves: {mean: 99.94, deviation: 0.06}}}
      - {net: Mamba, percent: {sums: {mean: 50}, unknown: {mean: 1}}}
"""


def test_what_others_measured_stands_below_the_board(tmp_path: Path) -> None:
    (tmp_path / "published.yaml").write_text(OTHERS)
    published = load_published(tmp_path)
    group = [net(tmp_path, f"{task}-rnn", task) for task in ("sums", "idle", "waves")]
    board = {(task, "rnn"): f"{task}-rnn" for task in ("sums", "idle", "waves")}
    table = published_table(board_table(board, group, {}, {}), published.boards)
    assert table is not None
    assert table.titles == ("Sums", "Waves")  # nobody measured idle, and unknown is not on the board
    wave, half = Figure(mean=99.94, deviation=0.06), Figure(mean=50)
    assert table.rows == (("Somebody 2024", "LSTM", (None, wave)), ("Somebody 2024", "Mamba", (half, None)))
    page = compose(group, {}, published, board=board).html
    assert '<th scope="row" class="text">LSTM</th><td>–</td><td>99.9 ± 0.1</td></tr>' in page
    assert '<th scope="row" class="text">Mamba</th><td>50.0</td><td>–</td></tr>' in page
    assert "Somebody 2024: The mean of five seeds." in page
    assert "What others measured" not in compose(group[1:2], {}, published, board={("idle", "rnn"): "idle-rnn"}).html


def test_a_study_without_claims_has_a_report_without_empty_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fabricate(tmp_path / "data")
    nowhere = tmp_path / "claims"
    monkeypatch.setattr(paths, "claims", lambda: nowhere)
    assert load_subjects(nowhere) == load_goals(nowhere) == {}
    assert load_study(nowhere) == Study()
    board = {("bits", "lstm"): "bits-post", ("lag", "lstm"): "lag-post"}
    page = report.run(asked_for(("bits-post", "wave-post", "lag-post", "extra")), tmp_path / "data", board)
    for path in (page, *(tmp_path / "data" / "report" / "experiments").iterdir()):
        html = path.read_text(encoding="utf-8").partition("</style>")[2]
        assert "laim" not in html
        assert "published" not in html.lower()
        assert "the post" not in html.lower().replace("the posts", "")
        assert not [tag for tag in ("h1", "h2", "h3", "p", "ul", "td", "tbody") if f"<{tag}></{tag}>" in html]
    assert "Sequences until solved" in page.read_text(encoding="utf-8")


def test_cells_of_a_board_that_are_not_trained_are_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are shown all the same. A study that is no board lacks something then."""
    fabricate(tmp_path / "data")
    monkeypatch.setattr(paths, "claims", lambda: tmp_path / "claims")
    asked = asked_for(("bits-post", "extra"))
    board = {("bits", "lstm"): "bits-post", ("bits", "gru"): "extra"}
    for kind in ("models", "results"):
        shutil.rmtree(tmp_path / "data" / kind / "extra")
    assert [e.name for e in report.evaluated(asked, tmp_path / "data")] == ["bits-post"]
    html = report.run(asked, tmp_path / "data", board).read_text(encoding="utf-8")
    assert html.count("<small>not trained</small>") == 1
    assert "experiments/bits-post.html" in html
    assert "experiments/extra.html" not in html
    with pytest.raises(MissingFile):
        report.run(asked, tmp_path / "data")
    (tmp_path / "data" / "models" / "extra").mkdir()  # trained, and not evaluated
    with pytest.raises(MissingFile):
        report.run(asked, tmp_path / "data", board)


def test_goals_for_a_task_without_claims_make_a_section_of_their_own(tmp_path: Path) -> None:
    text = "goals: {long_sums: [{says: All right., measure: {kind: proved, experiment: long_sums-rnn}}]}"
    (tmp_path / "goals.yaml").write_text(text)
    subject = load_subjects(tmp_path)["long_sums"]
    assert (subject.title, [claim.by for claim in subject.claims]) == ("Long sums", ["our goal"])
    assert load_published(tmp_path).experiments == {}


def test_a_study_introduces_its_report(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text("study: {title: Long sums, about: 'Can nets add?'}")
    study = load_study(tmp_path)
    group = list(results_of(tmp_path / "data", "net", scores=SCORES, endings=NETS).values())
    made = compose(group, {}, PUBLISHED, study=study)
    assert "<h1>Long sums</h1>" in made.html
    assert "Can nets add? This report covers\n  1 experiment on 1 task, 3 trained nets." in made.html
    assert "Trailing" not in made.html + made.experiments["net"]


# Sources


def test_whose_a_recipe_is_is_a_key_and_no_part_of_its_name(tmp_path: Path) -> None:
    write(tmp_path, "sums-post", "sums", SCORES, NETS)
    folders = tmp_path / "models" / "sums-post", tmp_path / "results" / "sums-post"
    assert read("sums-post", *folders).source == "ours"
    assert read("sums-post", *folders, source="deletang2023").source == "deletang2023"
