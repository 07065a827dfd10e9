"""Stage ``report``: every experiment's results -> ``data/report/``: its pages, their pictures, and the figures as files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.config import paths
from pipeline.core.folders import replace_file
from pipeline.core.task import Task
from pipeline.experiment.entry import Experiment
from pipeline.files import guarantees as guarantee_files
from pipeline.internals import live
from pipeline.reporting.inputs.certificates import read_certificates
from pipeline.reporting.inputs.claims import load_study, load_subjects, load_tour
from pipeline.reporting.inputs.published import load_published
from pipeline.reporting.inputs.results import Results, read
from pipeline.reporting.inputs.timings import read_timings
from pipeline.reporting.live.page import live_page
from pipeline.reporting.page import Extras, compose, environment
from pipeline.reporting.tables.board import Pairs
from pipeline.reporting.verdict_rows import claims_csv
from pipeline.stages import internals, processor
from pipeline.stages.cards import card

# DVC warns of a folder that is empty, as this one is where all nets fit into the page.
LIVE = "Nets that do not fit into live.html, the page beside this folder: it reads them from here when somebody chooses one. Copy both.\n"


def run(experiments: Iterable[Experiment], data: Path, board: Pairs | None = None) -> Path:
    """Write the report on ``experiments`` and return its first page.

    Of a ``board``, experiments that were never trained are left out, and their cells are empty.

    Reads ``<data>/models/<experiment>/`` and ``<data>/results/<experiment>/``, and as far as they are there ``<data>/certificates/`` and
    ``<data>/timings/``; writes ``<data>/report/index.html``, ``live.html``, ``live/*.js``, ``experiments/*.html``, ``accuracy.csv``,
    ``summary.csv``, ``claims.csv``, ``metrics.json``, ``cards/*.md``, ``overview/*.png`` and ``figures/*.png``. Every file is replaced
    in one step, the first page last.

    Raises:
        Mendable: A file is missing or unreadable; nothing has been written.
    """
    asked = list(experiments) if board is None else evaluated(experiments, data)
    group = [read(e.name, data / "models" / e.name, data / "results" / e.name, e.source, e.tuned_on or ()) for e in asked]
    claims = paths.claims()
    tasks = {e.task.name: e.task for e in asked}
    subjects, study, extras = load_subjects(claims), load_study(claims), _extras(group, tasks, data)
    report = compose(group, subjects, load_published(claims), extras, board, study)
    shown = live.shown(group, tasks, extras.certificates, data / "models", data / "certificates", extras.guarantees)
    live_nets = live_page(environment(), shown, tasks, subjects, study, load_tour(claims))
    of = subjects, extras.certificates, extras.guarantees
    cards = {own.experiment: card(own, e.task, *of).encode() for e, own in zip(asked, group, strict=True)}
    folder = data / "report"
    _replace_all(folder / "cards", ".md", cards)
    _replace_all(folder / "figures", ".png", report.pictures)
    _replace_all(folder / "experiments", ".html", {name: page.encode() for name, page in report.experiments.items()})
    replace_file(folder / "accuracy.csv", report.accuracy_csv.encode())
    replace_file(folder / "summary.csv", report.summary_csv.encode())
    replace_file(folder / "claims.csv", claims_csv(report.claims, processor.kind()).encode())
    _replace_all(folder / "overview", ".png", {"accuracy": report.overview} if report.overview else {})
    replace_file(folder / "metrics.json", f"{json.dumps(report.headlines, indent=2, allow_nan=False)}\n".encode())
    _replace_all(folder / "live", ".js", {name: script.encode() for name, script in live_nets.beside.items()})
    replace_file(folder / "live" / "README.txt", LIVE.encode())
    replace_file(folder / "live.html", live_nets.html.encode())
    replace_file(folder / "index.html", report.html.encode())
    return folder / "index.html"


def evaluated(experiments: Iterable[Experiment], data: Path) -> list[Experiment]:
    """Leave out a board's cells that were never trained, which its report shows as empty; where there is none at all, leave out nothing."""
    asked = list(experiments)
    return [e for e in asked if (data / "models" / e.name).exists() or (data / "results" / e.name).exists()] or asked


def _extras(group: Sequence[Results], tasks: Mapping[str, Task], data: Path) -> Extras:
    names = [results.experiment for results in group]
    certificates = {name: found for name in names if (found := read_certificates(name, data))}
    guarantees = {name: own for name in names if (own := guarantee_files.read(data / "certificates" / name, name))}
    return Extras(
        guarantees=guarantees,
        certificates=certificates,
        machines=internals.machines(tasks, certificates, group),
        state_spaces=internals.state_spaces(group, certificates, data / "models", data / "certificates"),
        retentions=internals.retentions(group, data / "models"),
        timings=read_timings(data / "timings", names),
    )


def _replace_all(folder: Path, ending: str, contents: Mapping[str, bytes]) -> None:
    """Write a file for each name, and remove those of other names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        replace_file(folder / f"{name}{ending}", content)
    for path in folder.glob(f"*{ending}"):
        if path.stem not in contents:
            path.unlink()
