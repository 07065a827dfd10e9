"""Claims as data: what a post or a paper says, and which measurement tests it (the files of a study's folder ``claims/``)."""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from pipeline.core.errors import WrongInput
from pipeline.core.words import spell
from pipeline.files import yaml_files
from pipeline.files.stage_files import first_fault
from pipeline.reporting.inputs.measures import Entry, Measure

PUBLISHED = "published.yaml"
TOUR = "tour.yaml"
GOAL = "our goal"

E = TypeVar("E", bound=Entry)


class Claim(Entry):
    """What is claimed, in our words; without a ``measure`` nothing here tests it yet."""

    says: str
    by: str | None = Field(default=None, description="who claims it; default: the post")
    measure: Measure | None = None
    note: str | None = Field(default=None, description="what the claim leaves open, and how the rule reads it")


class Axis(Entry):
    """What the positions of an input family's predictions stand for: evenly spaced values of ``label``."""

    label: str
    start: float
    stop: float


class Subject(Entry):
    """What the report says about one task."""

    title: str
    about: str
    claims: list[Claim]
    axes: dict[str, Axis] = Field(default={}, description="by input family, for tasks whose predictions are drawn")
    baselines: dict[str, str] = Field(default={}, description="by metric, what its baseline is, where it is not chance")


class Study(Entry):
    """The heading of a study's report and its first paragraph."""

    title: str = "Trailing Nines"
    about: str = "What can a recurrent network learn to compute, and how far past its training length does it stay right?"


class Step(Entry):
    """One step of the guided tour through the live page."""

    title: str
    says: str = Field(description="{first} stands for the place of the first net's first wrong answer, {right} for the exact one there")
    at: str = Field(
        pattern=r"^[^/\s]+/[^/\s]+/seed-(\d+|wrong|late|proved)/[^\s]+$",
        description="what is shown, as in a link to the page; seed-wrong and seed-proved are the first net of that verdict, seed-late "
        "the one that goes wrong latest in a run",
    )
    look: Literal["", "strip", "answer", "machine", "proof", "break"] = Field("", description="the part of the page that is pointed at")
    net: Literal["", "left", "right"] = Field("", description="of which net; empty: of both")
    play: bool = Field(False, description="whether the nets begin to read")


class Tour(Entry):
    """The guided tour."""

    tour: list[Step] = Field(default=[])


class _Document(Entry):
    """One file of claims; one of them may introduce the study."""

    study: Study | None = None
    tasks: dict[str, Subject] = Field(default={})
    goals: dict[str, list[Claim]] = Field(default={})


def load_subjects(folder: Path) -> dict[str, Subject]:
    """Read what a study says of each task, by name, from every ``*.yaml`` in ``folder`` but ``published.yaml`` and ``tour.yaml``.

    Goals are claims too. A study without a folder of claims has none.
    """
    subjects = {name: subject for document in _documents(folder) for name, subject in document.tasks.items()}
    for name, goals in load_goals(folder).items():
        known = subjects.get(name) or Subject(title=spell(name).capitalize(), about="", claims=[])
        subjects[name] = known.model_copy(update={"claims": [*known.claims, *goals]})
    return subjects


def load_study(folder: Path) -> Study:
    """Read how a study introduces its report; a general introduction where it has none."""
    return next((document.study for document in _documents(folder) if document.study), Study())


def load_tour(folder: Path) -> list[Step]:
    """Read the steps of the guided tour through the live page, from ``tour.yaml``; none where a study has no such file."""
    path = folder / TOUR
    return read_yaml(path, Tour).tour if path.is_file() else []


def load_goals(folder: Path) -> dict[str, list[Claim]]:
    """Read the study's own goals, by task."""
    own = {task: goals for document in _documents(folder) for task, goals in document.goals.items()}
    return {task: [goal.model_copy(update={"by": GOAL}) for goal in goals] for task, goals in own.items()}


def _documents(folder: Path) -> list[_Document]:
    files = sorted(path for path in folder.glob("[!.]*.yaml") if path.name not in (PUBLISHED, TOUR))
    return [read_yaml(path, _Document) for path in files]


def read_yaml(path: Path, kind: type[E]) -> E:
    """Read a file that a person wrote.

    Raises:
        WrongInput: It is no YAML, or does not have the right keys and values; the message names the file and the first fault.
    """
    try:
        return kind.model_validate(yaml_files.read_yaml(path) or {})
    except ValidationError as error:
        raise WrongInput(f"{path}: {first_fault(error)}") from error
