"""``data/models/<experiment>/``: ``history.csv``, the training curves, and ``demonstration.csv``, answers along the training."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.files.stage_files import Record, read_csv, read_text, write_csv

HISTORY = "history.csv"
DEMONSTRATION = "demonstration.csv"


class Point(Record):
    """One row of ``history.csv``: one point of one net's training curve."""

    length: int
    seed: int
    step: int
    epoch: float | None
    metric: str
    value: float


class Shown(Record):
    """One row of ``demonstration.csv``: what one net answered at one step of its training, as a person reads it."""

    length: int
    seed: int
    step: int
    input: str
    exact: str
    answer: str | None


def write(models: Path, history: Iterable[tuple[object, ...]], shown: Iterable[tuple[object, ...]] = ()) -> None:
    """Write the points of ``history`` and, where there are any, the answers ``shown``: values in the order of their columns."""
    write_csv(models / HISTORY, Point.model_fields, history)
    if rows := list(shown):
        write_csv(models / DEMONSTRATION, Shown.model_fields, rows)


def read(experiment: str, models: Path) -> Iterator[Point]:
    """Read ``history.csv`` in ``models``, the experiment's folder of weights.

    Raises:
        MissingFile, UnreadableFile: The file is not there, or is not what ``train`` writes.
    """
    return read_csv(models / HISTORY, Point, f"train@{experiment}")


def read_lines(experiment: str, models: Path) -> list[dict[str, str]]:
    """Read the lines of ``history.csv`` by column, as they are written; arguments and errors as of ``read``."""
    return read_text(models / HISTORY, f"train@{experiment}", Point.model_fields)


def read_demonstration(experiment: str, models: Path) -> Iterator[Shown]:
    """Read ``demonstration.csv``; nothing where the training kept none. Arguments and errors as of ``read``."""
    path = models / DEMONSTRATION
    return read_csv(path, Shown, f"train@{experiment}") if path.exists() else iter(())
