"""The board of a study: one table of tasks and models that says how many seeds are right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core.words import spell
from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.claims import Subject
from pipeline.reporting.inputs.published import Figure, PublishedBoard
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging.headlines import EXACT, TRAINING

# The experiment of each task with each model; rows and columns are in the order in which they come first.
Pairs = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class BoardCell:
    """How many of an experiment's seeds are proved right, or right on every test input.

    Attributes:
        experiment: Its name.
        kind: What is counted.
        seeds: How many there are.
        count: How many are proved or right; ``None``: its answers are never counted right.
        refuted: Seeds with an input that the served net answers wrongly, where proofs are counted.
        undecided: Seeds with neither a proof nor such an input.
        margin: The least margin of the proofs, in logits; ``None`` without a proof.
    """

    experiment: str
    kind: Literal["proved", "right"]
    seeds: int
    count: int | None
    refuted: int = 0
    undecided: int = 0
    margin: float | None = None

    @property
    def text(self) -> str:
        return "–" if self.count is None else f"{self.count} of {self.seeds}"

    @property
    def share(self) -> float:
        return (self.count or 0) / self.seeds


@dataclass(frozen=True)
class BoardRow:
    """A task of the board; ``None``: no experiment of that model is among the results."""

    task: str
    title: str
    cells: tuple[BoardCell | None, ...]

    @property
    def trained(self) -> bool:
        """Whether any of its experiments is among the results."""
        return any(cell is not None for cell in self.cells)


@dataclass(frozen=True)
class BoardTable:
    """The board as it is shown."""

    models: tuple[str, ...]
    rows: tuple[BoardRow, ...]

    @property
    def certified(self) -> bool:
        """Whether proofs were tried anywhere on it."""
        return any(cell is not None and cell.kind == "proved" for row in self.rows for cell in row.cells)


@dataclass(frozen=True)
class PublishedTable:
    """What others measured on the board's tasks: a row for each net of each source, a column for each task.

    Attributes:
        titles: Of the tasks that there are figures for.
        rows: Source, net, and a figure for each of these tasks, or ``None``.
        notes: What each source measured, by source.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Figure | None, ...]], ...]
    notes: tuple[tuple[str, str], ...]


def published_table(board: BoardTable, boards: Sequence[PublishedBoard]) -> PublishedTable | None:
    """Put the figures of others into one table; ``None`` where there are none on the board's tasks."""
    tasks = [row for row in board.rows if any(row.task in net.percent for own in boards for net in own.nets)]
    rows = tuple((own.source, net.net, tuple(net.percent.get(row.task) for row in tasks)) for own in boards for net in own.nets)
    notes = tuple((own.source, own.measured) for own in boards)
    return PublishedTable(tuple(row.title for row in tasks), rows, notes) if tasks else None


def right_everywhere(results: Results) -> dict[int, bool]:
    """Say of each seed whether it answers every test input rightly; its own training examples are no test inputs."""
    found: dict[int, bool] = {}
    for score in results.scores:
        if score.metric == EXACT and score.family != TRAINING:
            found[score.seed] = found.get(score.seed, True) and score.value == 1
    return found


def board_table(
    pairs: Pairs, group: Sequence[Results], certificates: Mapping[str, Certificates], subjects: Mapping[str, Subject]
) -> BoardTable:
    """Fill in a board.

    Args:
        pairs: The experiment of each task with each model.
        group: Results; a pair whose experiment is not among them has an empty cell.
        certificates: By experiment.
        subjects: Titles by task.
    """
    tasks, models = (tuple(dict.fromkeys(pair[place] for pair in pairs)) for place in (0, 1))
    by_name = {results.experiment: results for results in group}
    rows = []
    for task in tasks:
        names = [pairs.get((task, model), "") for model in models]
        cells = tuple(_cell(by_name[name], certificates.get(name)) if name in by_name else None for name in names)
        rows.append(BoardRow(task, subjects[task].title if task in subjects else spell(task).capitalize(), cells))
    return BoardTable(tuple(spell(model) for model in models), tuple(rows))


def _cell(results: Results, certificates: Certificates | None) -> BoardCell:
    if certificates:
        counts = certificates.seeds, len(certificates.proved), certificates.wrong, certificates.open
        return BoardCell(results.experiment, "proved", *counts, certificates.found.least_margin)
    right = right_everywhere(results)
    return BoardCell(results.experiment, "right", len(right) or results.seeds, sum(right.values()) if right else None)
