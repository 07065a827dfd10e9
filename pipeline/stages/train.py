"""The stage ``train@<experiment>``: every seed of a recipe, at every training length it names."""

import hashlib
from pathlib import Path

from pipeline.config import paths
from pipeline.core.folders import replacing
from pipeline.execution.job import Executor, Report, no_report
from pipeline.execution.threads import Threads
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints, curves, datasets, outcomes, recipes
from pipeline.files.datasets import Dataset
from pipeline.files.recipes import Recipe
from pipeline.jobs import train
from pipeline.training.engine import workbench
from pipeline.training.engine.batches import steps_per_epoch
from pipeline.training.engine.runs import Run

LOCAL = Threads()


def run(experiment: Experiment, watch: Report = no_report, executor: Executor = LOCAL) -> list[str]:
    """Train ``experiment`` on the frozen dataset of its task and write ``data/models/<experiment>``.

    An interrupted training is resumed, if nothing has changed that it was made from.

    Args:
        experiment: What to train.
        watch: Told how far the training is.
        executor: What runs the jobs; it changes no bit of a net, on the same kind of processor.

    Returns:
        What a user should know of, in a sentence each: seeds that diverged.

    Raises:
        DatasetError: The dataset is missing or damaged.
    """
    dataset = datasets.load(paths.datasets(experiment.task.name))
    recipe = _recipe(experiment)
    jobs = train.jobs(experiment, recipe.text())
    runs: dict[int, Run] = {}
    for job, run in zip(jobs, executor.run(jobs, dataset, paths.training(experiment.name), watch), strict=True):
        whole = runs.setdefault(job.length, Run(()))
        whole.trained |= run.trained
        whole.history += run.history
        whole.notes += run.notes
        whole.kept |= run.kept
    with replacing(paths.models(experiment.name)) as folder:
        _write(experiment, dataset, folder, recipe, runs)
    workbench.clear(paths.training(experiment.name))
    return [
        f"{experiment.name}, length {length}, seed {seed}: the loss was no number at step {trained.outcome.diverged_at}; "
        "the weights are those before it"
        for length, run in runs.items()
        for seed, trained in run.trained.items()
        if trained.outcome.diverged_at is not None
    ]


def _recipe(experiment: Experiment) -> Recipe:
    training_data = (paths.datasets(experiment.task.name) / datasets.TRAIN).read_bytes()
    return Recipe(
        experiment=experiment.name,
        task=experiment.task.name,
        task_version=experiment.task.version,
        training_data=hashlib.sha256(training_data).hexdigest(),
        model=experiment.model.model_dump(mode="json"),
        training=experiment.training.model_dump(mode="json"),
    )


def _write(experiment: Experiment, dataset: Dataset, folder: Path, recipe: Recipe, runs: dict[int, Run]) -> None:
    for length, run in runs.items():
        for seed, trained in run.trained.items():
            checkpoints.save(trained.weights, checkpoints.path_of(folder, length, seed))
        for seed, kept in run.kept.items():
            checkpoints.save_kept(kept, checkpoints.kept_of(folder, length, seed))
    recipes.write(folder, recipe)
    outcomes.write(folder, {length: {seed: trained.outcome for seed, trained in run.trained.items()} for length, run in runs.items()})
    epochs = {
        length: steps_per_epoch(train.training_data(experiment, dataset, length, (0,)).examples(), experiment.training.batch_size)
        for length in runs
    }
    history = (
        (length, seed, step, f"{step / epochs[length]:.6g}", name, f"{value:.6g}")
        for length, run in runs.items()
        for step, seed, name, value in run.history
    )
    shown = ((length, seed, step, *texts) for length, run in runs.items() for step, seed, *texts in run.notes)
    curves.write(folder, history, shown)
