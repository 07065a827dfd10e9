"""``dvc.yaml`` against the code: every module that a stage runs is among its deps, and an edit reruns just what it affects."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import grimp
import networkx as nx
import pytest
from checkouts import ROOT, copy
from dvc.repo import Repo
from dvc.stage import Stage
from ruamel.yaml import YAML

from pipeline.config import settings
from pipeline.config.study import Settings
from pipeline.core import registry

# DVC parses params.yaml once for each stage: what an edit reruns is seen on a part of the study, with each kind of stage and of dependency.
PART = (
    "increment-rnn-post", "increment-lstm", "sort-seq2seq-post", "count_ones-lstm-post", "parity-rnn",
    "curve-lstm-post", "long_lag-lstm-post", "temporal_order-lstm-1997",
)  # fmt: skip
WHOLE = settings.read(ROOT / "params.yaml")
EXPERIMENTS = {name: WHOLE.experiments[name] for name in PART}
TASKS = {experiment.task.name for experiment in EXPERIMENTS.values()}
CERTIFIED = EXPERIMENTS.keys() & WHOLE.certificates.keys()
ALL = (
    {f"freeze@{t}" for t in TASKS}
    | {f"{stage}@{e}" for e in EXPERIMENTS for stage in ("train", "evaluate")}
    | {f"certify@{e}" for e in CERTIFIED}
    | {"report"}
)


def of_task(name: str) -> set[str]:
    """All stages that follow from a task's examples."""
    mine = {e for e, experiment in EXPERIMENTS.items() if experiment.task.name == name}
    return {f"freeze@{name}", "report"}.union(*(of_experiment(e) for e in mine))


def of_model(name: str) -> set[str]:
    """All stages that follow from an architecture."""
    mine = {e for e, experiment in EXPERIMENTS.items() if experiment.model.name == name}
    return set().union(*(of_experiment(e) for e in mine))


def of_experiment(name: str) -> set[str]:
    """All stages that follow from a recipe."""
    return {f"train@{name}", f"evaluate@{name}", "report"} | ({f"certify@{name}"} & ALL)


def every(*stages: str) -> set[str]:
    return {"report"} | ({f"{stage}@{e}" for e in EXPERIMENTS for stage in stages} & ALL)


