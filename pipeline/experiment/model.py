"""What every architecture's ``Params`` have in common: its name, and which tasks it can do."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pipeline.core.examples import TaskSpec
from pipeline.core.fields import Strict

Kind = Literal["symbols", "reals"]
Form = Literal["sequence", "label", "tail"]

_FORMS: dict[Form, str] = {
    "sequence": "an answer at every position",
    "label": "one answer at the end",
    "tail": "answers in empty cells behind the input",
}


@dataclass(frozen=True)
class Abilities:
    """Which tasks an architecture can do; a task that it cannot do is refused when ``params.yaml`` is read.

    Attributes:
        reads: The kinds of inputs.
        writes: The kinds of answers.
        forms: Where answers may stand (``TaskSpec.answer``).
        features: Most reals at a position; ``None``: any number.
        permutations_only: Whether all that it can write is its input in another order.
    """

    reads: tuple[Kind, ...] = ("symbols", "reals")
    writes: tuple[Kind, ...] = ("symbols", "reals")
    forms: tuple[Form, ...] = ("sequence", "label", "tail")
    features: int | None = None
    permutations_only: bool = False

    def misfit(self, spec: TaskSpec) -> str | None:
        """Say what the architecture expects of a task, where ``spec`` is not of that kind; else ``None``."""
        read: Kind = "reals" if spec.inputs is None else "symbols"
        written: Kind = "reals" if spec.outputs is None else "symbols"
        fits = read in self.reads and written in self.writes and spec.answer in self.forms
        fits = fits and (self.features is None or spec.features <= self.features)
        return None if fits and (spec.permutation or not self.permutations_only) else self.expected

    @property
    def expected(self) -> str:
        """The tasks that it can do, in words."""
        if self.permutations_only:
            return "a task whose answer is its input in another order"
        forms = " or ".join(_FORMS[form] for form in self.forms)
        said = [f"inputs of {' or '.join(self.reads)}", f"answers of {' or '.join(self.writes)}", forms]
        if self.features is not None:
            said.append(f"at most {self.features} at a position")
        return f"a task with {', '.join(said)}"


class ModelParams(Strict):
    """The keys every model has; an architecture adds its own in ``pipeline/models/<name>/``.

    Attributes:
        abilities: Which tasks it can do.
        bounds_images: Whether its recurrent layers have ``image_of_box``, which ``training.contraction`` needs.
    """

    abilities: ClassVar[Abilities] = Abilities()
    bounds_images: ClassVar[bool] = False

    name: str

    def puts_out_reals(self, spec: TaskSpec) -> bool:
        """Say whether the net's outputs are reals, to be held against targets by a squared error, and not logits."""
        return spec.outputs is None
