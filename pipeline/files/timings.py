"""How long a stage took, on what: ``data/timings/<stage>/<experiment>.json``.

A file of its own, since a stage's other files are the same bits at every run, and what reads them shall not rerun.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.errors import Mendable
from pipeline.files import json_record


class TimingError(Mendable):
    """A timing that cannot be read; the message names the file and the command that makes it."""


class Timing(BaseModel):
    """One run of a stage.

    Attributes:
        seconds: Of the whole stage.
        machine: The device and the processor.
        resumed: Whether it went on from where an earlier run was interrupted.
        seeds: Seconds of each seed, where the stage takes one after the other.
    """

    model_config = ConfigDict(frozen=True)

    seconds: float
    machine: str
    resumed: bool = False
    seeds: Mapping[int, float] = Field(default_factory=dict)


def path_of(folder: Path, stage: str, experiment: str) -> Path:
    """Name the file in ``folder``, such as ``data/timings``."""
    return folder / stage / f"{experiment}.json"


def write(path: Path, timing: Timing) -> None:
    """Write a timing; ``seeds`` only where there are some."""
    found = timing.model_dump(mode="json", exclude=set() if timing.seeds else {"seeds"})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path, stage: str, experiment: str) -> Timing | None:
    """Read ``<folder>/<stage>/<experiment>.json``; ``None`` if it is not there.

    Raises:
        TimingError: The file is not what a stage writes.
    """
    return json_record.read(path_of(folder, stage, experiment), Timing, TimingError, f"dvc repro --force {stage}@{experiment}")
