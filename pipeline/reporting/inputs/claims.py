"""Claims as data: what a post or a paper says, and which measurement tests it (the files of a study's folder ``claims/``)."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.core.errors import WrongInput
from pipeline.core.fields import Strict
from pipeline.core.words import spell
from pipeline.files.json_files import first_fault

PUBLISHED = "published.yaml"
GOAL = "our goal"
Span = Annotated[tuple[int, int], Field(description="the least and the greatest, both included")]


class Entry(Strict):
    """An entry of a data file; a list is accepted where a tuple is expected, since YAML has no tuples."""

    model_config = ConfigDict(strict=False)


E = TypeVar("E", bound=Entry)


class Measurement(Entry):
    """What every kind of measure has."""

    experiment: str

    @property
    def needs(self) -> list[str]:
        """The experiments whose results the measure looks at."""
        return [self.experiment]


class ScoreMeasure(Measurement):
    """A seed meets the claim if ``metric`` compares so with ``value`` on every test set that is named."""

    kind: Literal["score"]
    metric: str
    probes: list[str]
    lengths: Span
    comparison: Literal["at_least", "at_most", "below"]
    value: float | Literal["baseline"] = Field(description="a number, or the baseline of each test set")


class CurveMeasure(Measurement):
    """A net meets the claim if its training curve of ``metric`` has reached ``value``."""

    kind: Literal["curve"]
    metric: str
    up_to_epoch: float | None = Field(default=None, description="anywhere up to here; default: at the last point")
    comparison: Literal["at_least", "at_most"] = "at_least"
    value: float


class FirstFailingMeasure(Measurement):
    """A seed meets the claim if its first failing length on inputs of the family ``probe`` lies in ``lengths``."""

    kind: Literal["first_failing"]
    probe: str
    lengths: Span


class SimilarMeasure(Measurement):
    """A test set meets the claim if the median seeds of ``experiment`` and of ``to`` score within ``margin`` of each other."""

    kind: Literal["similar"]
    to: str
    metric: str
    probes: list[str]
    lengths: Span
    margin: float

    @property
    def needs(self) -> list[str]:
        return [self.experiment, self.to]


class SolvedMeasure(Measurement):
    """A net meets the claim if it met its stopping criterion within ``steps`` (where ``solved`` is false: if it did not)."""

    kind: Literal["solved"]
    lengths: Span = Field(description="training lengths")
    steps: int
    solved: bool = True


class SoonerMeasure(Measurement):
    """A training length meets the claim if the median net of ``experiment`` needs fewer sequences until solved than that of ``than``."""

    kind: Literal["sooner"]
    than: str
    lengths: Span

    @property
    def needs(self) -> list[str]:
        return [self.experiment, self.than]


class AgreesMeasure(Measurement):
    """A training length meets the claim if a rank-sum test does not tell our sequences until solved from the published ones."""

    kind: Literal["agrees"]
    lengths: Span


class ProvedMeasure(Measurement):
    """A seed meets the claim if it is proved right at every length, within so many ``seconds``."""

    kind: Literal["proved"]
    seconds: float | None = None


Measure = Annotated[
    ScoreMeasure | CurveMeasure | FirstFailingMeasure | SimilarMeasure | SolvedMeasure | SoonerMeasure | AgreesMeasure | ProvedMeasure,
    Field(discriminator="kind"),
]


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


class _Document(Entry):
    """One file of claims; one of them may introduce the study."""

    study: Study | None = None
    tasks: dict[str, Subject] = Field(default={})
    goals: dict[str, list[Claim]] = Field(default={})


def load_subjects(folder: Path) -> dict[str, Subject]:
    """Read what a study says of each task, by name, from every ``*.yaml`` in ``folder`` but ``published.yaml``.

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


def load_goals(folder: Path) -> dict[str, list[Claim]]:
    """Read the study's own goals, by task."""
    own = {task: goals for document in _documents(folder) for task, goals in document.goals.items()}
    return {task: [goal.model_copy(update={"by": GOAL}) for goal in goals] for task, goals in own.items()}


def _documents(folder: Path) -> list[_Document]:
    files = sorted(path for path in folder.glob("*.yaml") if path.name != PUBLISHED)
    return [read_yaml(path, _Document) for path in files]


def read_yaml(path: Path, kind: type[E]) -> E:
    """Read a file that a person wrote.

    Raises:
        WrongInput: It is no YAML, or does not have the right keys and values; the message names the file and the first fault.
    """
    try:
        return kind.model_validate(YAML(typ="safe").load(path) or {})
    except YAMLError as error:
        raise WrongInput(f"{path}: expected YAML, got: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise WrongInput(f"{path}: {first_fault(error)}") from error
