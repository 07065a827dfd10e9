"""The parts of the report: a section for each task, and in it a block for each experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.words import spell
from pipeline.reporting.figures import accuracy as accuracy_figure
from pipeline.reporting.figures import curves, machine, predictions, solving_dots
from pipeline.reporting.figures.machine import Machine
from pipeline.reporting.figures.style import Picture
from pipeline.reporting.inputs.claims import Claim, Subject
from pipeline.reporting.inputs.published import Published
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging import first_failures, solving
from pipeline.reporting.judging.rules import Evidence
from pipeline.reporting.judging.verdicts import Verdict, judge
from pipeline.reporting.tables import scores
from pipeline.reporting.tables.demonstration import Demonstration, demonstration


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict, and whose task it is."""

    task: str
    title: str
    claim: Claim
    verdict: Verdict

    @property
    def about(self) -> list[str]:
        """The experiments that answer it."""
        return self.claim.measure.needs if self.claim.measure else []


@dataclass(frozen=True)
class Block:
    """What the report says about one experiment: all of it on a page of its own, ``summary`` on the first page too."""

    name: str
    sentence: str
    items: list[tuple[str, str]]
    overview: scores.Overview | None
    scores: scores.ScoreTable
    baselines: str
    first_failing: first_failures.Table | None
    demonstration: Demonstration | None
    summary: tuple[Picture, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Section:
    """The part of the page about one task."""

    task: str
    title: str
    about: str
    blocks: tuple[Block, ...]
    solving: solving.Solving | None
    picture: Picture | None
    machine: Picture | None = None

    @property
    def pictures(self) -> list[Picture]:
        own = [picture for picture in (self.machine, self.picture) if picture]
        return own + [picture for block in self.blocks for picture in block.pictures]


def judged(tasks: Sequence[str], subjects: Mapping[str, Subject], evidence: Evidence) -> list[JudgedClaim]:
    """Judge every claim about ``tasks``."""
    return [
        JudgedClaim(task, subjects[task].title, claim, judge(claim.measure, evidence))
        for task in tasks
        if task in subjects
        for claim in subjects[task].claims
    ]


def section(task: str, group: Sequence[Results], subject: Subject | None, published: Published, computed: Machine | None = None) -> Section:
    """Put together what is known about a task from the results of its experiments, and the machine that its nets should compute."""
    compared = solving.compare(group, published)
    title = subject.title if subject else spell(task).capitalize()
    return Section(
        task=task,
        title=title,
        about=subject.about if subject else "",
        blocks=tuple(_block(results, subject) for results in group),
        solving=compared,
        picture=solving_dots.picture(task, compared) if compared else None,
        machine=machine.picture(computed, title) if computed else None,
    )


def _block(results: Results, subject: Subject | None) -> Block:
    accuracy = accuracy_figure.accuracy(results)
    predicted = predictions.predictions(results, subject.axes if subject else {})
    training = curves.training(results)
    return Block(
        name=results.experiment,
        sentence=scores.recipe_sentence(results),
        items=scores.recipe_items(results),
        overview=scores.overview(results),
        scores=scores.score_table(results),
        baselines=scores.baselines(results, subject.baselines if subject else {}),
        first_failing=first_failures.table(results),
        demonstration=demonstration(results),
        summary=tuple(picture for picture in (accuracy or predicted, training) if picture),
        pictures=tuple(picture for picture in (accuracy, predicted, curves.wrong(results), training) if picture),
    )
