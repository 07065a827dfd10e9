"""How long a stage took, in a file of its own: its other files are the same bits at every run, and what reads them shall not rerun."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.config import paths
from pipeline.files import timings
from pipeline.stages import processor


@contextmanager
def timed(
    stage: str, experiment: str, device: Callable[[], str], machine: Callable[[], str] = processor.here
) -> Iterator[dict[int, float]]:
    """Time the block; if it ends well, write ``data/timings/<stage>/<experiment>.json``.

    Args:
        stage: The stage's name, such as ``train``.
        experiment: The experiment's.
        device: Called when all is done; names the device that it was done on.
        machine: Called likewise; names what the device belongs to.

    Yields:
        A dictionary for the seconds of each seed, for a stage that takes one after the other.
    """
    resumed = stage == "train" and paths.training(experiment).is_dir()
    begun = time.monotonic()
    seeds: dict[int, float] = {}
    yield seeds
    seconds = round(time.monotonic() - begun, 1)
    path = timings.path_of(paths.data() / "timings", stage, experiment)
    timings.write(path, timings.Timing(seconds=seconds, machine=f"{device()} of {machine()}", resumed=resumed, seeds=seeds))
