"""The live page: nets, tasks and the guided tour as data, and the scripts that compute with them, in one file; nets that
do not fit into it lie beside it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

from pipeline.core.examples import Array
from pipeline.core.notation import InputError
from pipeline.core.task import Task
from pipeline.core.words import spell
from pipeline.reporting.inputs.claims import Step, Study, Subject
from pipeline.reporting.live.nets import Shown
from pipeline.reporting.live.notation import NoNotation, examples, notation
from pipeline.reporting.live.packing import ROOM, Json, Packed, pack
from pipeline.reporting.live.rules import holding, rule

# In the order in which they need each other.
SCRIPTS = (
    "packs", "layers", "nets", "tasks", "breaking", "address", "drawing", "machine", "space", "attention", "memory", "player", "choice",
    "answers", "panel", "tour", "main",
)  # fmt: skip
EXAMPLES = 12
# Rules by which the last answer is the first symbol.
RECALLING = ("first", "next")


@dataclass(frozen=True)
class Live:
    """The page, and the text of ``live/<experiment>.js`` by experiment."""

    html: str
    beside: Mapping[str, str]


def live_page(
    environment: Environment, group: Sequence[Shown], tasks: Mapping[str, Task], subjects: Mapping[str, Subject], study: Study,
    tour: Sequence[Step], room: int = ROOM,
) -> Live:  # fmt: skip
    """Write the page, and what lies beside it.

    Args:
        environment: The report's templates.
        group: The experiments with their nets; one whose task cannot be written by a browser is left out, and named on the page.
        tasks: By name.
        subjects: Titles by task.
        study: The heading.
        tour: The steps of the guided tour; none: there is no tour.
        room: Characters that the nets in the page may take; the others lie beside it.
    """
    data, packed = page_data(group, tasks, subjects, study, tour, room)
    templates = Path(__file__).parents[1] / "templates" / "live"
    scripts = [Markup((templates / f"{name}.js").read_text(encoding="utf-8")) for name in SCRIPTS]
    # Nothing in a text may end the script that holds it.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    shown = {experiment["name"] for experiment in data["experiments"]}
    left_out = [own.experiment for own in group if own.experiment not in shown]
    html = environment.get_template("live/live.html.j2").render(
        study=study,
        data=Markup(text),
        scripts=scripts,
        left_out=left_out,
        beside=list(packed.beside),
        tour=bool(data["tour"]),
        some=bool(shown),
    )
    return Live(html, packed.beside)


def page_data(
    group: Sequence[Shown], tasks: Mapping[str, Task], subjects: Mapping[str, Subject], study: Study, tour: Sequence[Step],
    room: int = ROOM,
) -> tuple[Json, Packed]:  # fmt: skip
    """Return what the page's scripts read, and the nets among it."""
    known: dict[str, dict[int, Json]] = {}
    for shown in group:
        name, length = shown.task, shown.nets[0].length if shown.nets else 0
        if name in tasks and length and length not in known.setdefault(name, {}):
            try:
                known[name][length] = variant(tasks[name], length)
            except NoNotation:
                continue
    packed = pack([shown for shown in group if shown.nets and shown.nets[0].length in known.get(shown.task, {})], room)
    used = list(dict.fromkeys(experiment["task"] for experiment in packed.experiments))
    data = {
        "study": study.title,
        "tasks": [_task(name, tasks[name].summary, subjects.get(name), list(known[name].values())) for name in used],
        "experiments": packed.experiments,
        "tour": [step.model_dump() for step in tour if _shown(step, packed.experiments)],
    }
    return data, packed


def _shown(step: Step, experiments: Sequence[Json]) -> bool:
    task, net, *_ = step.at.split("/")
    return any(experiment["task"] == task and experiment["name"] in (net, f"{task}-{net}") for experiment in experiments)


def _task(name: str, summary: str, subject: Subject | None, variants: list[Json]) -> Json:
    title, about = (subject.title, subject.about) if subject else (spell(name).capitalize(), summary)
    # What follows is about training and papers, and stands in the report.
    first = " ".join(re.split(r"(?<=\.)\s+", about)[:2])
    return {"name": name, "title": title, "about": first, "variants": variants}


def variant(task: Task, length: int) -> Json:
    """Describe a task to a browser, for nets that were trained at ``length``.

    Raises:
        NoNotation: Its inputs or answers are not symbols in a row.
    """
    # Where each length has nets of its own, or symbols of its own, those of another length are no inputs.
    longer = 2 * length + 1
    variable = len(task.training_size.nets) == 1 and task.spec(length).inputs == task.spec(longer).inputs
    lengths = [length, longer] if variable else [length]
    written = notation(task, length, lengths)
    rng = np.random.default_rng(1)
    drawn = examples(task, rng, 100, lengths)
    run = holding(task.transducer) if task.transducer else None
    found = rule(task, [inputs for _, inputs in drawn])
    recalls = found is not None and found["kind"] in RECALLING
    return {
        "length": length,
        "variable": variable,
        "form": task.spec(length).answer,
        "inputs": vars(written.inputs),
        "suffix": written.suffix,
        "cell": written.cell,
        "outputs": vars(written.outputs),
        "free": written.free,
        "rule": found,
        "run": run and run | {"word": _plural(written.inputs.names[run["symbol"]])},
        "pair": next(_pairs(task, [inputs for _, inputs in drawn]), None) if recalls else None,
        "examples": [text for text, _ in drawn[:EXAMPLES]],
    }


def _plural(name: str) -> str:
    digits = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")
    return digits[int(name)] if name in tuple("0123456789") else f"{name}s"


def _pairs(task: Task, inputs: Sequence[Array]) -> Iterator[Json]:
    """Find inputs that differ in their first symbol alone and are answered otherwise at the end."""
    for row in inputs:
        for symbol in range(task.spec(len(row)).inputs or 0):
            other = row.copy()
            other[0] = symbol
            if symbol != row[0] and _is_input(task, other) and task.oracle(other[None])[0, -1] != task.oracle(row[None])[0, -1]:
                yield {"first": [int(row[0]), symbol], "rest": row[1:].tolist()}


def _is_input(task: Task, inputs: Array) -> bool:
    try:
        return np.array_equal(task.parse(task.show(inputs)), inputs)
    except InputError:
        return False
