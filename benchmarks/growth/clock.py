"""Seconds on the clock and of the processor."""

from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time


def timed(run: Callable[[], object], repetitions: int = 1) -> dict[str, float]:
    """Run again and again; return the medians as ``seconds`` and ``processor_seconds``, the latter of all threads."""
    rows = []
    for _ in range(repetitions):
        begun = perf_counter(), process_time()
        run()
        rows.append((perf_counter() - begun[0], process_time() - begun[1]))
    wall, processor = zip(*rows, strict=True)
    return {"seconds": median(wall), "processor_seconds": median(processor)}
