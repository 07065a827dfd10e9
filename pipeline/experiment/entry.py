"""What an experiment is: one task with one model and one recipe, and whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipeline.core.fields import Ascending, Strict
from pipeline.core.task import Task
from pipeline.experiment.evaluation import EvaluationParams
from pipeline.experiment.model import ModelParams
from pipeline.experiment.training import TrainingParams

_SOURCE = r"^[a-z0-9_]+$"
OURS = "ours"


def _year_as_word(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Source = Annotated[
    str,
    BeforeValidator(_year_as_word),
    Field(pattern=_SOURCE),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _SOURCE}, {"type": "integer"}]}),
]


class Provenance(Strict):
    """Where a recipe comes from. It is shown, and no stage but the report depends on it."""

    source: Source = Field(description="whose recipe it is, such as post, 1997, deletang2023, ours")
    tuned_on: Ascending | None = Field(None, description="the seeds on which the recipe was chosen; none of those that are trained")


class ExperimentParams(Provenance):
    """One entry of ``params.yaml``'s ``experiments``, as it is written."""

    task: str
    model: ModelParams
    training: TrainingParams
    evaluation: EvaluationParams


@dataclass(frozen=True)
class Experiment:
    """One entry of ``params.yaml``'s ``experiments``, checked, with its task."""

    name: str
    task: Task
    model: ModelParams
    training: TrainingParams
    evaluation: EvaluationParams
    source: str
    tuned_on: Sequence[int] | None
