"""Jobs side by side on a processor's cores, in threads: compiled programs run outside Python's lock."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """A job has ended because another one failed, or the user has."""


def in_lanes(jobs: Sequence[Callable[[Event], T]], lanes: int) -> list[T]:
    """Run ``jobs``, ``lanes`` at a time, in their order, and return what they return.

    Each is given an event; once it is set (a job failed, or Ctrl-C came) it shall raise ``Stopped`` as soon as it can.
    """
    stopping = Event()
    with ThreadPoolExecutor(lanes) as pool:
        futures = [pool.submit(job, stopping) for job in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = next((f for f in futures if f.done() and f.exception()), None)
            return [failed.result()] if failed else [future.result() for future in futures]
        finally:
            stopping.set()
            for future in futures:
                future.cancel()
