"""``data/models/<experiment>/outcome.json``: how the training of each net ended."""

import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.files.stage_files import Record, read_json

OUTCOME = "outcome.json"


class Outcome(Record):
    """How the training of one net ended; ``None`` for what did not happen.

    Attributes:
        steps: Optimizer steps that the net was trained for.
        solved_after: How many steps had been done when the stopping rule was met, the run of successes that the rule asks for included.
            Times the batch size, it is the number of training sequences.
        diverged_at: How many steps had been done before the one whose loss was no number.
    """

    steps: int
    solved_after: int | None = None
    diverged_at: int | None = None


def write(models: Path, outcomes: Mapping[int, Mapping[int, Outcome]]) -> None:
    """Write the outcomes by training length and seed."""
    content = {str(length): {str(seed): by_seed[seed].model_dump() for seed in sorted(by_seed)} for length, by_seed in outcomes.items()}
    (models / OUTCOME).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read(experiment: str, models: Path) -> dict[int, dict[int, Outcome]]:
    """Read the outcomes in ``models``, the experiment's folder of weights, by training length and seed.

    Raises:
        MissingFile, UnreadableFile: The file is not there, or is not what ``train`` writes.
    """
    return read_json(models / OUTCOME, dict[int, dict[int, Outcome]], f"train@{experiment}")
