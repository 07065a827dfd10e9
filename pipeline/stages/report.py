"""Stage ``report``: every experiment's results -> ``data/report/``: one page, its pictures, one long CSV, a few numbers."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.reporting.claims import load_subjects
from pipeline.reporting.page import compose
from pipeline.reporting.published import load_published
from pipeline.reporting.results import read


def run(experiments: Sequence[str], data: Path) -> Path:
    """Write the report on ``experiments`` and return its page.

    Reads ``<data>/models/<experiment>/`` and ``<data>/results/<experiment>/``; writes ``<data>/report/index.html``,
    ``accuracy.csv``, ``metrics.json`` and ``figures/*.png``. Every file is replaced in one step, the page last.

    Raises:
        ReportError: A result is missing or unreadable; nothing has been written.
    """
    group = [read(name, data / "models" / name, data / "results" / name) for name in experiments]
    report = compose(group, load_subjects(), load_published())
    folder = data / "report"
    pictures = {f"{name}.png": image for name, image in report.pictures.items()}
    for name, image in pictures.items():
        _replace(folder / "figures" / name, image)
    for stale in (folder / "figures").glob("*.png"):
        if stale.name not in pictures:
            stale.unlink()
    _replace(folder / "accuracy.csv", report.accuracy_csv.encode())
    _replace(folder / "metrics.json", f"{json.dumps(report.headlines, indent=2, allow_nan=False)}\n".encode())
    _replace(folder / "index.html", report.html.encode())
    return folder / "index.html"


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    os.replace(beside, path)
