"""What a Ray cluster costs and gains, with real nodes on this machine: python -m benchmarks.cluster.

Writes ``benchmarks/cluster.json``. Some ten minutes on a quiet machine; ``--only speed`` (or ``jobs``, ``memory``) measures one thing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

import benchmarks
import pipeline
from benchmarks.cluster_jobs import Cell, Sleep
from benchmarks.machine import describe
from benchmarks.ray_nodes import ALONE, Nodes, cluster

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).with_suffix(".json")
STUDY = ROOT / "studies/smoke"
# The board's recipes, so many times as long, since they were cut short for tests.
LONGER = (3, 12)
TURNS = 1
SLEEPS, AT_A_TIME = 1000, 32
QUEUED = 10_000


@contextmanager
def joined(address: str) -> Iterator[Any]:
    """Yield an executor on the cluster."""
    os.environ.update(ALONE)  # Ray reads it when it is imported
    from pipeline.cluster.connection import connected
    from pipeline.cluster.executor import Cluster

    with connected(address, (pipeline, benchmarks)):
        yield Cluster(print)


def board(longer: int = 1) -> tuple[list[Any], Any]:
    """Return the training jobs of all cells of a board, each so many times as long as its recipe says, and their data."""
    from pipeline.config import settings
    from pipeline.files import datasets
    from pipeline.jobs import train
    from pipeline.stages import freeze

    known = settings.read(STUDY / "params.yaml")
    jobs, data = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for name, experiment in known.experiments.items():
            place = Path(folder, experiment.task.name)
            if not place.exists():
                freeze.run(experiment.task.name, experiment.task.params, place)
            training = experiment.training.model_copy(update={"steps": longer * (experiment.training.steps or 0)})
            jobs += [Cell(name, job) for job in train.jobs(replace(experiment, training=training), f"{name} {time.time()}")]
            data[name] = datasets.load(place)
    return jobs, data


def speed() -> dict[str, Any]:
    """Train boards on one node and on two, in turns. A node is a core, and each turn begins with new worker processes."""
    return {"boards": [of_board(longer) for longer in LONGER]}


def of_board(longer: int) -> dict[str, Any]:
    """Train a board whose recipes are so many times as long."""
    found, data = board(longer)
    turns = []
    with tempfile.TemporaryDirectory(prefix="ray") as folder:
        for turn in range(TURNS):
            for count in (1, 2):
                started = Path(folder, f"{turn}{count}")
                started.mkdir()
                turns.append({"nodes": count, **trained(found, data, count, started), "load": os.getloadavg()[0]})
                print(longer, turns[-1], flush=True)
    speedup = {by: _speedup(turns, by) for by in ("seconds", "processor_seconds")}
    return {"longer": longer, "jobs": len(found), "turns": turns, "speedup": speedup}


def trained(found: list[Any], data: Any, count: int, folder: Path) -> dict[str, Any]:
    """Train a board on so many nodes, each pinned to a core; say how long it took.

    ``processor_seconds`` is what the busiest node's processes took: how long it would take with the cores for them alone, but for waiting.
    """
    nodes = Nodes(folder)
    try:
        for core in range(count):
            nodes.add(pinned=core)
            nodes.wait(core + 2)
        with joined(nodes.address) as executor:
            before, begun = [node.processor_seconds() for node in nodes.nodes], time.monotonic()
            executor.run(found, data, Path(f"board of {count}"))
            seconds = time.monotonic() - begun
            after = [node.processor_seconds() for node in nodes.nodes]
        work = sum(executor.seconds.values())
    finally:
        nodes.stop()
    taken = [one - other for one, other in zip(after, before, strict=True)]
    return {"seconds": seconds, "work": work, "not_work": 1 - work / (count * seconds), "each": taken, "processor_seconds": max(taken)}


def _speedup(turns: list[dict[str, Any]], by: str) -> float:
    """Return the median over turns of what one node takes over what two take."""
    one, two = ([turn[by] for turn in turns if turn["nodes"] == count] for count in (1, 2))
    return statistics.median(a / b for a, b in zip(one, two, strict=True))


def jobs() -> dict[str, Any]:
    """Run many short jobs: what does each cost beside its work?"""
    with cluster(AT_A_TIME) as nodes, joined(nodes.address) as executor:
        executor.run([Sleep(number, 5.0) for number in range(AT_A_TIME)], None, Path("warm"))
        before, begun = psutil.Process().cpu_times(), time.monotonic()
        executor.run([Sleep(number, 1.0) for number in range(SLEEPS)], None, Path("sleeps"))
        seconds, after = time.monotonic() - begun, psutil.Process().cpu_times()
    cpu = after.user + after.system - before.user - before.system
    lost = AT_A_TIME * seconds - SLEEPS
    return {
        "jobs": SLEEPS, "at_a_time": AT_A_TIME, "seconds": seconds, "best": SLEEPS / AT_A_TIME, "lost_per_job": lost / SLEEPS,
        "not_work": lost / (AT_A_TIME * seconds), "coordinator_cpu_per_job": cpu / SLEEPS,
    }  # fmt: skip


def memory() -> dict[str, Any]:
    """Queue many training jobs on a cluster without a core: what do they cost in memory?"""
    with cluster() as nodes:
        command = [sys.executable, "-m", "benchmarks.cluster", "--queue", nodes.address]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            before = float(process.stdout.readline())
            begun = time.monotonic()
            sizes = _settled(lambda: psutil.Process(process.pid).memory_info().rss / 2**20)
            process.kill()
    return {
        "jobs": QUEUED,
        "mib_before": before,
        "mib_after": sizes,
        "kib_per_job": (sizes - before) * 1024 / QUEUED,
        "seconds": time.monotonic() - begun,
    }


def queue(address: str) -> None:
    """Queue the jobs and wait; the first line that it prints is its memory before that, in MiB."""
    found, data = board()
    with joined(address) as executor:
        print(psutil.Process().memory_info().rss / 2**20, flush=True)
        executor.run([found[number % len(found)] for number in range(QUEUED)], data, Path("queue"))


def _settled(size: Callable[[], float], for_seconds: float = 15.0) -> float:
    """Wait until a size has grown by less than a hundredth for so long; return the greatest seen."""
    greatest, since = 0.0, time.monotonic()
    while time.monotonic() - since < for_seconds:
        now = size()
        if now > 1.01 * greatest:
            since = time.monotonic()
        greatest = max(greatest, now)
        time.sleep(0.5)
    return greatest


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("speed", "jobs", "memory"))
    parser.add_argument("--queue", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.queue:
        queue(asked.queue)
        return
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for measure in (speed, jobs, memory):
        if asked.only in (None, measure.__name__):
            found[measure.__name__] = {"machine": describe(), **measure()}
            print(measure.__name__, json.dumps(found[measure.__name__]), flush=True)
            RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
