"""Jobs side by side on a processor's cores, in threads: compiled programs run outside Python's lock."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

T = TypeVar("T")

# Jobs that run at the same time: on a CPU a program of small nets keeps no more than one core busy. A fixed number: the rounding of a net's
# numbers depends on how many share its program, and must not depend on the machine's cores.
WORKERS = 2


class Stopped(Exception):
    """A job has ended because another one failed, or the user has."""


def in_threads(jobs: Sequence[Callable[[Event], T]], workers: int = WORKERS) -> list[T]:
    """Run ``jobs``, ``workers`` at a time, in their order, and return what they return.

    Each is given an event; once it is set (a job failed, or Ctrl-C came) it shall raise ``Stopped`` as soon as it can.
    """
    stopping = Event()
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(job, stopping) for job in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = next((f for f in futures if f.done() and f.exception()), None)
            return [failed.result()] if failed else [future.result() for future in futures]
        finally:
            stopping.set()
            for future in futures:
                future.cancel()
