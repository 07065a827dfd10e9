"""``nines tasks --export``: the tasks as a dataset that others can load: JSON lines with prompt and answer, and a verifier.

An entry is as reasoning-gym has it (Stojanovski et al. 2025), under the names ``prompt``, ``answer`` and ``metadata``; the folder is one
that ``datasets.load_dataset`` of Hugging Face takes, a configuration for each task.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipeline.core.errors import WrongInput
from pipeline.core.examples import Array, TrainingPool
from pipeline.core.folders import replace_file
from pipeline.core.task import Task

VERIFIER = "verifier.py"
SPLITS = ("train", "test")


def export(tasks: Collection[Task], folder: Path, longest: int) -> list[tuple[Path, int]]:
    """Write each task's training and test examples below ``folder``, as they are frozen for the study.

    Args:
        tasks: The tasks.
        folder: Where to write; made if need be.
        longest: Inputs longer than this are left out.

    Returns:
        Each file with its number of entries.

    Raises:
        WrongInput: ``folder`` is a file, or no input is that short.
    """
    if folder.exists() and not folder.is_dir():
        raise WrongInput(f"--export: expected a folder, got the file {folder}")
    written, kept = list[tuple[Path, int]](), dict[str, list[str]]()
    for task in tasks:
        pools = task.training_pools()
        for split, entries in zip(SPLITS, (_training(task, pools, longest), _testing(task, pools, longest)), strict=True):
            path = folder / task.name / f"{split}.jsonl"
            lines = [json.dumps(entry, ensure_ascii=False) for entry in entries]
            if not lines:
                path.unlink(missing_ok=True)  # of another length, from before
                continue
            kept.setdefault(task.name, []).append(split)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, "".join(f"{line}\n" for line in lines).encode())
            written.append((path, len(lines)))
    if not kept:
        raise WrongInput(f"--longest: expected a length that inputs have, got {longest}")
    replace_file(folder / VERIFIER, files("pipeline.commands").joinpath("answer_verifier.py").read_bytes())
    replace_file(folder / "README.md", _readme([task for task in tasks if task.name in kept], kept, longest).encode())
    return written


def _training(task: Task, pools: Mapping[int, TrainingPool], longest: int) -> Iterator[dict[str, Any]]:
    for length, pool in pools.items():
        if length <= longest:
            yield from _entries(task, length, "training", pool.inputs, pool.targets)


def _testing(task: Task, pools: Mapping[int, TrainingPool], longest: int) -> Iterator[dict[str, Any]]:
    for test in task.test_sets(pools):
        if test.length <= longest:
            yield from _entries(task, test.length, test.family, test.inputs, test.targets)


def _entries(task: Task, length: int, family: str, inputs: Array, targets: Array) -> Iterator[dict[str, Any]]:
    tolerance = task.spec(length).tolerance
    for index, (row, exact) in enumerate(zip(inputs, targets, strict=True)):
        text = task.show(row)
        known = {"source_dataset": task.name, "version": task.version, "source_index": index, "family": family, "length": length}
        yield {
            "prompt": f"{task.summary}\n{text}",
            "answer": task.render(row, exact),
            "metadata": {**known, "input": text, "tolerance": tolerance},
        }


def _readme(tasks: Sequence[Task], splits: Mapping[str, Sequence[str]], longest: int) -> str:
    configs = "".join(
        f"- config_name: {name}\n  data_files:\n" + "".join(f"  - split: {s}\n    path: {name}/{s}.jsonl\n" for s in own)
        for name, own in splits.items()
    )
    rows = "".join(f"| `{task.name}` | {task.summary} |\n" for task in tasks)
    return f"""---
license: mit
pretty_name: Trailing Nines
configs:
{configs}---

# The tasks of Trailing Nines

Algorithms on sequences, with exact answers: as small nets are trained on them and tested far beyond the lengths that they were trained at.
Inputs longer than {longest:,} are left out.

| configuration | what is asked |
| --- | --- |
{rows}
An entry has a `prompt`, the `answer`, and `metadata`: the family of inputs that it was drawn from, its length, the input alone, and how far
a real number may be off.

```python
import os

from datasets import load_dataset

from verifier import score

entry = load_dataset(os.getcwd(), "{tasks[0].name}", split="{splits[tasks[0].name][-1]}")[0]  # here: run in this folder
assert score(entry["answer"], entry) == 1.0
```

`verifier.py` needs nothing but Python.
"""
