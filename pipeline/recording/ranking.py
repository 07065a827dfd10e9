"""Which experiment is the best of its task."""

import math
from statistics import fmean

from pipeline.config import paths
from pipeline.config.study import Settings
from pipeline.core.task import FREE_RUN
from pipeline.experiment.entry import Experiment
from pipeline.files import scores, verdicts
from pipeline.files.checkpoints import CheckpointError
from pipeline.files.scores import Aggregate


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
    folder = paths.results(experiment.name)
    if not (folder / scores.METRICS).is_file():
        return None
    by_metric = scores.read_metrics(experiment.name, folder).scores
    lengths = experiment.training.lengths or experiment.task.training_size.lengths
    sets = [one for families in by_metric.get("sequence_accuracy", {}).values() for one in families.values()]
    if sets:
        means = (fmean(getattr(one, figure) or 0 for one in sets) for figure in ("median", "worst", "share"))
        return len(lengths), *means, _proved_share(experiment)
    # A person is answered one step ahead: what a net does on its own outputs is another matter.
    errors = [one for family, cases in by_metric["rmse"].items() if family != FREE_RUN for one in cases.values()]
    return len(lengths), -fmean(_of_baseline(e.median, e) for e in errors), -fmean(_of_baseline(e.worst, e) for e in errors)


def _of_baseline(error: float | None, of: Aggregate) -> float:
    """Return an error as a multiple of the baseline's; infinity for a net that has diverged."""
    return math.inf if error is None else error / (of.baseline or 1)


def _proved_share(experiment: Experiment) -> float:
    found = verdicts.read(paths.certificates(experiment.name), experiment.name)
    return found.proved_share if found else 0.0