# What is edited (a file, the text to find, the text to put there) -> the stages that must run, and no others. Where there is no text to
# find, the file is a new one.
NEW = ""
EDITS = {
    "nothing": ("README.md", "Trailing", "Trailing", set()),
    "the readme": ("README.md", "Trailing Nines", "Leading Nines", set()),
    "one experiment's model": ("params.yaml", "units: 32", "units: 33", of_experiment("increment-rnn-post")),
    "one experiment's learning rate": (
        "params.yaml", "optimizer: adagrad\n      learning_rate: 1.0", "optimizer: adagrad\n      learning_rate: 0.5",
        of_experiment("increment-rnn-post"),
    ),
    "one experiment's epochs": ("params.yaml", "epochs: 2000", "epochs: 1999", of_experiment("count_ones-lstm-post")),
    "another one's steps": ("params.yaml", "steps: 10000", "steps: 9999", of_experiment("sort-seq2seq-post")),
    "whether weights are kept along the training": (
        "params.yaml", "log_every: 90  # an epoch", "log_every: 90\n      keep_weights: true", of_experiment("increment-rnn-post"),
    ),
    "a task's training examples": ("params.yaml", "training_examples: 9000", "training_examples: 8999", of_task("increment")),
    "another task's params": ("params.yaml", "points: 1000", "points: 990", of_task("curve")),
    "one experiment's evaluation": (
        "params.yaml", "log_every: 90  # an epoch\n    evaluation:\n      longest: 10000",
        "log_every: 90  # an epoch\n    evaluation:\n      longest: 500", {"evaluate@increment-rnn-post", "report"},
    ),
    "a comment in the params": ("params.yaml", "# the post leaves H open", "# not said", set()),
    "a task's file": ("pipeline/tasks/parity.py", '"""', '"""Changed. ', of_task("parity")),
    "another task's file": ("pipeline/tasks/long_lag.py", '"""', '"""Changed. ', of_task("long_lag")),
    "what tasks share": ("pipeline/core/task.py", '"""', '"""Changed. ', ALL),
    "a new task": ("pipeline/tasks/new_task.py", NEW, "TASK = None\n", {"report"}),
    "a new model": ("pipeline/models/new_model/__init__.py", NEW, '"""New."""\n', set()),
    "a new layer of one model": ("pipeline/models/lstm/new_layer.py", NEW, '"""New."""\n', of_model("lstm")),
    "a layer of one model": ("pipeline/models/seq2seq/layers.py", '"""', '"""Changed. ', of_model("seq2seq")),
    "a new loss": ("pipeline/training/losses/new_loss.py", NEW, '"""New."""\n', set()),
    "a new optimizer": ("pipeline/training/optimizers/new_optimizer.py", NEW, '"""New."""\n', set()),
    "a new file of the engine": ("pipeline/training/engine/new_file.py", NEW, '"""New."""\n', every("train", "evaluate", "certify")),
    "a new layer that models share": ("pipeline/layers/new_layer.py", NEW, '"""New."""\n', every("train", "evaluate", "certify")),
    "a new file that all share": ("pipeline/core/new_file.py", NEW, '"""New."""\n', ALL),
    "a new command": ("pipeline/commands/new_command.py", NEW, '"""New."""\n', set()),
    "a new study": ("studies/new/params.yaml", NEW, "tasks: {}\n", set()),
    "whose a recipe is": ("params.yaml", "source: post", "source: graves2016", {"report"}),
    "what a recipe was tuned on": ("params.yaml", "tuned_on: 100-109", "tuned_on: 100-119", {"report"}),
    "a model's file": ("pipeline/models/seq2seq/__init__.py", '"""', '"""Changed. ', of_model("seq2seq")),
    "another model's file": ("pipeline/models/lstm/__init__.py", '"""', '"""Changed. ', of_model("lstm")),
    "a layer": ("pipeline/layers/recurrent.py", '"""', '"""Changed. ', every("train", "evaluate", "certify")),
    "the engine": ("pipeline/training/engine/program.py", '"""', '"""Changed. ', every("train", "evaluate", "certify")),
    "the sweep": ("pipeline/evaluation/sweep.py", '"""', '"""Changed. ', every("evaluate")),
    "the stage that trains": ("pipeline/stages/train.py", '"""', '"""Changed. ', every("train", "evaluate", "certify")),
    "where a training lies": ("pipeline/training/engine/workbench.py", '"""', '"""Changed. ', every("train", "evaluate", "certify")),
    "the stage that freezes": ("pipeline/stages/freeze.py", '"""', '"""Changed. ', ALL),
    "a docstring of the checker": ("pipeline/certification/checker/checker.py", '"""', '"""Changed. ', every("certify")),
    "one proof's effort": ("params.yaml", "k: 1, 2, 4", "k: 1, 2, 3", {"certify@parity-rnn", "report"}),
    "the prover": ("pipeline/certification/prover/prove.py", '"""', '"""Changed. ', every("certify")),
    "what is looked at inside nets": ("pipeline/internals/traces.py", '"""', '"""Changed. ', {"report"}),
    "a picture of the report": ("pipeline/reporting/figures/state_space.py", '"""', '"""Changed. ', {"report"}),
    "a claim": ("claims/goals.yaml", "says", "says ", {"report"}),
    "the report's page": ("pipeline/reporting/page.py", '"""', '"""Changed. ', {"report"}),
    "the tracking": ("pipeline/tracking/store.py", '"""', '"""Changed. ', set()),
    "the command line": ("pipeline/cli.py", '"""', '"""Changed. ', set()),
}  # fmt: skip


