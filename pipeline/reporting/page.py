"""The report as one self-contained page, with its pictures and the long CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.reporting import figures, solving, tables
from pipeline.reporting.claims import Claim, Published, Subject
from pipeline.reporting.results import Results
from pipeline.reporting.style import THEME, Picture, png, svg
from pipeline.reporting.verdicts import Verdict, judge
from pipeline.reporting.words import number, numeral, spell

STATUSES = {
    "confirmed": "confirmed",
    "depends": "depends on the seed",
    "not-confirmed": "not confirmed",
    "undecided": "undecided",
    "not-measured": "not measured",
}


@dataclass(frozen=True)
class Report:
    """What the stage writes: the page, PNG pictures by name (without ending), and the long CSV."""

    html: str
    pictures: Mapping[str, bytes]
    accuracy_csv: str


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
        published: Figures that a post printed.
    """
    tasks = list(dict.fromkeys(results.task for results in group))
    sections = [_section(task, [r for r in group if r.task == task], subjects.get(task), published) for task in tasks]
    pictures = [picture for section in sections for picture in section.pictures]
    html = (
        _environment()
        .get_template("page.html.j2")
        .render(
            sections=sections,
            claims=_judged(group, tasks, subjects),
            statuses=STATUSES,
            experiments=len(group),
            nets=sum(len(nets) for results in group for nets in results.endings.values()),
            theme=THEME,
        )
    )
    return Report(html, {picture.name: png(picture) for picture in pictures}, tables.accuracy_csv(group))


def _judged(group: Sequence[Results], tasks: Sequence[str], subjects: Mapping[str, Subject]) -> list[JudgedClaim]:
    by_name = {results.experiment: results for results in group}
    return [
        JudgedClaim(task, subjects[task].title, claim, judge(claim.measure, by_name))
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
        picture=solving.picture(task, compared) if compared else None,
    )


def _block(results: Results, subject: Subject | None) -> Block:
    drawn = (figures.accuracy(results), figures.predictions(results, subject.axes if subject else {}), figures.training(results))
    return Block(
        name=results.experiment,
        sentence=tables.recipe_sentence(results),
        items=tables.recipe_items(results),
        overview=tables.overview(results),
        scores=tables.score_table(results),
        pictures=tuple(picture for picture in drawn if picture),
    )


def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(numeral=numeral, number=number, spell=spell, svg=svg)
    return environment
