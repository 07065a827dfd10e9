"""A study on a Ray cluster, watched while it runs: for tests and for ``benchmarks/cluster_faults.py``."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from checkouts import surroundings

from benchmarks.ray_nodes import ALONE, Node

SECONDS = 240.0


@contextmanager
def reproducing(checkout: Path, address: str, words: tuple[str, ...]) -> Iterator["Repro"]:
    """Yield a ``Repro`` that goes on in the block, and no longer."""
    repro = Repro(checkout, address, words)
    try:
        yield repro
    finally:
        if repro.process.poll() is None:
            repro.kill()
            repro.process.wait()


class Repro:
    """``dvc repro``, or another command, with a cluster, going on in a process of its own."""

    def __init__(self, checkout: Path, address: str, words: tuple[str, ...]) -> None:
        self._log = checkout.parent / "repro.log"
        environment = surroundings(**ALONE, RAY_ADDRESS=address)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-m", *words], cwd=checkout, env=environment, stdout=log, stderr=log)

    def said(self) -> str:
        """Return what it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait(self, come: Callable[[], object]) -> None:
        """Wait until something has come, while it runs."""
        deadline = time.monotonic() + SECONDS
        while not come():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it with all that it has started."""
        for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
            process.kill()

    def end(self) -> int:
        """Wait for its end, and return its exit code."""
        return self.process.wait(SECONDS)


def snapshots(node: Node) -> list[Path]:
    """List the snapshots that lie on a node."""
    return list(node.temporary.glob("trailing-nines-*/*/*.npz"))
