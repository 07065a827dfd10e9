"""Some of an experiment's test sets to score at one training length."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.core.examples import Array, TaskSpec, TestSet
from pipeline.core.task import FREE_RUN
from pipeline.evaluation import linear_forecast
from pipeline.evaluation.linear_forecast import Forecast
from pipeline.evaluation.sweep import Case, groups, score, sweep
from pipeline.execution.job import Worker
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints
from pipeline.files.checkpoints import Weights
from pipeline.files.datasets import Dataset
from pipeline.files.scores import Score
from pipeline.layers.networks import Network
from pipeline.layers.running import Predict, free_run, predictor
from pipeline.trained import assembled

TRAINING = "training"
HELD_OUT = "held_out"
# Sequences of a seed's training examples that are scored, the first that it meets: all where a post speaks of its accuracy on them.
SCORED = 10_000

# Values that determine the next one of a sum of two sines with linear amplitudes; a linear forecast needs no more.
FORECAST_ORDER = 8


@dataclass(frozen=True)
class Scores:
    """What comes of a job.

    Attributes:
        rows: The scores of each group of test sets, by its place among all of them.
        predictions: Where answers are series of reals: inputs, targets and answers by ``<input family>/<length>/<which>``.
    """

    rows: dict[int, list[Score]] = field(default_factory=dict)
    predictions: dict[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class EvaluateJob:
    """Score nets on every ``parts``-th group of test sets, from the one at ``part`` on. A group is scored alike in whichever job it is.

    Attributes:
        experiment: Whose nets.
        length: Their training length.
        weights: Each seed's weights.
        folder: Where they were read, for errors to name.
        part: Which part of the test sets.
        parts: How many parts there are.
    """

    experiment: Experiment
    length: int
    weights: dict[int, Weights]
    folder: Path
    part: int = 0
    parts: int = 1

    @property
    def name(self) -> str:
        return f"length {self.length}" + (f", part {self.part + 1} of {self.parts}" if self.parts > 1 else "")

    def run(self, shared: Dataset, worker: Worker) -> Scores:
        """Score on the test sets of ``shared``."""
        network = assembled(self.folder, self.experiment.task, self.experiment.model, self.length, self.weights)
        spec = self.experiment.task.spec(self.length)
        predict = predictor(network, symbols=spec.outputs is not None)
        forecasts = _forecasts(self.experiment, shared)
        scores = Scores()
        for place, group in enumerate(groups(_cases(self.experiment, shared, self.length, network.seeds))):
            if place % self.parts != self.part:
                continue
            if _is_series(spec):
                scores.rows[place] = _continued(network, predict, group, forecasts, scores.predictions)
            else:
                scores.rows[place] = sweep(predict, group, network.seeds)
        return scores


def jobs(experiment: Experiment, folder: Path, parts: int) -> Iterator[EvaluateJob]:
    """Yield what there is to score with the weights in ``folder``: for each training length so many parts.

    Raises:
        CheckpointError: Weights are missing or damaged.
    """
    for length in experiment.training.lengths or experiment.task.training_size.nets:
        seeds = range(experiment.training.seeds)
        weights: dict[int, Weights] = {seed: checkpoints.read(checkpoints.path_of(folder, length, seed)) for seed in seeds}
        for part in range(parts):
            yield EvaluateJob(experiment, length, weights, folder, part, parts)


def _continued(
    network: Network, predict: Predict, cases: list[Case], forecasts: dict[str, Forecast], predictions: dict[str, Array]
) -> list[Score]:
    """Score test sets of series of reals, and keep inputs, targets and answers in ``predictions`` for the report."""
    rows = []
    for case in cases:
        inputs = np.broadcast_to(case.inputs, (len(network.seeds), *case.inputs.shape))
        outputs = free_run(network, inputs, case.targets.shape[-1]) if case.family == FREE_RUN else predict(inputs, case.targets.shape[-1])
        rows += score(case, outputs, network.seeds, forecasts)
        named = {"inputs": case.inputs, "targets": case.targets, "predicted": outputs}
        predictions |= {f"{case.family}/{case.length}/{part}": values for part, values in named.items()}
    return rows


def _forecasts(experiment: Experiment, dataset: Dataset) -> dict[str, Forecast]:
    """Fit the linear forecast that a series of reals is held against."""
    if not _is_series(experiment.task.spec(experiment.task.training_size.nets[0])):
        return {}
    pool = next(iter(dataset.pools.values()))
    return {f"rmse_from_{FORECAST_ORDER}": linear_forecast.fit(pool.inputs, pool.targets, FORECAST_ORDER)}


def _cases(experiment: Experiment, dataset: Dataset, length: int, seeds: tuple[int, ...]) -> Iterator[Case]:
    """Choose the test sets for the nets of one training length; where there is a net for each length, it meets only its own."""
    a_net_each = len(experiment.task.training_size.nets) > 1
    pool = dataset.pools[length]
    if pool.validation:
        splits = [dataset.split(length, seed) for seed in seeds]
        for family, chosen in ((TRAINING, [training[:SCORED] for training, _ in splits]), (HELD_OUT, [held_out for _, held_out in splits])):
            examples = np.stack(chosen)
            yield _case(experiment, TestSet(family, length, pool.inputs[examples], pool.targets[examples]), length, per_seed=True)
    tests = [
        test for test in dataset.test_sets if (not a_net_each or test.length == length) and test.length <= experiment.evaluation.longest
    ]
    for test in sorted(tests, key=lambda test: test.length):
        yield _case(experiment, test, length)


def _case(experiment: Experiment, test: TestSet, trained_on: int, *, per_seed: bool = False) -> Case:
    spec = experiment.task.spec(test.length)
    in_range = experiment.task.in_range(test, trained_on)
    symbols = spec.outputs is not None
    return Case(test.family, test.length, test.inputs, test.targets, symbols, in_range, per_seed, spec.tolerance, _is_series(spec))


def _is_series(spec: TaskSpec) -> bool:
    """Say whether answers are reals that continue the input."""
    return spec.outputs is None and spec.answer == "sequence"
