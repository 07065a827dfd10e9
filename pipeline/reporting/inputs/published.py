"""Figures that others printed, to be shown beside ours (``published.yaml``)."""

from pathlib import Path

from pydantic import Field, model_validator

from pipeline.reporting.inputs.claims import PUBLISHED, read_yaml
from pipeline.reporting.inputs.measures import Entry


class Mean(Entry):
    """What a paper prints about an experiment at one training length: a mean over trials, and not each trial's number."""

    experiment: str = Field(description="ours, beside which the figure is shown")
    length: int = Field(description="our training length beside which it is shown")
    setting: str = Field(description="which experiment of the paper, in its own terms")
    sequences: int | None = Field(description="mean number of training sequences until success; none: no trial succeeded")
    share: float | None = Field(default=None, description="of trials that succeeded; none: not printed")
    trials: int | None = None
    criterion: str = Field(description="what counts as success there, in words")
    run_included: bool = Field(description="whether the count includes the run of successes that the criterion asks for")
    comment: str | None = None
    source: str


class Figure(Entry):
    """A percentage that a paper prints."""

    mean: float = Field(description="the paper's figure: a mean or a maximum, as measured says")
    deviation: float | None = Field(default=None, description="over seeds; none: not printed")


class PublishedNet(Entry):
    """One row of a paper's table."""

    net: str = Field(description="as the paper names it")
    percent: dict[str, Figure] = Field(description="by task of the board")


class PublishedBoard(Entry):
    """A paper's table of nets on tasks of a board."""

    source: str
    measured: str = Field(description="what a figure is: trained how, tested on what, over which seeds")
    nets: list[PublishedNet]


class Published(Entry):
    """Training sequences until the criterion was met, as a post printed them, by experiment and length; ``None``: not within ``limit``."""

    limit: int = 0
    source: str = ""
    criterion: str = Field(default="", description="when a net has solved the task there, in words")
    run_included: bool = Field(default=True, description="whether the counts include the run of successes that the criterion asks for")
    experiments: dict[str, dict[int, list[int | None]]] = Field(default={})
    means: list[Mean] = Field(default=[])
    boards: list[PublishedBoard] = Field(default=[], description="accuracies of other nets on the tasks of a study that is a board")

    @model_validator(mode="after")
    def _counts_are_explained(self) -> "Published":
        if self.experiments and not (self.limit and self.source and self.criterion):
            raise ValueError("expected limit, source and criterion beside experiments")
        return self


def load_published(folder: Path) -> Published:
    """Read the figures that the posts and the paper printed from a study's folder of claims; none where it has no such file."""
    path = folder / PUBLISHED
    if not path.is_file():
        return Published()
    return read_yaml(path, Published)
