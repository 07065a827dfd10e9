"""Which experiment is the best of its task."""

import json
from statistics import fmean
from typing import Any

from pipeline.config import paths
from pipeline.config.experiment import Experiment
from pipeline.config.study import Settings
from pipeline.files.checkpoints import CheckpointError
from pipeline.tasks.base import FREE_RUN


def best(settings: Settings, task_name: str) -> Experiment:
    """Choose the experiment that a task is answered by; raises ``CheckpointError`` if none is evaluated.

    The one with nets for the most lengths, where each length has nets of its own; of several the one whose median seed does best on
    average over all test sets, then by the worst seed, then by the share of seeds without an error, then by the share that is proved right.
    """
    ranked = [(rank, e) for e in settings.experiments_of(task_name) if (rank := _rank(e)) is not None]
    if not ranked:
        raise CheckpointError(f"expected an evaluated experiment of {task_name}, got none; run 'dvc repro' or fetch with 'dvc checkout'")
    return max(ranked, key=lambda pair: pair[0])[1]


def _rank(experiment: Experiment) -> tuple[float, ...] | None:
    path = paths.results(experiment.name) / "metrics.json"
    if not path.is_file():
        return None
    scores: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["scores"]
    lengths = experiment.training.lengths or experiment.task.training_size.lengths
    sets = [one for probes in scores.get("sequence_accuracy", {}).values() for one in probes.values()]
    if sets:
        return len(lengths), *(fmean(one[figure] for one in sets) for figure in ("median", "worst", "share")), _proved_share(experiment)
    # A person is answered one step ahead: what a net does on its own outputs is another matter.
    errors = [one for probe, cases in scores["rmse"].items() if probe != FREE_RUN for one in cases.values()]
    return len(lengths), *(-fmean(one[figure] / one["baseline"] for one in errors) for figure in ("median", "worst"))


def _proved_share(experiment: Experiment) -> float:
    path = paths.certificates(experiment.name) / "verdicts.json"
    return float(json.loads(path.read_text(encoding="utf-8"))["proved_share"]) if path.is_file() else 0.0
