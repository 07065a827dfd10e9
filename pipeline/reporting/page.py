"""The report as pages that need no network: one to begin with, one for each experiment, the pictures, and the long CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.core.words import number, numeral, spell
from pipeline.files.timings import Timing
from pipeline.reporting.blocks import Section, judged, section
from pipeline.reporting.figures import sweeps
from pipeline.reporting.figures.retention import Memory, memory, told
from pipeline.reporting.figures.state_space import Portrait, portrait
from pipeline.reporting.figures.style import THEME, Picture, png, svg
from pipeline.reporting.inputs.certificates import Certificates, shortened
from pipeline.reporting.inputs.claims import Subject
from pipeline.reporting.inputs.published import Published
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.inputs.timings import duration, timing_table
from pipeline.reporting.judging import headlines
from pipeline.reporting.judging.rules import Evidence
from pipeline.reporting.tables import scores

STATUSES = {
    "confirmed": "confirmed",
    "depends": "depends on seed or length",
    "not-confirmed": "not confirmed",
    "undecided": "undecided",
    "not-measured": "not measured",
}
# On the first page a figure shows no more panels than these; the rest is on the experiment's page.
PANELS_AT_FIRST = 3


@dataclass(frozen=True)
class Extras:
    """What is known of some experiments only.

    Attributes:
        certificates: By experiment.
        portraits: One certified net of each experiment that has any.
        memories: By task, the nets whose memory is drawn.
        timings: By experiment and stage.
    """

    certificates: Mapping[str, Certificates] = field(default_factory=dict)
    portraits: Sequence[Portrait] = ()
    memories: Mapping[str, Sequence[Memory]] = field(default_factory=dict)
    timings: Mapping[str, Mapping[str, Timing]] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What the stage writes: the first page, one for each experiment by name, PNG pictures by name (without ending), the long CSV, and
    a few numbers by experiment.
    """

    html: str
    experiments: Mapping[str, str]
    pictures: Mapping[str, bytes]
    accuracy_csv: str
    headlines: Mapping[str, Any]


@dataclass(frozen=True)
class _Why:
    """A picture of what goes on inside nets, and what it shows: the net or nets that are drawn."""

    picture: Picture
    subject: Any
    said: str = ""


def compose(group: Sequence[Results], subjects: Mapping[str, Subject], published: Published, extras: Extras | None = None) -> Report:
    """Put the report together.

    Args:
        group: The experiments' results, in the order in which they shall appear.
        subjects: Titles and claims by task; a task that is not in it gets a section without claims.
        published: Figures that the posts and the paper printed.
        extras: Certificates, pictures of what goes on inside nets, and timings, as far as there are any.
    """
    extras = extras or Extras()
    # A task without results has its section too: what is said of it stands there, not measured.
    tasks = list(dict.fromkeys([*(results.task for results in group), *subjects]))
    sections = [section(task, [r for r in group if r.task == task], subjects.get(task), published) for task in tasks]
    evidence = Evidence({results.experiment: results for results in group}, published, extras.certificates)
    opening = sweeps.overview(group, subjects)
    portraits = [_Why(portrait(net), net) for net in extras.portraits]
    memories = [_Why(memory(task, nets), nets, told(nets)) for task, nets in extras.memories.items() if nets]
    known: dict[str, Any] = {
        "sections": sections,
        "claims": judged(tasks, subjects, evidence),
        "certificates": extras.certificates,
        "portraits": portraits,
        "memories": memories,
        "timings": timing_table(extras.timings, extras.certificates),
    }
    counts = {"experiments": len(group), "nets": sum(len(nets) for results in group for nets in results.endings.values())}
    first = known | counts | {"overview": opening, "heat": sweeps.heat_map(group), "statuses": STATUSES, "panels": PANELS_AT_FIRST}
    html, pages = _rendered(sections, first, known)
    pictures = [picture for own in sections for picture in own.pictures] + [why.picture for why in (*portraits, *memories)]
    drawn = {picture.name: png(picture) for picture in ([opening] if opening else []) + pictures}
    return Report(html, pages, drawn, scores.accuracy_csv(group), headlines.headlines(group))


def _rendered(sections: Sequence[Section], first: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    environment = _environment()
    template = environment.get_template("experiment.html.j2")
    pages = {block.name: template.render(**known, section=own, block=block) for own in sections for block in own.blocks}
    return environment.get_template("index.html.j2").render(**first), pages


def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(numeral=numeral, number=number, spell=spell, svg=svg, duration=duration, shortened=shortened)
    environment.globals.update(theme=THEME, colours={light: f"var(--{name})" for name, (light, _) in THEME.items()})
    return environment
