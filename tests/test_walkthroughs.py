"""The walk-throughs in ``docs/``, followed to the letter in a copy of the project: files written, entries added, commands run."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkouts import ROOT, all_params, copy, tiny
from ruamel.yaml import YAML

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# The commands of the page, run from the copy's own code.
SHELL = 'nines() { python -m pipeline "$@"; }\ndvc() { python -m dvc "$@"; }\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project, without its data."""
    copy(tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def blocks(page: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield each block's language, the file it belongs to, the place there, and its text."""
    for found in BLOCK.finditer((ROOT / "docs" / page).read_text(encoding="utf-8")):
        language, file, place, text = found.groups(default="")
        yield language, file, place, text


def follow(page: str, checkout: Path, wanted: str = "") -> int:
    """Do what a page says, but of its commands only those that match ``wanted``; return how many were run."""
    commands = 0
    for language, file, place, text in blocks(page):
        target = checkout / file
        if language == "console":
            commands += sum(run(part, checkout) for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:] if re.match(wanted, part))
        elif language == "yaml":
            for section in re.split(r"\n\n(?=\w)", text.strip()):
                head, entry = section.split("\n", 1)
                insert(target, head, entry)
        elif place:
            opened = next(f"{place} = {b}" for b in "{[" if f"\n{place} = {b}\n" in target.read_text(encoding="utf-8"))
            insert(target, opened, text.rstrip())
        else:
            assert not target.exists(), f"{file} is there already"
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return commands


def insert(file: Path, line: str, text: str) -> None:
    """Put ``text`` below the one line that is ``line``."""
    lines = file.read_text(encoding="utf-8").split("\n")
    assert lines.count(line) == 1, (file, line)
    lines.insert(lines.index(line) + 1, text)
    file.write_text("\n".join(lines), encoding="utf-8")


def squeezed(text: str) -> str:
    """Make runs of spaces one: the columns of a page are as wide as the page's words."""
    return re.sub(r"[ \t]+", " ", text)


def run(part: str, checkout: Path) -> bool:
    """Run a command of a console block, and hold what it prints against what stands below it; ``...`` is any lines."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DVC_", "MLFLOW_", "PYTHON"))}
    environment |= {"DVC_NO_ANALYTICS": "1", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command, _, shown = part.partition("\n")
    words = ["bash", "-ec", SHELL + command]
    done = subprocess.run(words, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
    pattern = "".join("(?:.*\n)*" if line == "..." else f"{re.escape(squeezed(line))}\n" for line in shown.splitlines())
    assert re.fullmatch(pattern, squeezed(done.stdout)), f"$ {command}\n{done.stdout}"
    return True


@pytest.mark.slow
def test_a_task_is_added_as_its_page_says(checkout: Path) -> None:
    YAML().dump(tiny(), checkout / "params.yaml")  # the rest of the study would take an hour
    assert run("dvc repro --quiet", checkout)
    before = {path: path.stat().st_mtime_ns for path in checkout.glob("data/[dmr]*/increment*/*")}
    assert len(before) > 4
    assert follow("add-a-task.md", checkout, "nines|dvc") == 9
    page = (checkout / "data/report/index.html").read_text(encoding="utf-8")
    assert "reverse-seq2seq" in page
    scores = (checkout / "data/results/reverse-seq2seq/scores.csv").read_text(encoding="utf-8").splitlines()
    learnt = [float(line.split(",")[6]) for line in scores if line.startswith("held_out,8,") and ",token_accuracy," in line]
    assert len(learnt) == 3
    assert min(learnt) > 0.8
    assert (checkout / "mlruns/mlflow.db").is_file()
    assert {path: path.stat().st_mtime_ns for path in before} == before, "expected nothing but the new task's stages to run"


@pytest.mark.slow
def test_the_new_task_passes_the_contract_as_its_page_says(checkout: Path) -> None:
    assert follow("add-a-task.md", checkout, "python -m pytest") == 1


@pytest.mark.slow
def test_a_model_is_added_as_its_page_says(checkout: Path) -> None:
    params = tiny()
    params["tasks"]["parity"] = all_params()["tasks"]["parity"]
    YAML().dump(params, checkout / "params.yaml")
    assert run("dvc repro --quiet", checkout)
    assert follow("add-a-model.md", checkout) == 5


@pytest.mark.slow
def test_a_recipe_is_varied_as_its_page_says(checkout: Path) -> None:
    YAML().dump(tiny(), checkout / "params.yaml")
    assert run("dvc repro --quiet", checkout)
    author = "git -c user.name=A -c user.email=a@example.org"
    assert run(f"{author} add -A && {author} commit -qm begun", checkout)
    assert follow("vary.md", checkout) == 6


def test_pages_link_to_what_is_there() -> None:
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    links = [(page, link) for page in pages for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))]
    assert links
    missing = [(page.name, link) for page, link in links if not (page.parent / link).exists() and not link.startswith("data/")]
    assert missing == []
