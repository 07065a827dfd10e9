"""Lines on stderr that say how far long work is, where no terminal shows a bar: in the log of a pipeline, in CI."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

# Seconds between two lines; work that takes less says nothing.
EVERY = 10.0

Steps = Mapping[str, tuple[int, int]]


@contextmanager
def telling(title: str | Callable[[], str], steps: Steps, expected: float | None = None) -> Iterator[None]:
    """Print a line every ``EVERY`` seconds while the block runs.

    Args:
        title: What takes its time, or what says so at the moment.
        steps: The steps done and all steps of each part that has begun, by its name; changed meanwhile. Empty: parts are not known.
        expected: About how many seconds all of it takes, where that is known.
    """
    begun, ended = time.monotonic(), Event()

    def tell() -> None:
        while not ended.wait(EVERY):
            print(
                line(title if isinstance(title, str) else title(), dict(steps), time.monotonic() - begun, expected),
                file=sys.stderr,
                flush=True,
            )

    thread = Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def line(title: str, steps: Steps, seconds: float, expected: float | None = None) -> str:
    """Say how far it is, and about how long yet.

    Example:
        >>> line("train parity-rnn", {"length 12": (300, 1200)}, 20.0)
        'train parity-rnn: length 12 300 of 1,200; 20 s, about 60 s left'
        >>> line("evaluate sort-pointer", {}, 40.0, 100.0)
        'evaluate sort-pointer: 40 s, about 60 s left'
    """
    begun = {part: (done, of) for part, (done, of) in steps.items() if done < of} or steps
    done, of = (sum(pair[side] for pair in begun.values()) for side in (0, 1))
    name = next(iter(begun)) if len(begun) == 1 else f"{len(begun)} parts,"
    told = f"{name} {done:,} of {of:,}; " if begun else ""
    left = seconds * (of - done) / done if done else expected and expected - seconds
    ahead = f", about {_spell(left)} left" if left and left > 0 else ""
    return f"{title}: {told}{_spell(seconds)}{ahead}"


def _spell(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def reporting(steps: dict[str, tuple[int, int]]) -> Callable[[str, int, int, Mapping[str, list[float]]], None]:
    """Return a ``Report`` that keeps the steps of each part in ``steps``."""

    def report(part: str, step: int, of: int, metrics: Mapping[str, list[float]]) -> None:
        steps[part] = (step, of)

    return report
