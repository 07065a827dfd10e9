"""``data/models/<experiment>/outcome.json``: how the training of each net ended."""

from pathlib import Path

from pipeline.files.json_files import Record, read_json

OUTCOME = "outcome.json"


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


def read(experiment: str, models: Path) -> dict[int, dict[int, Outcome]]:
    """Read the outcomes in ``models``, the experiment's folder of weights, by training length and seed.

    Raises:
        MissingFile, UnreadableFile: The file is not there, or is not what ``train`` writes.
    """
    return read_json(models / OUTCOME, dict[int, dict[int, Outcome]], f"train@{experiment}")
