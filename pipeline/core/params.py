"""``params.yaml`` as types: every key, what it means, what it may hold.

The file is checked whole and before any work starts. Its schema is put together from the tasks' and models' own ``Params``
(see ``pipeline/stages/settings.py``); this module holds what they share, the training recipe, and the wording of errors.
"""

import re
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from pipeline.core.errors import WrongInput
from pipeline.core.registry import nearest


class ParamsError(WrongInput):
    """``params.yaml`` does not say what it must; each line names a key, what was expected and how to mend it."""


_RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
MOST_NUMBERS = 10_000  # in a list that is written as ranges


def _spelt_out(value: Any) -> Any:
    """Spell out ``"1-3, 10"`` as ``[1, 2, 3, 10]``; leave what is no such text to the checks that follow."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, str):
        return value
    parts = [_RANGE.fullmatch(part.strip()) for part in value.split(",")]
    if None in parts:
        raise ValueError(f"expected numbers and ranges such as '1-10, 15, 20', got '{value}'")
    bounds = [(int(part[1]), int(part[2] or part[1])) for part in parts if part]
    if (count := sum(max(high - low + 1, 0) for low, high in bounds)) > MOST_NUMBERS:
        raise ValueError(f"expected at most {MOST_NUMBERS:,} numbers, got {count:,} in '{value}'")
    return [number for low, high in bounds for number in range(low, high + 1)]


def _ascending(numbers: list[int]) -> list[int]:
    if any(low >= high for low, high in pairwise(numbers)):
        raise ValueError(f"expected numbers in ascending order, each once, got {numbers}")
    return numbers


# A list, or text such as "1-10, 15, 20", which keeps params.yaml short: DVC reads it once for each stage.
Ascending = Annotated[list[PositiveInt], BeforeValidator(_spelt_out), AfterValidator(_ascending)]
Lengths = Annotated[Ascending, Field(min_length=1)]


class Strict(BaseModel):
    """A section of ``params.yaml``: an unknown key is an error, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ModelParams(Strict):
    """The keys every model has; an architecture adds its own in ``pipeline/models/<name>.py``."""

    name: str

    def misfit(self, spec: Any) -> str | None:
        """Say which kind of task (its ``TaskSpec``) the architecture expects, if not this one."""
        return None

    def puts_out_reals(self, spec: Any) -> bool:
        """Say whether the net's outputs are reals, to be held against targets by a squared error, and not logits."""
        return spec.outputs is None


class StopParams(Strict):
    """Call a seed's task solved once the error has stayed low, and end its training there or go on.

    ``max_abs_error``: the largest distance of an output from its target over the positions and symbols of a step's batch; for a
    cross-entropy the outputs are ``softmax`` and the targets one-hot.
    """

    max_abs_error: PositiveFloat = Field(description="an error above this breaks the run of successes")
    successes: PositiveInt = Field(description="steps in a row without such an error that count as solved")
    mean_loss: PositiveFloat | None = Field(None, description="and the mean loss over those steps must be below this")
    ends: bool = Field(True, description="whether training ends there; if not, the step is noted and training goes on to its last one")


class L1Params(Strict):
    """A pull of weights towards zero: the sum of the recurrent kernels' magnitudes, times ``weight``, is added to the loss.

    It enters late, when the net has learnt what is worth keeping, and over a fifth of the training.
    """

    weight: PositiveFloat = Field(description="how strong the pull is")
    after: float = Field(ge=0, lt=1, description="share of the training's steps before it enters")


