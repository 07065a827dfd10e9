"""The posts' claims as data: what each says, and which measurement answers it (``claims.yaml``)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from ruamel.yaml import YAML

from pipeline.core.params import Strict

FOLDER = Path(__file__).parent


class Entry(Strict):
    """An entry of a data file; YAML knows no tuples, so a list is taken for one."""

    model_config = ConfigDict(strict=False)


class ScoreMeasure(Entry):
    """A seed meets the claim if ``metric`` compares so with ``value`` on every test set that is named."""

    kind: Literal["score"]
    experiment: str
    metric: str
    probes: list[str]
    lengths: tuple[int, int] = Field(description="the shortest and the longest test length, both included")
    comparison: Literal["at_least", "at_most", "below"]
    value: float | Literal["baseline"] = Field(description="a number, or the baseline of each test set")


class CurveMeasure(Entry):
    """A net meets the claim if its training curve of ``metric`` has reached at least ``value``."""

    kind: Literal["curve"]
    experiment: str
    metric: str
    up_to_epoch: float | None = Field(default=None, description="anywhere up to here; default: at the last point")
    value: float


class SolvedMeasure(Entry):
    """A net meets the claim if it met the stopping rule within ``steps`` (or if it did not, where ``solved`` is false)."""

    kind: Literal["solved"]
    experiment: str
    lengths: tuple[int, int] = Field(description="the shortest and the longest training length, both included")
    steps: int
    solved: bool = True


class SoonerMeasure(Entry):
    """A training length meets the claim if the median net of ``experiment`` is solved in fewer steps than that of ``than``."""

    kind: Literal["sooner"]
    experiment: str
    than: str
    lengths: tuple[int, int]


Measure = Annotated[ScoreMeasure | CurveMeasure | SolvedMeasure | SoonerMeasure, Field(discriminator="kind")]


class Claim(Entry):
    """What a post says, in our words; without a ``measure`` nothing here answers it yet."""

    says: str
    measure: Measure | None = None
    note: str | None = Field(default=None, description="what the post leaves open and how the rule settles it")


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


class Published(Entry):
    """Training sequences until solved, as a post printed them, by experiment and length; ``None``: not within ``limit``."""

    limit: int
    source: str
    experiments: dict[str, dict[int, list[int | None]]]


class _Claims(Entry):
    tasks: dict[str, Subject]


def load_subjects(path: Path = FOLDER / "claims.yaml") -> dict[str, Subject]:
    """Read what is known about each task, by name."""
    return _Claims.model_validate(YAML(typ="safe").load(path)).tasks


def load_published(path: Path = FOLDER / "published.yaml") -> Published:
    """Read the figures that the posts printed."""
    return Published.model_validate(YAML(typ="safe").load(path))
