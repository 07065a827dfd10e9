"""Where a stage's jobs run: in threads of this process, or on the Ray cluster that RAY_ADDRESS names."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pipeline.core.errors import Mendable
from pipeline.stages import processor

if TYPE_CHECKING:
    from pipeline.execution.job import Executor

ADDRESS = "RAY_ADDRESS"


@dataclass(frozen=True)
class Machines:
    """What runs the jobs, and what it was, to be asked when they have ended.

    Attributes:
        executor: Runs them; ``None``: the stage's own.
        device: Names the device; ``None``: that of this process.
        machine: Names what it belongs to.
        kinds: Names the kinds of processor.
    """

    executor: "Executor | None" = None
    device: Callable[[], str] | None = None
    machine: Callable[[], str] = processor.here
    kinds: Callable[[], str] = processor.kind


@contextmanager
def joined() -> Iterator[bool]:
    """Join the cluster for the block, and yield whether there is one.

    Raises:
        Mendable: ``RAY_ADDRESS`` is set, and Ray is not installed, or no cluster answers there.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        yield False
        return
    if find_spec("ray") is None:
        raise Mendable(f"{ADDRESS}: is set, but Ray is not installed; install it with 'pip install -e .[cluster]', or unset {ADDRESS}")
    from pipeline.cluster.connection import connected

    with connected(address):
        yield True


@contextmanager
def machines() -> Iterator[Machines]:
    """Yield what shall run the jobs of a stage: for the block this process belongs to the cluster, if there is one.

    Raises:
        Mendable: As ``joined``.
    """
    with joined() as there:
        if not there:
            yield Machines()
            return
        from pipeline.cluster import places
        from pipeline.cluster.executor import Cluster

        here = processor.kind()
        cluster = Cluster(lambda text: print(text, file=sys.stderr, flush=True))
        yield Machines(cluster, lambda: "cpu:0", lambda: places.nodes(cluster.places), lambda: places.kinds(cluster.places, here))
        if any(place.kind != here for place in cluster.places.values()):
            print(
                f"warning: jobs ran on other kinds of processor than this machine's {here} ({places.kinds(cluster.places, here)}); "
                "their numbers may differ from this machine's in the last digits",
                file=sys.stderr,
            )
