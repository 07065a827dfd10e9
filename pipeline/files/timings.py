"""How long a stage took, on what: ``data/timings/<stage>/<experiment>.json``.

A file of its own, since a stage's other files are the same bits at every run, and what reads them shall not rerun.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from pipeline.core.folders import replace_file
from pipeline.files.stage_files import Record, read_json


class Timing(Record):
    """One run of a stage.

    Attributes:
        seconds: Of the whole stage.
        machine: The device and the processor.
        resumed: Whether it went on from where an earlier run was interrupted.
        seeds: Seconds of each seed, where the stage takes one after the other.
    """

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
    replace_file(path, (json.dumps(found, ensure_ascii=False) + "\n").encode())


def read(folder: Path, stage: str, experiment: str) -> Timing | None:
    """Read ``<folder>/<stage>/<experiment>.json``; ``None`` if it is not there.

    Raises:
        UnreadableFile: The file is not what a stage writes.
    """
    path = path_of(folder, stage, experiment)
    return read_json(path, Timing, f"{stage}@{experiment}") if path.is_file() else None
