"""How long a stage took, in a file of its own: its other files are the same bits at every run, and what reads them shall not rerun."""

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.config import paths


@contextmanager
def timed(stage: str, experiment: str, device: Callable[[], str]) -> Iterator[None]:
    """Time the block; if it ends well, write ``data/timings/<stage>/<experiment>.json``.

    Args:
        stage: The stage's name, such as ``train``.
        experiment: The experiment's.
        device: Called when all is done; names the device that it was done on.
    """
    resumed = stage == "train" and paths.training(experiment).is_dir()
    begun = time.monotonic()
    yield
    seconds = round(time.monotonic() - begun, 1)
    path = paths.data() / "timings" / stage / f"{experiment}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    words = {"seconds": seconds, "machine": f"{device()} of {os.cpu_count()} × {_processor()}", "resumed": resumed}
    path.write_text(json.dumps(words, ensure_ascii=False) + "\n", encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
