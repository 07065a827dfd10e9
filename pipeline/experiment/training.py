"""The section ``training`` of an experiment in ``params.yaml``: one recipe."""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from pipeline.core import registry
from pipeline.core.fields import Lengths, Strict

LOSSES = "training.losses"
OPTIMIZERS = "training.optimizers"


def _known(package: str) -> dict[str, Any]:
    """List the names of the modules of ``pipeline.<package>`` for the JSON schema."""
    return {"enum": registry.names(package)}


LossName = Annotated[str, AfterValidator(partial(registry.checked, LOSSES)), Field(json_schema_extra=_known(LOSSES))]
OptimizerName = Annotated[str, AfterValidator(partial(registry.checked, OPTIMIZERS)), Field(json_schema_extra=_known(OPTIMIZERS))]


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


class ContractionParams(Strict):
    """A penalty on boxes around states that a step does not shrink: training with the proof in mind.

    Around each state that a training sequence visits there is a box, ``radius`` to each side at each unit. Interval arithmetic bounds what
    a step makes of it. The half-width of that at each unit, beyond ``to`` times the radius, is added to the loss, times ``weight``: summed
    over units, a mean over positions and sequences. Boxes that shrink are what a proof for every length needs. It is certified training as
    Gowal et al. have it (2018, "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust Models", section 3), with
    boxes around states in place of inputs. It enters late, as ``l1`` does.
    """

    radius: PositiveFloat = Field(description="half the width of the box around each state")
    to: float = Field(gt=0, le=1, description="the share of the radius within which the box's image costs nothing")
    weight: PositiveFloat = Field(description="how strong the penalty is")
    after: float = Field(ge=0, lt=1, description="share of the training's steps before it enters")


class TrainingParams(Strict):
    """One training recipe."""

    seeds: PositiveInt = Field(description="seeds 0 … n-1 are trained")
    lengths: Lengths | None = Field(None, description="training lengths, a net each; default: the task's one length")
    loss: LossName = Field(description="what is minimised: a file of training/losses; cross-entropies are of logits, errors of reals")
    last_share: float | None = Field(
        None, gt=0, lt=1, description="share of the loss that is the last position's; default: that of any other position"
    )
    ignore_first: NonNegativeInt = Field(
        0, description="first answers of a training sequence whose targets are IGNORE: they are not scored"
    )
    buckets: PositiveInt = Field(4, description="where there is a range of training lengths: groups with a program each")
    optimizer: OptimizerName = Field(description="as in the library that the posts used: a file of training/optimizers")
    learning_rate: PositiveFloat = Field(description="the optimizer's rate, or with a decay the rate that it begins with")
    decay: Literal["linear"] | None = Field(None, description="linear: the learning rate falls to zero with the last step; default: none")
    epsilon: PositiveFloat | None = Field(None, description="Adam's and Adagrad's; default: the optimizer's own")
    clip_value: PositiveFloat | None = Field(None, description="every gradient element is clipped to ± this")
    l1: L1Params | None = Field(None, description="a penalty on the size of weights")
    contraction: ContractionParams | None = Field(None, description="a penalty on boxes around states that a step does not shrink")
    batch_size: PositiveInt = Field(description="sequences in a step")
    order: Literal["reshuffled", "fixed", "stream"] = Field(
        description="reshuffled: anew each epoch; fixed: the same batches each epoch; stream: each once, in the seed's own fixed order"
    )
    epochs: PositiveInt | None = Field(None, description="passes through the training examples; or steps")
    steps: PositiveInt | None = Field(None, description="optimizer steps; or epochs")
    log_every: PositiveInt = Field(description="optimizer steps between two points of the training curves")
    keep_weights: bool = Field(False, description="whether the weights at each point of the training curves are kept beside the last ones")
    stop: StopParams | None = None

    @model_validator(mode="after")
    def _positions_to_weigh(self) -> "TrainingParams":
        if self.last_share is not None and registry.load(LOSSES, self.loss).LOSS.over_positions != "mean":
            means = [name for name in registry.names(LOSSES) if registry.load(LOSSES, name).LOSS.over_positions == "mean"]
            raise ValueError(f"expected last_share with a mean over positions ({', '.join(means)}), got {self.loss}")
        return self

    @model_validator(mode="after")
    def _one_duration(self) -> "TrainingParams":
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("expected either epochs or steps, and not both")
        return self