def dvc(*words: str, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DVC_")} | {"DVC_NO_ANALYTICS": "1"}
    done = subprocess.run([sys.executable, "-m", "dvc", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which every stage is up to date: its outputs are small stand-ins that DVC has taken in."""
    checkout = tmp_path_factory.mktemp("checkout")
    copy(checkout)
    params = (yaml := YAML()).load(checkout / "params.yaml")
    for section in ("experiments", "certificates", "guarantees"):
        for name in [name for name in params[section] if name not in PART]:
            del params[section][name]
    yaml.dump(params, checkout / "params.yaml")
    subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)
    for out in (out for stage in Repo(str(checkout)).index.stages for out in stage.outs):
        path = Path(out.fs_path)
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{path.name}\n")
        else:
            path.mkdir(parents=True)
            (path / "content").write_text(f"{path.name}\n")
    dvc("commit", "--force", cwd=checkout)
    return checkout


@pytest.fixture(scope="module")
def graph(finished: Path) -> nx.DiGraph:
    """DVC's graph of stages, an arrow to each one that reads what another writes."""
    return nx.DiGraph(re.findall(r'"(.+?)" -> "(.+?)"', dvc("dag", "--dot", cwd=finished)))


@contextmanager
def edited(file: Path, old: str, new: str) -> Iterator[None]:
    """Put ``new`` in the place of ``old``, or make a new file of it; afterwards all is as it was."""
    if old == NEW:
        made = next((folder for folder in reversed(file.parents) if not folder.exists()), file)
        assert not file.exists()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(new)
        try:
            yield
        finally:
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        return
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new, 1))
    try:
        yield
    finally:
        file.write_text(before)


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_reruns_what_it_affects_and_nothing_else(edit: str, finished: Path, graph: nx.DiGraph) -> None:
    name, old, new, expected = EDITS[edit]
    with edited(finished / name, old, new), Repo(str(finished)) as repo:
        # Outside the current folder they are named with their dvc.yaml.
        changed = {name.rpartition(":")[2] for name in repo.status()}
    # Nothing has run, so what would follow from new outputs is not seen: that is in DVC's graph.
    assert changed.union(*(nx.descendants(graph, stage) for stage in changed)) == expected


@pytest.mark.slow
def test_a_dry_run_names_the_first_stages_that_are_affected(finished: Path) -> None:
    name, old, new, expected = EDITS["one experiment's model"]
    assert "Running stage" not in dvc("repro", "--dry", cwd=finished)
    with edited(finished / name, old, new):
        would_run = re.findall(r"Running stage '([^']+)'", dvc("repro", "--dry", cwd=finished))
    assert would_run[0] == "train@increment-rnn-post"
    assert set(would_run) <= expected


def roots(study: str, stage: str) -> set[str]:
    """The modules that a stage runs: its own, and by name its task (the report: all tasks), model, loss and optimizer."""
    kind, _, key = stage.partition("@")
    modules = {f"pipeline.stages.{kind}"}
    if kind == "freeze":
        modules.add(f"pipeline.tasks.{key}")
    elif kind == "report":
        modules |= {f"pipeline.tasks.{task}" for task in settings_of(study).tasks}
    elif key:
        experiment = settings_of(study).experiments[key]
        training = experiment.training
        modules.add(f"pipeline.tasks.{experiment.task.name}")
        if kind in ("train", "evaluate"):
            modules.add(f"pipeline.models.{experiment.model.name}")
        if kind == "train":
            chosen = {f"pipeline.training.losses.{training.loss}", f"pipeline.training.optimizers.{training.optimizer}"}
            modules |= chosen & imports().modules
    return modules


@cache
def settings_of(study: str) -> Settings:
    """What a study's ``params.yaml`` says; the one at the top has no name."""
    return settings.read(ROOT / study / "params.yaml")


@cache
def imports() -> grimp.ImportGraph:
    """Who imports whom."""
    return grimp.build_graph("pipeline")


@cache
def stages() -> dict[tuple[str, str], Stage]:
    """The stages of every study by study and name; each study is a DVC repository of its own."""
    return {(study, stage.name): stage for study in ("", *further()) for stage in Repo(str(ROOT / study)).index.stages}


def further() -> list[str]:
    """The folders of the studies that do not lie at the top."""
    return [f"studies/{path.parent.name}" for path in (ROOT / "studies").glob("*/dvc.yaml")]


def path_of(module: str) -> Path:
    path = Path(module.replace(".", "/"))
    return path / "__init__.py" if (ROOT / path).is_dir() else path.with_suffix(".py")


def only_a_docstring(path: Path) -> bool:
    body = ast.parse((ROOT / path).read_text()).body
    return path.name == "__init__.py" and len(body) <= 1


def all_stages() -> list[tuple[str, str]]:
    """Every stage of every study."""
    names = set()
    for study in ("", *further()):
        read = settings_of(study)
        cells = {(study, f"{stage}@{e}") for e in read.experiments for stage in ("train", "evaluate")}
        names |= cells | {(study, f"freeze@{task}") for task in read.tasks} | {(study, "report")}
        names |= {(study, f"certify@{e}") for e in read.certificates} | {(study, f"guarantee@{e}") for e in read.guarantees}
    return sorted(names)


def test_a_study_has_the_stages_of_its_params() -> None:
    assert sorted(stages()) == all_stages()


@pytest.mark.parametrize("study", ["", *further()])
def test_a_lock_file_holds_no_stage_that_is_gone(study: str) -> None:
    """DVC leaves such entries there, and reads and writes them with the others: remove them by hand."""
    lock = ROOT / study / "dvc.lock"
    locked = YAML(typ="safe").load(lock.read_text())["stages"] if lock.is_file() else {}
    assert [name for name in locked if (study, name) not in stages()] == []


@cache
def imported_by(study: str, stage: str) -> frozenset[Path]:
    """The files that a stage imports."""
    modules = roots(study, stage) | {m for root in roots(study, stage) for m in imports().find_upstream_modules(root)}
    return frozenset(path for module in modules if not only_a_docstring(path := path_of(module)))


@cache
def imported_by_kind(study: str, kind: str) -> frozenset[Path]:
    """The files that some stage of a kind imports: the stages of a board are written as one, with what any of them needs."""
    return frozenset().union(*(imported_by(*name) for name in all_stages() if name[0] == study and name[1].partition("@")[0] == kind))


@cache
def bases() -> dict[str, set[str]]:
    """The task files that a task's file builds on: ``foreach`` names one file for each task, and no second one."""
    found = {name: imports().find_modules_directly_imported_by(f"pipeline.tasks.{name}") for name in registry.names("tasks")}
    named = {name: {m.rpartition(".")[2] for m in modules if m.startswith("pipeline.tasks.")} for name, modules in found.items()}
    return {name: others for name, others in named.items() if others}


def code_of_bases() -> set[Path]:
    return {path_of(f"pipeline.tasks.{name}") for others in bases().values() for name in others}


@pytest.mark.parametrize("name", bases())
def test_a_task_that_builds_on_another_names_its_version(name: str) -> None:
    """What it draws changes with the other's version alone, and then its own file must be edited, on which its stages depend."""
    base, version = registry.load("tasks", name).BUILT_ON
    assert bases()[name] == {base.name}
    assert base.version == version
    assert base.name not in bases()


@pytest.mark.parametrize(("study", "stage"), all_stages())
def test_deps_are_the_modules_that_a_stage_imports(study: str, stage: str) -> None:
    code = {Path(dep.def_path) for dep in stages()[study, stage].deps if dep.def_path.startswith("pipeline/")}
    needed = imported_by(study, stage) - code_of_bases()
    missing = {path for path in needed if path not in code and not code & set(path.parents)}
    used = imported_by_kind(study, stage.partition("@")[0]) if settings_of(study).board else imported_by(study, stage)
    idle = {dep for dep in code if not any(path == dep or dep in path.parents for path in used)}
    assert (missing, idle) == (set(), set())
