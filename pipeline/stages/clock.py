"""How long a stage took, in a file of its own: its other files are the same bits at every run, and what reads them shall not rerun."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config import paths
from pipeline.files import timings


@contextmanager
def timed(stage: str, experiment: str, device: Callable[[], str]) -> Iterator[dict[int, float]]:
    """Time the block; if it ends well, write ``data/timings/<stage>/<experiment>.json``.

    Args:
        stage: The stage's name, such as ``train``.
        experiment: The experiment's.
        device: Called when all is done; names the device that it was done on.

    Yields:
        A dictionary for the seconds of each seed, for a stage that takes one after the other.
    """
    resumed = stage == "train" and paths.training(experiment).is_dir()
    begun = time.monotonic()
    seeds: dict[int, float] = {}
    yield seeds
    seconds = round(time.monotonic() - begun, 1)
    machine = f"{device()} of {os.cpu_count()} × {_processor()}"
    path = timings.path_of(paths.data() / "timings", stage, experiment)
    timings.write(path, timings.Timing(seconds=seconds, machine=machine, resumed=resumed, seeds=seeds))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
