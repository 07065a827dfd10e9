"""Try a recipe on seeds and on test inputs that are not reported: what recipes are chosen by.

Nets are trained on the task's own training examples and scored on validation sets: test inputs drawn anew, at the same lengths, from other
random streams than the reported test sets. Where asked for, they are proved as ``certify`` proves them. Nothing is written but, where asked
for, a row of ``tuning/trials.csv``; DVC and MLflow are not involved.
"""

import json
import statistics
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML, YAMLError

from pipeline.certification.certificate import Certificate
from pipeline.commands.progress import progress
from pipeline.commands.streams import print_table
from pipeline.config import paths, settings
from pipeline.config.document import ParamsError
from pipeline.core.errors import Mendable, WrongInput
from pipeline.core.fields import Lengths
from pipeline.core.task import Task
from pipeline.core.words import number, ranges
from pipeline.execution.job import Worker
from pipeline.execution.threads import Threads
from pipeline.experiment.certificate import CertificateParams
from pipeline.experiment.entry import Experiment
from pipeline.files import trials
from pipeline.files.checkpoints import Weights
from pipeline.files.datasets import Dataset
from pipeline.files.scores import Score
from pipeline.files.trials import Row, Trial
from pipeline.files.yaml_files import read_yaml
from pipeline.jobs import certify
from pipeline.jobs.evaluate import EvaluateJob
from pipeline.jobs.train import TrainJob
from pipeline.layers.xla import device
from pipeline.training.engine.fit import seed_groups

EXACT = "sequence_accuracy"
PROVED = "proved at every length"
# Added to a task's seed for its validation sets.
VALIDATION = 1_000_003


def changed(experiment: str, changes: Iterable[str]) -> Experiment:
    """Read an experiment of ``params.yaml`` with some of its keys changed.

    Args:
        experiment: Its name.
        changes: ``key=value`` each, the key as in the experiment's entry, such as ``model.units=16``.

    Raises:
        ParamsError: A change is none, or the changed experiment is not valid.
    """
    document = read_yaml(paths.params(), kind=ParamsError)
    known = settings.read().experiment(experiment)
    changes = list(changes)
    if not changes:
        return known
    if "board" in document:
        raise ParamsError(f"{paths.params()}: expected an experiment that is written out, got one of a board; change the file instead")
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key:
            raise ParamsError(f"--set: expected key=value such as model.units=16, got '{change}'")
        try:
            value = YAML(typ="safe").load(text)
        except YAMLError:
            raise ParamsError(f"--set {key}: expected a value as in params.yaml, got '{text}'") from None
        *parents, last = key.split(".")
        section = document["experiments"][experiment]
        for parent in parents:
            section = section.setdefault(parent, {})
            if not isinstance(section, dict):
                raise ParamsError(f"--set {key}: expected a key of experiments.{experiment}, got one below a value ({parent})")
        section[last] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        YAML(typ="safe").dump(document, path)
        try:
            return settings.read(path).experiment(experiment)
        except ParamsError as error:
            raise ParamsError(str(error).replace(f"{path}: ", "--set: ")) from None


def seeds_of(text: str, experiment: Experiment) -> tuple[int, ...]:
    """Read seeds such as ``100-109``; raises ``Mendable`` where they are none, or among those that are reported."""
    try:
        seeds = tuple(TypeAdapter(Lengths).validate_python(text))
    except ValidationError:
        raise WrongInput(f"--seeds: expected numbers and ranges such as 100-109, got '{text}'") from None
    reported = [seed for seed in seeds if seed < experiment.training.seeds]
    if reported:
        known = f"0 to {experiment.training.seeds - 1}"
        raise WrongInput(f"--seeds: expected seeds beyond those that are reported ({known}), got {ranges(reported)}; take 100-109, say")
    return seeds


def validation(task: Task, seeds: tuple[int, ...]) -> Dataset:
    """Draw the task's training examples, for the orders that ``seeds`` have, and validation sets in place of its test sets.

    A test set that holds all inputs of its length is its own validation set.

    Raises:
        Mendable: The task's test sets are not drawn at random.
    """
    params = task.params
    own = params.model_copy(update={"trials": max(seeds) + 1}) if "trials" in type(params).model_fields else params
    pools = type(task)(own).training_pools()
    other = type(task)(params.model_copy(update={"seed": params.seed + VALIDATION}))
    reported, found = (list(one.test_sets(pools)) for one in (task, other))
    same = all(one.inputs.tobytes() == two.inputs.tobytes() for one, two in zip(reported, found, strict=True))
    if same and task.spec(reported[0].length).outputs is None:
        raise Mendable(f"tasks.{task.name}: expected test inputs that are drawn at random, got fixed ones; nothing is left to validate on")
    return Dataset(task.name, {"params": params.model_dump(mode="json")}, "", pools, found)


@dataclass
class Tried:
    """What came of a trial.

    Attributes:
        scores: Each seed's scores on the validation sets.
        met: The seeds whose nets all met the stopping rule.
        weights: Each seed's net, of the last training length where there are several.
    """

    scores: dict[int, list[Score]]
    met: set[int]
    weights: dict[int, Weights]


