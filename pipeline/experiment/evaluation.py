"""The section ``evaluation`` of an experiment in ``params.yaml``."""

from pydantic import Field, PositiveInt

from pipeline.core.fields import Strict


class EvaluationParams(Strict):
    """What to leave out of an experiment's evaluation."""

    longest: PositiveInt = Field(description="test sets of greater lengths are left out")
