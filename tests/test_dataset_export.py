"""The tasks as a dataset: Hugging Face's ``datasets`` loads it, its answers are the oracle's, and its verifier tells right from wrong."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from test_tasks import make

from pipeline.commands.dataset_export import export
from pipeline.core.errors import WrongInput
from pipeline.core.task import Task

SMALL = {"training_examples": 20, "validation_examples": 5, "test_examples": 4}
SIZES = {
    "increment": SMALL | {"test_lengths": "2, 5, 300", "trailing_nines": "20"},
    "sort": SMALL | {"test_lengths": "2, 10"},
    "adding": SMALL | {"test_lengths": "100"},
    "long_lag": {"time_steps": "4, 5", "trials": 2, "sequences": 20},
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Task]]:
    folder = tmp_path_factory.mktemp("exported") / "tasks"
    tasks = {name: make(name, **size) for name, size in SIZES.items()}
    written = export(tasks.values(), folder, 100)
    assert {path.relative_to(folder).as_posix() for path, _ in written} == {f"{n}/{s}.jsonl" for n in SIZES for s in ("train", "test")}
    return folder, tasks


@pytest.fixture(scope="module")
def verifier(exported: tuple[Path, dict[str, Task]]) -> ModuleType:
    spec = importlib.util.spec_from_file_location("verifier", exported[0] / "verifier.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore")  # of a library that other people's code reads the folder with
@pytest.mark.parametrize("name", SIZES)
def test_hugging_face_loads_it_and_the_answers_are_the_oracles(
    name: str, exported: tuple[Path, dict[str, Task]], verifier: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    folder, tasks = exported
    loaded = load_dataset(str(folder), name, cache_dir=str(tmp_path))
    lines = {split: (folder / name / f"{split}.jsonl").read_text().splitlines() for split in ("train", "test")}
    assert {split: len(rows) for split, rows in loaded.items()} == {split: len(found) for split, found in lines.items()}
    task = tasks[name]
    for split, rows in loaded.items():
        for entry, line in zip(rows, lines[split], strict=True):
            written = json.loads(line)
            assert (entry["prompt"], entry["answer"]) == (written["prompt"], written["answer"])
            assert entry["metadata"]["length"] <= 100
            assert entry["prompt"].endswith(f"\n{entry['metadata']['input']}")
            inputs = task.parse(entry["metadata"]["input"])
            exact = task.render(inputs, task.oracle(inputs[None])[0])
            assert verifier.score(exact, entry) == verifier.score(entry["answer"], entry) == 1.0
            assert verifier.score("", entry) == verifier.score(None, entry) == verifier.score(f"{exact} 1", entry) == 0.0


def test_the_verifier_allows_as_much_as_the_task_does(verifier: ModuleType) -> None:
    entry = {"answer": "0.5", "metadata": {"tolerance": 0.04}}
    assert [verifier.score(text, entry) for text in ("0.53", "0.47", "0.55", "half", "0.5 0.5", "nan")] == [1, 1, 0, 0, 0, 0]
    exact = {"answer": "3 7 31", "metadata": {"tolerance": None}}
    assert [verifier.score(text, exact) for text in ("3,7,31", " 3 7  31 ", "3 31 7", "3 7 32")] == [1, 1, 0, 0]


def test_the_readme_runs_from_the_folder(exported: tuple[Path, dict[str, Task]], tmp_path: Path) -> None:
    text = (exported[0] / "README.md").read_text()
    assert text.startswith("---\nlicense: mit\n")
    assert text.count("config_name") == len(SIZES)
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    surroundings = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=exported[0], env=surroundings, check=True, capture_output=True)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tasks").write_text("")
    with pytest.raises(WrongInput, match=r"--export: expected a folder, got the file .*tasks"):
        export([], tmp_path / "tasks", 10)
    with pytest.raises(WrongInput, match="--longest: expected a length that inputs have, got 1"):
        export([make("sort", **SIZES["sort"])], tmp_path / "folder", 1)
    assert not (tmp_path / "folder" / "README.md").exists()