def tune(experiment: Experiment, seeds: tuple[int, ...]) -> Tried:
    """Train ``seeds`` and score them on the validation sets, in memory."""
    dataset = validation(experiment.task, seeds)
    recipe = experiment.training
    model, training = (part.model_dump(mode="json") for part in (experiment.model, recipe))
    made_from = json.dumps([experiment.name, dataset.manifest, model, training])
    tried = Tried({seed: [] for seed in seeds}, set(seeds), {})
    with tempfile.TemporaryDirectory() as name, progress(f"{experiment.name} on {device()}") as report:
        folder = Path(name)
        for length in recipe.lengths or experiment.task.training_size.nets:
            groups = [tuple(seeds[place] for place in group) for group in seed_groups(len(seeds), recipe.batch_size)]
            runs = Threads().run([TrainJob(experiment, made_from, length, group) for group in groups], dataset, folder, report)
            trained = {seed: run.trained[seed] for group, run in zip(groups, runs, strict=True) for seed in group}
            tried.met -= {seed for seed, one in trained.items() if one.outcome.solved_after is None}
            tried.weights = {seed: one.weights for seed, one in trained.items()}
            job = EvaluateJob(experiment, length, tried.weights, folder)
            for rows in job.run(dataset, Worker(folder)).rows.values():
                for row in rows:
                    tried.scores[row.seed].append(row)
    return tried


def proofs_of(experiment: Experiment) -> CertificateParams:
    """Return how hard ``certify`` tries, by ``params.yaml``; raises ``WrongInput`` where it does not prove the experiment's nets."""
    params = settings.read().certificates.get(experiment.name)
    if params is None:
        raise WrongInput(f"--prove: expected an experiment that is under certificates in {paths.params()}, got {experiment.name}")
    return params


def proved(experiment: Experiment, weights: Mapping[int, Weights], params: CertificateParams) -> list[int]:
    """List the seeds of ``weights`` whose nets are proved right at every length."""
    jobs = certify.jobs(experiment, params, weights)
    with tempfile.TemporaryDirectory() as folder:
        attempts = Threads(1).run(jobs, None, Path(folder))
    return [job.seed for job, attempt in zip(jobs, attempts, strict=True) if isinstance(attempt.outcome, Certificate)]


def right(experiment: Experiment, scores: Mapping[int, list[Score]], longest: int) -> list[tuple[int, list[float]]]:
    """List each length up to ``longest`` with every seed's share of right answers, in the family of inputs that is hardest for it.

    Raises:
        Mendable: No answers are counted right or wrong, or none is that short.
    """
    exact = [row for rows in scores.values() for row in rows if row.metric == EXACT]
    lengths = sorted({row.length for row in exact if row.length <= longest})
    if not lengths:
        got = f"lengths from {min(row.length for row in exact)} on" if exact else "answers with an error"
        raise Mendable(f"{experiment.name}: expected answers that are right or wrong at lengths up to {longest}, got {got}")
    return [(n, [min(row.value for row in exact if (row.seed, row.length) == (seed, n)) for seed in scores]) for n in lengths]


def write(shares: list[tuple[int, list[float]]]) -> None:
    """Print a row for each length."""
    rows = [(str(n), f"{own.count(1.0)} of {len(own)}", number(min(own)), number(statistics.median(own))) for n, own in shares]
    print_table(("length", "right on every input", "worst seed", "median seed"), rows)


def run(trial: Trial, longest: int | None, *, prove: bool, record: bool) -> None:
    """Try a recipe and print what comes of it.

    Args:
        trial: What is tried.
        longest: The longest inputs to score; default: those of the experiment's evaluation.
        prove: Whether to prove the nets too.
        record: Whether to add what comes of it to the record of trials.

    Raises:
        Mendable: See the functions above.
    """
    chosen = changed(trial.experiment, trial.changes)
    params = proofs_of(chosen) if prove else None
    tried = tune(chosen, seeds_of(trial.seeds, chosen))
    shares = right(chosen, tried.scores, longest or chosen.evaluation.longest)
    write(shares)
    always = sum(all(own[place] == 1 for _, own in shares) for place in range(len(tried.scores)))
    found = {f"right at {shares[-1][0]}": always} | ({"criterion met": len(tried.met)} if chosen.training.stop else {})
    found |= {PROVED: len(proved(chosen, tried.weights, params))} if params else {}
    for measure, met in found.items():
        print(f"{measure}: {met} of {len(tried.scores)} seeds")
        if record:
            trials.append(paths.trials(), Row(trial, measure, met, len(tried.scores)))


def run_again(number: int, longest: int | None, *, prove: bool, record: bool) -> None:
    """Try a recorded trial again, as ``run`` does, and print what is on record of it; its nets are proved if they were then."""
    row = trials.read(paths.trials(), number)
    run(row.trial, longest, prove=prove or row.measure == PROVED, record=record)
    print(f"on record, {row.measure}: {row.met} of {row.of}")
