"""The report as pages that need no network: one to begin with, one for each experiment, the pictures, and the long CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.core.words import number, numeral, spell
from pipeline.files.guarantees import Guarantees
from pipeline.files.timings import Timing
from pipeline.reporting.blocks import JudgedClaim, Section, judged, section
from pipeline.reporting.figures import retention, state_space, sweeps
from pipeline.reporting.figures.machine import Machine
from pipeline.reporting.figures.retention import Retention
from pipeline.reporting.figures.state_space import StateSpace
from pipeline.reporting.figures.style import THEME, Picture, png, svg
from pipeline.reporting.inputs.certificates import Certificates, shortened
from pipeline.reporting.inputs.claims import Study, Subject
from pipeline.reporting.inputs.published import Published
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.inputs.timings import duration, timing_table
from pipeline.reporting.judging import headlines
from pipeline.reporting.judging.rules import Evidence
from pipeline.reporting.tables import scores, summary
from pipeline.reporting.tables.board import Pairs, board_table, published_table

STATUSES = {
    "confirmed": "confirmed",
    "depends": "depends on seed or length",
    "not-confirmed": "not confirmed",
    "undecided": "undecided",
    "not-measured": "not measured",
}
# The most panels of one figure on the first page; the experiment's own page shows all.
PANELS_ON_FIRST_PAGE = 3


@dataclass(frozen=True)
class Extras:
    """What is known of some experiments only.

    Attributes:
        certificates: By experiment.
        state_spaces: One certified net of each experiment that has any.
        retentions: By task, the nets whose retention of a state is drawn.
        timings: By experiment and stage.
        machines: By task, what its nets should compute.
        guarantees: By experiment, of nets that are no finite-state machines.
    """

    certificates: Mapping[str, Certificates] = field(default_factory=dict)
    state_spaces: Sequence[StateSpace] = ()
    retentions: Mapping[str, Sequence[Retention]] = field(default_factory=dict)
    timings: Mapping[str, Mapping[str, Timing]] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)
    guarantees: Mapping[str, Guarantees] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What the stage writes.

    Attributes:
        html: The first page.
        experiments: A page for each experiment, by name.
        overview: The first page's first picture as PNG; ``None`` where nothing was tested beyond its training length.
        pictures: All other pictures as PNG, by name without ending.
        accuracy_csv: Accuracies by length, for plots.
        summary_csv: Every figure that sums an experiment up.
        headlines: A few numbers by experiment.
        claims: Every claim with its verdict.
    """

    html: str
    experiments: Mapping[str, str]
    overview: bytes | None
    pictures: Mapping[str, bytes]
    accuracy_csv: str
    summary_csv: str
    headlines: Mapping[str, Any]
    claims: Sequence[JudgedClaim] = ()


@dataclass(frozen=True)
class _Internals:
    """A picture of the hidden states of nets, the net or nets that are drawn, and a sentence on what is seen."""

    picture: Picture
    subject: Any
    description: str = ""


def compose(
    group: Sequence[Results],
    subjects: Mapping[str, Subject],
    published: Published,
    extras: Extras | None = None,
    board: Pairs | None = None,
    study: Study | None = None,
) -> Report:
    """Put the report together.

    Args:
        group: The experiments' results, in the order in which they appear.
        subjects: Titles and claims by task; a task that is not in it gets a section without claims.
        published: Figures that the posts and the paper printed.
        board: The experiment of each task with each model, for a study that compares all pairs of them.
        study: The heading and the introduction.
        extras: Certificates, pictures of the hidden states of nets, and timings, as far as there are any.
    """
    extras = extras or Extras()
    # A task without results has its section too: what is said of it stands there, not measured.
    tasks = list(dict.fromkeys([*(results.task for results in group), *subjects]))
    sections = [
        section(task, [r for r in group if r.task == task], subjects.get(task), published, extras.machines.get(task)) for task in tasks
    ]
    evidence = Evidence({results.experiment: results for results in group}, published, extras.certificates)
    opening = sweeps.overview(group, subjects)
    spaces = [_Internals(state_space.picture(net), net) for net in extras.state_spaces]
    retentions = [
        _Internals(retention.picture(task, nets), nets, retention.described(nets)) for task, nets in extras.retentions.items() if nets
    ]
    known: dict[str, Any] = {
        "sections": sections,
        "claims": judged(tasks, subjects, evidence),
        "certificates": extras.certificates,
        "guarantees": extras.guarantees,
        "state_spaces": spaces,
        "retentions": retentions,
        "study": study or Study(),
        "timings": timing_table(extras.timings, extras.certificates),
    }
    counts = {
        "experiments": len(group),
        "tasks": len({results.task for results in group}),
        "nets": sum(len(nets) for results in group for nets in results.endings.values()),
    }
    shown = {"statuses": STATUSES, "panels": PANELS_ON_FIRST_PAGE, "overview": opening, "heat": sweeps.heat_map(group)}
    table = board_table(board, group, extras.certificates, subjects) if board else None
    first = known | counts | shown | {"board": table, "others": published_table(table, published.boards) if table else None}
    html, pages = _rendered(sections, first, known)
    pictures = [picture for own in sections for picture in own.pictures] + [internals.picture for internals in (*spaces, *retentions)]
    drawn = {picture.name: png(picture) for picture in pictures}
    return Report(
        html,
        pages,
        png(opening) if opening else None,
        drawn,
        scores.accuracy_csv(group),
        summary.summary_csv(group, extras.certificates),
        headlines.headlines(group),
        known["claims"],
    )


def _rendered(sections: Sequence[Section], first: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    templates = environment()
    template = templates.get_template("experiment.html.j2")
    pages = {block.name: template.render(**known, section=own, block=block) for own in sections for block in own.blocks}
    return templates.get_template("index.html.j2").render(**first), pages


def environment() -> Environment:
    """Return the templates of all pages, with what they call."""
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(numeral=numeral, number=number, spell=spell, svg=svg, duration=duration, shortened=shortened)
    made.globals.update(theme=THEME, colours={light: f"var(--{name})" for name, (light, _) in THEME.items()})
    return made
