"""``nines compare``: two commits, or a DVC experiment, side by side as Markdown; the figures are those that ``dvc exp show`` shows."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from dvc.repo import Repo

from pipeline.commands.compare import compare
from pipeline.core.errors import WrongInput
from pipeline.reporting.comparison import spark

CLAIMS = "task,claim,experiments,status,verdict,processor\nparity,It counts | well,parity-rnn,{},{} of 10 seeds,AVX2\n"


def git(folder: Path, *words: str) -> str:
    named = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def write(folder: Path, rate: float, right: float, proved: float) -> None:
    report = folder / "data/report"
    report.mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(f"experiments:\n  parity-rnn:\n    training:\n      learning_rate: {rate}\n      seeds: 10\n")
    (report / "metrics.json").write_text(json.dumps({"parity-rnn": {"right": {"beyond": right}}, "same": {"right": {"beyond": 1.0}}}))
    (report / "summary.csv").write_text(f"experiment,figure,value\nparity-rnn,proved_share,{proved}\nsame,proved_share,1.0\n")
    rows = [f"parity,parity-rnn,{family},{n},sequence_accuracy,1,1,{right if n > 12 else 1}" for family in "ab" for n in (2, 12, 100)]
    rows += [f"parity,same,a,{n},sequence_accuracy,1,1,1" for n in (2, 12, 100)]
    (report / "accuracy.csv").write_text("\n".join(["task,experiment,family,length,metric,median,worst,share", *rows]) + "\n")
    (report / "claims.csv").write_text(CLAIMS.format("confirmed" if right == 1 else "not confirmed", round(10 * right)))


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits on a branch, the second one also a DVC experiment of the first."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    Repo.init(str(tmp_path)).close()
    (tmp_path / "dvc.yaml").write_text("metrics:\n  - data/report/metrics.json\n")
    write(tmp_path, 0.1, 0.5, 0.0)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "before")
    first = git(tmp_path, "rev-parse", "HEAD")
    git(tmp_path, "checkout", "-qb", "better")
    write(tmp_path, 0.01, 1.0, 0.9)
    git(tmp_path, "commit", "-qam", "after")
    git(tmp_path, "update-ref", f"refs/exps/{first[:2]}/{first[2:]}/tidy-newt", "HEAD")
    return tmp_path


def test_a_change_is_told_by_what_differs_alone(study: Path) -> None:
    text = compare("main", "better")
    assert text.startswith("# main → better\n")
    assert "| `experiments.parity-rnn.training.learning_rate` | 0.100 | 0.010 |" in text
    assert "| parity-rnn | right.beyond | 0.500 | 1 |" in text
    assert "| parity-rnn | 2–100 | ██▅ | ███ |" in text
    assert "| parity-rnn | 0% of the seeds | 90% of the seeds |" in text
    assert "| parity | It counts \\| well | not confirmed: 5 of 10 seeds | confirmed: 10 of 10 seeds |" in text
    assert "same" not in text
    assert "seeds` |" not in text  # the param that is the same
    for line in text.splitlines():  # each table is one
        assert not line.startswith("|") or line.replace("\\|", "").count("|") in (4, 5)


def test_a_dvc_experiment_is_named_as_dvc_names_it_and_shows_its_figures(study: Path) -> None:
    assert compare("main", "tidy-newt") == compare("main", "better").replace("better", "tidy-newt")
    with Repo(str(study)) as repo:
        shown = repo.metrics.diff(a_rev="main", b_rev="tidy-newt")["diff"]["data/report/metrics.json"]
    assert shown == {"parity-rnn.right.beyond": {"old": 0.5, "new": 1.0, "diff": 0.5}}


def test_a_commit_is_held_against_what_lies_here(study: Path) -> None:
    assert "No param, figure or claim differs." in compare("better", None)
    write(study, 0.01, 0.7, 0.9)
    assert "| parity-rnn | right.beyond | 1 | 0.700 |" in compare("better", None)


def test_what_cannot_be_compared_is_named(study: Path) -> None:
    with pytest.raises(WrongInput, match="expected a commit, a branch or the name of a DVC experiment, got 'nowhere'"):
        compare("nowhere", None)
    (study / "data/report/accuracy.csv").write_text("task,experiment,probe,length,metric,median,worst,share\nparity,a,b,1,x,1,1,1\n")
    with pytest.raises(WrongInput, match="here: expected files as this version writes them, got KeyError: 'family'"):
        compare("main", None)
    (study / "data/report/metrics.json").unlink()
    with pytest.raises(WrongInput, match=r"expected the figures of a report, data/report/metrics\.json"):
        compare("main", None)


def test_params_that_are_no_text_are_named_with_their_place(study: Path) -> None:
    params = study / "params.yaml"
    params.write_bytes(b"# caf\xe9\n" + params.read_bytes())
    with pytest.raises(WrongInput, match=r"params\.yaml: expected text in UTF-8, got the byte 0xe9 in line 1"):
        compare("main", None)
    git(study, "commit", "-qam", "no text")
    with pytest.raises(WrongInput, match=r"HEAD:params\.yaml: expected text in UTF-8, got the byte 0xe9 in line 1"):
        compare("HEAD", "main")


def test_sources_without_a_repository_have_no_commits(study: Path) -> None:
    shutil.rmtree(study / ".git")
    with (study / ".dvc/config.local").open("a") as config:
        config.write("[core]\n    no_scm = true\n")
    with pytest.raises(WrongInput, match="expected a git repository with the commit 'main', got sources without one; clone the project"):
        compare("main", None)


def test_bars_are_as_high_as_their_values() -> None:
    assert spark([0, 0.12, 0.13, 0.5, 0.99, 1]) == "▁▁▂▅██"
