"""Answer what a person types with a trained net."""

import json
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pipeline.answering import Solver
from pipeline.checkpoints import CheckpointError
from pipeline.experiment import Experiment
from pipeline.stages import paths
from pipeline.stages.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What a net says, and what is right."""

    experiment: str
    net: str
    oracle: str


def solve(settings: Settings, task_name: str, text: str, experiment_name: str | None = None) -> Answer:
    """Answer ``text`` with ``experiment_name``, or else with the task's best experiment.

    Raises:
        ParamsError: There is no such task or experiment.
        InputError: The task cannot read the text, or no net was trained for its length.
        CheckpointError: Nothing is trained yet.
    """
    task = settings.task(task_name)
    oracle = task.answer(text)
    experiment = settings.experiment(experiment_name) if experiment_name else best(settings, task_name)
    solver = Solver.load(paths.models(experiment.name), experiment.task.params.model_dump())
    return Answer(experiment.name, solver(text), oracle)


def best(settings: Settings, task_name: str) -> Experiment:
    """Choose the experiment whose median seed does best, on average over all test sets; raises ``CheckpointError`` if there is none."""
    scored = [(quality, e) for e in settings.experiments_of(task_name) if (quality := _quality(e)) is not None]
    if not scored:
        raise CheckpointError(f"expected an evaluated experiment of {task_name}, got none; run 'dvc repro' or fetch with 'dvc checkout'")
    return max(scored, key=lambda pair: pair[0])[1]


def _quality(experiment: Experiment) -> float | None:
    path = paths.results(experiment.name) / "metrics.json"
    if not path.is_file():
        return None
    scores: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["scores"]
    sets = [one for probes in scores.get("sequence_accuracy", {}).values() for one in probes.values()]
    if sets:
        return fmean(one["median"] for one in sets)
    return -fmean(one["median"] / one["baseline"] for probes in scores["rmse"].values() for one in probes.values())
