"""``data/models/<experiment>/recipe.json``: what an experiment's nets were made from."""

import json
from pathlib import Path
from typing import Any

from pipeline.files.stage_files import Record, read_json

RECIPE = "recipe.json"


class Recipe(Record):
    """What an experiment's nets were made from.

    Attributes:
        experiment: The experiment's name.
        task: Its task.
        task_version: The version of the task's definition.
        training_data: SHA-256 of the frozen training examples; empty for a recipe that nothing was trained by yet.
        model: The section ``model`` of its entry in ``params.yaml``.
        training: The section ``training``.
    """

    experiment: str
    task: str
    task_version: int
    training_data: str
    model: dict[str, Any]
    training: dict[str, Any]

    def text(self) -> str:
        """Return it as JSON on one line; the same recipe gives the same text."""
        return json.dumps(self.model_dump())


def write(models: Path, recipe: Recipe) -> None:
    """Write the recipe into ``models``, the experiment's folder of weights."""
    (models / RECIPE).write_text(json.dumps(recipe.model_dump(), indent=2) + "\n", encoding="utf-8")


def read(experiment: str, models: Path) -> Recipe:
    """Read the recipe in ``models``, the experiment's folder of weights.

    Raises:
        MissingFile, UnreadableFile: The file is not there, or is not what ``train`` writes.
    """
    return read_json(models / RECIPE, Recipe, f"train@{experiment}")
