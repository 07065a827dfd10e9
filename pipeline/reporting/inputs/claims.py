"""Claims as data: what a post (or the paper behind it) says, and which measurement answers it (a study's folder ``claims/``)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from ruamel.yaml import YAML

from pipeline.core.fields import Strict

PUBLISHED = "published.yaml"
GOAL = "our goal"
Span = Annotated[tuple[int, int], Field(description="the least and the greatest, both included")]


class Entry(Strict):
    """An entry of a data file; YAML knows no tuples, so a list is taken for one."""

    model_config = ConfigDict(strict=False)


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


class FirstWrongMeasure(Measurement):
    """A seed meets the claim if the shortest test length of ``probe`` with a wrong answer lies in ``lengths``."""

    kind: Literal["first_wrong"]
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
    """A net meets the claim if it met the stopping rule within ``steps`` (or if it did not, where ``solved`` is false)."""

    kind: Literal["solved"]
    lengths: Span = Field(description="training lengths")
    steps: int
    solved: bool = True


class SoonerMeasure(Measurement):
    """A training length meets the claim if the median net of ``experiment`` is solved in fewer steps than that of ``than``."""

    kind: Literal["sooner"]
    than: str
    lengths: Span

    @property
    def needs(self) -> list[str]:
        return [self.experiment, self.than]


class AgreesMeasure(Measurement):
    """A training length meets the claim if a rank-sum test does not tell our nets' times until solved from the published ones."""

    kind: Literal["agrees"]
    lengths: Span


class ProvedMeasure(Measurement):
    """A seed meets the claim if it is proved right at every length, within so many ``seconds``."""

    kind: Literal["proved"]
    seconds: float | None = None


Measure = Annotated[
    ScoreMeasure | CurveMeasure | FirstWrongMeasure | SimilarMeasure | SolvedMeasure | SoonerMeasure | AgreesMeasure | ProvedMeasure,
    Field(discriminator="kind"),
]


class Claim(Entry):
    """What is said, in our words; without a ``measure`` nothing here answers it yet."""

    says: str
    by: str | None = Field(default=None, description="who says it; default: the post")
    measure: Measure | None = None
    note: str | None = Field(default=None, description="what is left open and how the rule settles it")


class Axis(Entry):
    """What the positions of a probe's predictions stand for: evenly spaced values of ``label``."""

    label: str
    start: float
    stop: float


class Subject(Entry):
    """What the report says about one task."""

    title: str
    about: str
    claims: list[Claim]
    axes: dict[str, Axis] = Field(default={}, description="by probe, for tasks whose predictions are drawn")
    baselines: dict[str, str] = Field(default={}, description="by metric, what its baseline is, where it is not chance")


class _Document(Entry):
    """One file of claims."""

    tasks: dict[str, Subject] = Field(default={})
    goals: dict[str, list[Claim]] = Field(default={})


def load_subjects(folder: Path) -> dict[str, Subject]:
    """Read what a study says of each task, by name, from every ``*.yaml`` in ``folder`` but ``published.yaml``.

    Goals are claims too. A study without a folder of claims has none.
    """
    subjects = {name: subject for document in _documents(folder) for name, subject in document.tasks.items()}
    for name, goals in load_goals(folder).items():
        subjects[name] = subjects[name].model_copy(update={"claims": [*subjects[name].claims, *goals]})
    return subjects


def load_goals(folder: Path) -> dict[str, list[Claim]]:
    """Read the study's own goals, by task."""
    own = {task: goals for document in _documents(folder) for task, goals in document.goals.items()}
    return {task: [goal.model_copy(update={"by": GOAL}) for goal in goals] for task, goals in own.items()}


def _documents(folder: Path) -> list[_Document]:
    files = sorted(path for path in folder.glob("*.yaml") if path.name != PUBLISHED)
    return [_Document.model_validate(YAML(typ="safe").load(path)) for path in files]
