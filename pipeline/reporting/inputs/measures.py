"""The kinds of measurement that test a claim, as data: each names an experiment, and what must hold for it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from pipeline.core.fields import Strict

Span = Annotated[tuple[int, int], Field(description="the least and the greatest, both included")]


class Entry(Strict):
    """An entry of a data file; a list is accepted where a tuple is expected, since YAML has no tuples."""

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
    families: list[str]
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
    """A seed meets the claim if its first failing length on inputs of the family ``family`` lies in ``lengths``."""

    kind: Literal["first_failing"]
    family: str
    lengths: Span


class SimilarMeasure(Measurement):
    """A test set meets the claim if scores of ``experiment`` and of ``to`` are equivalent to within ``margin``; fails if surely not."""

    kind: Literal["similar"]
    to: str
    metric: str
    families: list[str]
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
    """A training length meets the claim if nets of ``experiment`` surely need fewer sequences until solved than those of ``than``."""

    kind: Literal["sooner"]
    than: str
    lengths: Span

    @property
    def needs(self) -> list[str]:
        return [self.experiment, self.than]


class AgreesMeasure(Measurement):
    """A training length meets the claim if our nets need as many sequences as the published ones, to within ``factor``.

    It fails if a log-rank test finds a difference; else the claim is not refuted there.
    """

    kind: Literal["agrees"]
    lengths: Span
    factor: float = Field(default=1.5, gt=1, description="how many times as many sequences, either way, still count as equally many")


class ProvedMeasure(Measurement):
    """A seed meets the claim if it is proved right at every length, within so many ``seconds``."""

    kind: Literal["proved"]
    seconds: float | None = None


Measure = Annotated[
    ScoreMeasure | CurveMeasure | FirstFailingMeasure | SimilarMeasure | SolvedMeasure | SoonerMeasure | AgreesMeasure | ProvedMeasure,
    Field(discriminator="kind"),
]
