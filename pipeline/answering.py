"""A trained experiment as a function from what a person writes to what a person reads."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core import registry
from pipeline.core.notation import InputError
from pipeline.core.task import Task
from pipeline.files import curves, recipes
from pipeline.files.checkpoints import CheckpointError
from pipeline.files.recipes import Recipe
from pipeline.files.stage_files import MissingFile, UnreadableFile

# ``[seeds, n, T]`` inputs and a number ``A`` to ``[seeds, n, A]`` answers for the last ``A`` positions.
Predict = Callable[[NDArray[Any], int], NDArray[Any]]
DAMAGED = "expected what training has left, got a damaged file; delete it and fetch it with 'dvc checkout'"


@dataclass(frozen=True)
class Answerer:
    """The nets of one experiment, of which each input is answered by one.

    Attributes:
        task: Reads and writes text.
        folder: ``data/models/<experiment>`` or a copy of it.
        recipe: What they were made from.
        chosen: For each training length, the seed that answers: the best by its last validation (or else training) scores.
        opened: Loads the net of a training length.
    """

    task: Task
    folder: Path
    recipe: Recipe
    chosen: dict[int, int]
    opened: Callable[["Answerer", int], Predict] = field(default=lambda answerer, length: with_keras(answerer, length))

    @classmethod
    def load(cls, folder: Path, task_params: Mapping[str, Any]) -> "Answerer":
        """Read an experiment's recipe and choose its nets; weights are read when an input asks for them.

        Args:
            folder: ``data/models/<experiment>`` or a copy of it.
            task_params: The task's entry in ``params.yaml``, or ``params`` of its dataset's manifest.

        Raises:
            CheckpointError: The folder does not hold a trained experiment.
        """
        try:
            recipe = recipes.read(folder.name, folder)
        except MissingFile:
            raise CheckpointError(
                f"{folder}: expected a trained experiment, got nothing there; train with 'dvc repro' or fetch with 'dvc checkout'"
            ) from None
        except UnreadableFile:
            raise CheckpointError(f"{folder / recipes.RECIPE}: {DAMAGED}") from None
        kind = registry.load("tasks", recipe.task).TASK
        try:
            chosen = _best_seeds(curves.read_lines(folder.name, folder))
        except (MissingFile, UnreadableFile, ValueError):
            raise CheckpointError(f"{folder / curves.HISTORY}: {DAMAGED}") from None
        if not chosen:
            raise CheckpointError(f"{folder}: expected a net with training curves, got none (all diverged in their first step)")
        return cls(kind(kind.Params.model_validate(task_params)), folder, recipe, chosen)

    def __call__(self, text: str) -> str:
        """Answer one input.

        Raises:
            InputError: The task cannot read it, or no net was trained for its length.
        """
        inputs = self.task.parse(text)
        return self.task.render(inputs, self.outputs(inputs))

    def outputs(self, inputs: Any) -> Any:
        """Answer one input ``[positions]`` with ``[answers]`` outputs, for its last positions."""
        trained = self.trained_for(self.task.length_of(inputs))
        return self._predictors[trained](inputs[np.newaxis, np.newaxis], self.task.answer_length(len(inputs)))[0, 0]

    def trained_for(self, length: int) -> int:
        """Return the training length of the net that answers inputs of ``length``; raises ``InputError`` if there is none."""
        lengths = sorted(self.chosen)
        if len(self.task.training_size.nets) == 1:
            return lengths[0]
        if length not in self.chosen:
            raise InputError(f"expected a length with a net of its own ({', '.join(map(str, lengths))}), got {length}")
        return length

    def streams(self, length: int) -> bool:
        """Say whether the net of a training length reads position by position, in memory that does not grow with the input."""
        from pipeline.trained import build  # loads Keras, which takes seconds

        if length not in self._streaming:
            self._streaming[length] = build(self.task, self._model, length, (self.chosen[length],)).streams
        return self._streaming[length]

    @property
    def _model(self) -> Any:
        """The model's section of the recipe, checked."""
        return registry.load("models", self.recipe.model["name"]).Params.model_validate(self.recipe.model)

    @cached_property
    def _streaming(self) -> dict[int, bool]:
        return {}

    @cached_property
    def _predictors(self) -> "_Predictors":
        return _Predictors(self)


class _Predictors(dict[int, Predict]):
    """Nets by training length, each loaded when first asked for."""

    def __init__(self, answerer: Answerer) -> None:
        super().__init__()
        self.answerer = answerer

    def __missing__(self, length: int) -> Predict:
        self[length] = self.answerer.opened(self.answerer, length)
        return self[length]


def with_keras(answerer: Answerer, length: int) -> Predict:
    """Load the net of a training length as it was trained."""
    # Keras takes seconds to import; malformed inputs are refused without it.
    from pipeline.layers.running import predictor
    from pipeline.trained import load

    network = load(answerer.folder, answerer.task, answerer._model, length, (answerer.chosen[length],))
    return predictor(network, symbols=answerer.task.spec(length).outputs is not None)


def _best_seeds(history: Iterable[Mapping[str, str]]) -> dict[int, int]:
    """Choose each training length's best seed by its last scores on validation (or else training) examples, then by its last loss."""
    last: dict[int, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in history:
        last[int(row["length"])][int(row["seed"])][row["metric"]] = float(row["value"])
    return {length: min(seeds, key=lambda seed: _badness(seeds[seed])) for length, seeds in last.items()}


def _badness(scores: dict[str, float]) -> tuple[float, ...]:
    errors = [value for name, value in scores.items() if name.endswith("rmse")]
    accuracies = [-value for name, value in sorted(scores.items()) if name.endswith("accuracy")]
    # A diverged seed's scores are no numbers, which compare as neither better nor worse.
    # One that diverged in its first step has no loss at all.
    return tuple(value if math.isfinite(value) else math.inf for value in (*errors, *accuracies, scores.get("loss", math.inf)))
