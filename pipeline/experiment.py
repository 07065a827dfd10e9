"""What an experiment is: one task with one model and one recipe."""

from dataclasses import dataclass

from pipeline.core.params import EvaluationParams, ModelParams, TrainingParams
from pipeline.tasks.base import Task


@dataclass(frozen=True)
class Experiment:
    """One entry of ``params.yaml``'s ``experiments``, checked."""

    name: str
    task: Task
    model: ModelParams
    training: TrainingParams
    evaluation: EvaluationParams