class TrainingParams(Strict):
    """One training recipe."""

    seeds: PositiveInt = Field(description="seeds 0 … n-1 are trained")
    lengths: Lengths | None = Field(None, description="training lengths, a net each; default: the task's one length")
    loss: Literal["cross_entropy", "summed_cross_entropy", "mean_squared_error", "mean_absolute_error", "half_squared_error"] = Field(
        description="what is minimised; cross-entropies are of logits, errors of reals"
    )
    last_share: float | None = Field(
        None, gt=0, lt=1, description="share of the loss that is the last position's; default: that of any other position"
    )
    washout: NonNegativeInt = Field(0, description="positions at the start that do not count in the loss")
    optimizer: Literal["adam", "adagrad", "sgd"] = Field(description="as in the library that the posts used; see training/optimizers.py")
    learning_rate: PositiveFloat = Field(description="the optimizer's rate, or with a decay the rate that it begins with")
    decay: Literal["linear"] | None = Field(None, description="linear: the learning rate falls to zero with the last step; default: none")
    epsilon: PositiveFloat | None = Field(None, description="Adam's and Adagrad's; default: the optimizer's own")
    clip_value: PositiveFloat | None = Field(None, description="every gradient element is clipped to ± this")
    l1: L1Params | None = Field(None, description="a penalty on the size of weights")
    batch_size: PositiveInt = Field(description="sequences in a step")
    order: Literal["reshuffled", "fixed", "stream"] = Field(
        description="reshuffled: anew each epoch; fixed: the same batches each epoch; stream: once through, in the data's order"
    )
    epochs: PositiveInt | None = Field(None, description="passes through the training examples; or steps")
    steps: PositiveInt | None = Field(None, description="optimizer steps; or epochs")
    log_every: PositiveInt = Field(description="optimizer steps between two points of the training curves")
    stop: StopParams | None = None
    tuned_on: Ascending | None = Field(None, description="the seeds on which the recipe was chosen; none of those that are trained")

    @model_validator(mode="after")
    def _not_tuned_on_what_is_reported(self) -> "TrainingParams":
        if self.tuned_on and self.tuned_on[0] < self.seeds:
            raise ValueError(f"expected tuned_on to hold none of the seeds 0 to {self.seeds - 1}, got {self.tuned_on[0]}")
        return self

    @model_validator(mode="after")
    def _positions_to_weigh(self) -> "TrainingParams":
        means = ("cross_entropy", "mean_squared_error", "mean_absolute_error")
        if (self.last_share is not None or self.washout) and self.loss not in means:
            raise ValueError(f"expected last_share and washout with a mean over positions ({', '.join(means)}), got {self.loss}")
        return self

    @model_validator(mode="after")
    def _one_duration(self) -> "TrainingParams":
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("expected either epochs or steps, and not both")
        return self


class EvaluationParams(Strict):
    """What to leave out of an experiment's evaluation."""

    longest: PositiveInt | None = Field(default=None, description="test sets of greater lengths are left out; default: none is")


class CertificateParams(Strict):
    """How hard to try to prove an experiment's nets right at every length."""

    task: str = Field(description="the experiment's task, whose transducer the nets shall compute")
    strides: Lengths = Field(description="symbols that a step of the proof reads; one attempt after the other")
    splits: PositiveInt = Field(description="how often the widest sets are split, in each attempt")


class ExperimentParams(Strict):
    """One task, one model, one recipe."""

    task: str
    model: ModelParams
    training: TrainingParams
    evaluation: EvaluationParams = EvaluationParams()


def explain(error: ValidationError, schema: type[BaseModel], prefix: str) -> list[str]:
    """Turn pydantic's errors into one line each: the key, what was expected, what was found, the nearest known key."""
    return [_line(item, schema, prefix) for item in error.errors()]


def _line(item: Any, schema: type[BaseModel], prefix: str) -> str:
    key = ".".join([prefix, *(str(part) for part in item["loc"])])
    if item["type"] == "extra_forbidden":
        known = _known_keys(schema, item["loc"][:-1])
        return f"{key}: unknown key; known here: {', '.join(known)}{nearest(str(item['loc'][-1]), known)}"
    if item["type"] == "missing":
        return f"{key}: this key is missing; add it"
    if item["type"] in ("model_type", "model_attributes_type"):
        return f"{key}: expected a section of keys, got {item['input']!r}"
    message = item["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return f"{key}: {message}" if item["type"] == "value_error" else f"{key}: {message}, got {item['input']!r}"


def _known_keys(schema: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    for part in path:
        field = schema.model_fields.get(str(part))
        inner = [
            a
            for a in (getattr(field, "annotation", None), *getattr(getattr(field, "annotation", None), "__args__", ()))
            if isinstance(a, type) and issubclass(a, BaseModel)
        ]
        if not inner:
            return []
        schema = inner[0]
    return sorted(schema.model_fields)
