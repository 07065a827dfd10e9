"""The report as one self-contained page, with its pictures and the long CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.reporting import curves, figures, firsts, headlines, predictions, solving, solving_figure, tables
from pipeline.reporting.claims import Claim, Subject
from pipeline.reporting.demonstration import Demonstration, demonstration
from pipeline.reporting.published import Published
from pipeline.reporting.results import Results
from pipeline.reporting.rules import Evidence
from pipeline.reporting.style import THEME, Picture, png, svg
from pipeline.reporting.verdicts import Verdict, judge
from pipeline.reporting.words import number, numeral, spell

STATUSES = {
    "confirmed": "confirmed",
    "depends": "depends on seed or length",
    "not-confirmed": "not confirmed",
    "undecided": "undecided",
    "not-measured": "not measured",
}


@dataclass(frozen=True)
class Report:
    """What the stage writes: the page, PNG pictures by name (without ending), the long CSV, and a few numbers by experiment."""

    html: str
    pictures: Mapping[str, bytes]
    accuracy_csv: str
    headlines: Mapping[str, Any]


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict, and whose task it is."""

    task: str
    title: str
    claim: Claim
    verdict: Verdict


@dataclass(frozen=True)
class Block:
    """The part of the page about one experiment."""

    name: str
    sentence: str
    items: list[tuple[str, str]]
    overview: tables.Overview | None
    scores: tables.ScoreTable
    baselines: str
    firsts: firsts.Table | None
    demonstration: Demonstration | None
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

    @property
    def pictures(self) -> list[Picture]:
        own = [self.picture] if self.picture else []
        return own + [picture for block in self.blocks for picture in block.pictures]


def compose(group: Sequence[Results], subjects: Mapping[str, Subject], published: Published) -> Report:
    """Put the report together.

    Args:
        group: The experiments' results, in the order in which they shall appear.
        subjects: Titles and claims by task; a task that is not in it gets a section without claims.
        published: Figures that the posts and the paper printed.
    """
    # A task without results has its section too: what is said of it stands there, not measured.
    tasks = list(dict.fromkeys([*(results.task for results in group), *subjects]))
    sections = [_section(task, [r for r in group if r.task == task], subjects.get(task), published) for task in tasks]
    pictures = [picture for section in sections for picture in section.pictures]
    html = (
        _environment()
        .get_template("page.html.j2")
        .render(
            sections=sections,
            claims=_judged(tasks, subjects, Evidence({results.experiment: results for results in group}, published)),
            statuses=STATUSES,
            experiments=len(group),
            nets=sum(len(nets) for results in group for nets in results.endings.values()),
            theme=THEME,
        )
    )
    return Report(html, {picture.name: png(picture) for picture in pictures}, tables.accuracy_csv(group), headlines.headlines(group))


def _judged(tasks: Sequence[str], subjects: Mapping[str, Subject], evidence: Evidence) -> list[JudgedClaim]:
    return [
        JudgedClaim(task, subjects[task].title, claim, judge(claim.measure, evidence))
        for task in tasks
        if task in subjects
        for claim in subjects[task].claims
    ]


def _section(task: str, group: Sequence[Results], subject: Subject | None, published: Published) -> Section:
    compared = solving.compare(group, published)
    return Section(
        task=task,
        title=subject.title if subject else spell(task).capitalize(),
        about=subject.about if subject else "",
        blocks=tuple(_block(results, subject) for results in group),
        solving=compared,
        picture=solving_figure.picture(task, compared) if compared else None,
    )


def _block(results: Results, subject: Subject | None) -> Block:
    drawn = (
        figures.accuracy(results),
        predictions.predictions(results, subject.axes if subject else {}),
        curves.wrong(results),
        curves.training(results),
    )
    return Block(
        name=results.experiment,
        sentence=tables.recipe_sentence(results),
        items=tables.recipe_items(results),
        overview=tables.overview(results),
        scores=tables.score_table(results),
        baselines=tables.baselines(results, subject.baselines if subject else {}),
        firsts=firsts.table(results),
        demonstration=demonstration(results),
        pictures=tuple(picture for picture in drawn if picture),
    )


def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(numeral=numeral, number=number, spell=spell, svg=svg)
    return environment
