"""Where a stage stands in its study: which of how many it is, and about how long it takes until the last one has ended."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import paths
from pipeline.config.study import Settings
from pipeline.files import timings
from pipeline.files.stage_files import UnreadableFile

# How long each stage took on one machine, by study (the one at the top has no name) and stage: python -m benchmarks.stages writes it.
MEASURED = "benchmarks/stages.json"
# What a stage takes beside its work: a process of its own that loads its libraries, DVC, MLflow.
OVERHEAD = 10.0


def announce(known: Settings, stage: str) -> None:
    """Print it to stderr where DVC runs the stage; a person who types the command has asked for that one alone."""
    if os.environ.get("DVC_STAGE") and stage in stages(known):
        print(position(known, stage), file=sys.stderr, flush=True)


def position(known: Settings, stage: str) -> str:
    """Say it in a line.

    The seconds are those of ``MEASURED``, as much longer or shorter as the stages that have run here took. If what is left
    includes stages that DVC finds up to date, it takes less.

    Example: ``stage 9 of 46, about 14 minutes until all are done``.
    """
    order = stages(known)
    place = order.index(stage)
    text = f"stage {place + 1} of {len(order)}"
    expected = _measured().get(paths.study() or "", {})
    if not expected:
        return text
    seconds = OVERHEAD * (len(order) - place) + sum(expected.get(later, 0.0) for later in order[place:])
    minutes = max(1, round(_scale(expected, order[:place]) * seconds / 60))
    return f"{text}, about {minutes} minute{'s' if minutes > 1 else ''} until all are done"


def expected(known: Settings, stage: str) -> float | None:
    """Return about how many seconds of work a stage takes here; ``None`` where it has not been measured."""
    order, measured = stages(known), _measured().get(paths.study() or "", {})
    return measured[stage] * _scale(measured, order[: order.index(stage)]) if stage in order and stage in measured else None


def stages(known: Settings) -> list[str]:
    """List a study's stages in the order in which DVC runs them."""
    trained = [f"{stage}@{name}" for name in known.experiments for stage in ("train", "evaluate")]
    proved = [*(f"certify@{name}" for name in known.certificates), *(f"guarantee@{name}" for name in known.guarantees)]
    return [*(f"freeze@{name}" for name in known.tasks), *trained, *proved, "report"]


def _measured() -> dict[str, dict[str, float]]:
    path = paths.find_root() / MEASURED
    found: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))["seconds"] if path.is_file() else {}
    return found


def _timing(folder: Path, stage: str, experiment: str) -> timings.Timing | None:
    """Read how long a stage took; a damaged file, which the report names, is as good as none: it must not stop a stage."""
    try:
        return timings.read(folder, stage, experiment)
    except UnreadableFile:
        return None


def _scale(expected: dict[str, float], done: Sequence[str]) -> float:
    """How many times as long the stages took here."""
    folder: Path = paths.data() / "timings"
    pairs = []
    for stage in done:
        kind, _, name = stage.partition("@")
        if stage in expected and (found := _timing(folder, kind, name)):
            pairs.append((found.seconds, expected[stage]))
    here, there = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
    return here / there if there > 0 else 1.0
