"""``data/models/<experiment>/outcome.json``: how the training of each net ended."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import model_validator

from pipeline.files.json_files import Record, read_json

OUTCOME = "outcome.json"


def counted(content: Any, step: str, count: str) -> Any:
    """Replace the number of a step, counted from 0, by the count of steps up to and with it.

    Files written before counts were stored hold step numbers.

    Example:
        >>> counted({"solved_at": 99}, "solved_at", "solved_after")
        {'solved_after': 100}
    """
    if not isinstance(content, Mapping) or step not in content:
        return content
    number = content[step]
    rest = {key: value for key, value in content.items() if key != step}
    return rest | {count: number + 1 if isinstance(number, int | float) else number}


class Outcome(Record):
    """How the training of one net ended.

    Attributes:
        steps: Optimizer steps that the net was trained for.
        solved_after: How many steps had been done when the stopping rule was met, the run of successes that the rule asks for included;
            ``None`` if it was not met. Times the batch size, it is the number of training sequences.
        diverged_at: How many steps had been done before the one whose loss was no number; ``None`` if there was none.
    """

    steps: int
    solved_after: int | None = None
    diverged_at: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, content: Any) -> Any:
        return counted(content, "solved_at", "solved_after")


def read(experiment: str, models: Path) -> dict[int, dict[int, Outcome]]:
    """Read the outcomes in ``models``, the experiment's folder of weights, by training length and seed.

    Raises:
        MissingFile, UnreadableFile: The file is not there, or is not what ``train`` writes.
    """
    return read_json(models / OUTCOME, dict[int, dict[int, Outcome]], f"train@{experiment}")
