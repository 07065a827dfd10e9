"""What an experiment is: one task with one model and one recipe."""

from dataclasses import dataclass

from pipeline.core.fields import Strict
from pipeline.evaluation.params import EvaluationParams
from pipeline.models.base import ModelParams
from pipeline.tasks.base import Task
from pipeline.training.params import TrainingParams


class ExperimentParams(Strict):
    """One entry of ``params.yaml``'s ``experiments``, as it is written."""

    task: str
    model: ModelParams
    training: TrainingParams
    evaluation: EvaluationParams = EvaluationParams()


@dataclass(frozen=True)
class Experiment:
    """One entry of ``params.yaml``'s ``experiments``, checked, with its task."""

    name: str
    task: Task
    model: ModelParams
    training: TrainingParams
    evaluation: EvaluationParams
