"""The section ``training`` of an experiment in ``params.yaml``: one recipe."""

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from pipeline.core.fields import Lengths, Strict


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
