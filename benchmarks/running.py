"""Contenders as processes that take turns, the checks before the clock starts, and what a run comes to as numbers."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from time import sleep
from typing import IO, Any

import numpy as np

from benchmarks.contenders import LABELS
from benchmarks.machine import load, matrix_product_rate
from benchmarks.workloads import NAMES, Workload

Say = Callable[[str], None]

# Thread pools spin for a while after their work; the next contender waits until they sleep.
PAUSE = 0.3

# How far the first chunk's loss may lie from the engine's, as a share of it. Dropout draws differ, and PyTorch's gates in the sorting net.
TOLERANCE = 0.03


class BenchmarkError(Exception):
    """A contender could not be run, or does not train the same net as the others."""


class Worker:
    """A contender on one workload, built and warm.

    Attributes:
        name: The contender's.
        ready: What the process said of itself (see ``worker``).
        seconds: What each repetition took.
    """

    def __init__(self, name: str, asked: IO[str], answers: IO[str], errors: IO[str]) -> None:
        self.name = name
        self.seconds: list[float] = []
        self._asked, self._answers, self._errors = asked, answers, errors
        self.ready = self._answer()

    def repeat(self) -> None:
        """Train once more, on the clock."""
        print(file=self._asked, flush=True)
        self.seconds.append(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            self._errors.seek(0)
            raise BenchmarkError(f"the contender {self.name} ended early:\n{self._errors.read()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def started(contender: str, workload: str, seeds: int) -> Iterator[Worker]:
    """Start a contender's process and wait until it is warm; end it with the context."""
    command = [sys.executable, "-m", "benchmarks.worker", contender, workload, str(seeds)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            if process.stdin and process.stdout:
                yield Worker(contender, process.stdin, process.stdout, errors)
        finally:
            process.kill()


def compare(workload: Workload, names: tuple[str, ...], repetitions: int, say: Say) -> tuple[dict[str, Any], dict[str, str]]:
    """Time contenders in turns on one workload.

    Returns:
        The workload's section of ``results.json``, and the versions of what was run.

    Raises:
        BenchmarkError: A contender failed, or trains another net.
    """
    before = load()
    with ExitStack() as stack:
        workers = []
        for name in names:
            say(f"{workload.name}: {LABELS[name]} starts and compiles")
            workers.append(stack.enter_context(started(name, workload.name, workload.seeds)))
        check(workload, {worker.name: worker.ready for worker in workers})
        rates = []
        for turn in range(repetitions):
            say(f"{workload.name}: repetition {turn + 1} of {repetitions}")
            rates.append(matrix_product_rate())
            for worker in workers:
                sleep(PAUSE)
                worker.repeat()
    versions = {package: version for worker in workers for package, version in worker.ready["versions"].items()}
    timed = section(workload, {worker.name: (worker.ready, worker.seconds) for worker in workers}, rates)
    return timed | {"repetitions": repetitions, "load_before": before, "load_after": load()}, versions


def check(workload: Workload, ready: dict[str, dict[str, Any]]) -> None:
    """Hold what contenders said of themselves against each other.

    Raises:
        BenchmarkError: Parameters differ, a loss does not fall, or the losses from the same weights on the same batches differ.
    """
    reference = next(iter(ready.values()))["losses"][0]
    for name, said in ready.items():
        where, losses = f"{workload.name}: {LABELS[name]}", said["losses"]
        if said["parameters"] != workload.net.parameters:
            raise BenchmarkError(f"{where}: expected {workload.net.parameters} parameters, got {said['parameters']}")
        if not losses[-1] < losses[0]:
            raise BenchmarkError(f"{where}: expected a loss that falls, got {losses}")
        if abs(losses[0] - reference) > TOLERANCE * reference:
            raise BenchmarkError(f"{where}: expected a loss near {reference:.4f} on the first batches, got {losses[0]:.4f}")


def section(workload: Workload, timed: dict[str, tuple[dict[str, Any], list[float]]], rates: list[float]) -> dict[str, Any]:
    """Put a workload's times into words and numbers."""
    work, flops = workload.seeds * workload.steps, workload.net.step_flops(workload.recipe.batch_size)
    own = timed["engine"][1] if "engine" in timed else None
    found: dict[str, Any] = {}
    for name, (ready, seconds) in timed.items():
        speed = [work / s for s in seconds]
        found[name] = {
            "seed_steps_per_second": spread(speed),
            "first_call_seconds": round(max(0.0, ready["first_seconds"] - median(seconds)), 2),
            "gflops": round(median(speed) * flops / 1e9, 2),
            # The yardstick is the processor at its best turn, and there is none for what ran elsewhere.
            "matrix_product_share": round(median(speed) * flops / max(rates), 4) if ready["device"].startswith("cpu") else None,
            "engine_times_faster": round(median(s / e for s, e in zip(seconds, own, strict=True)), 2) if own else None,
            "device": ready["device"],
            "losses": [round(loss, 5) for loss in ready["losses"]],
        }
    return {
        "experiment": workload.experiment.name,
        "title": workload.title,
        "seeds": workload.seeds,
        "batch": workload.recipe.batch_size,
        "optimizer": workload.recipe.optimizer,
        "steps": workload.steps,
        "parameters": workload.net.parameters,
        "flops_per_step": flops,
        "matrix_product_gflops": {"best": float(f"{max(rates) / 1e9:.5g}"), **spread([rate / 1e9 for rate in rates])},
        "contenders": found,
    }


def scale(workload: Workload, seeds: list[int], repetitions: int, say: Say) -> list[dict[str, Any]]:
    """Time the engine alone on one workload with each number of seeds."""
    rows = []
    for count in seeds:
        say(f"{workload.name}: the engine with {count} seeds")
        with started("engine", workload.name, count) as worker:
            for _ in range(repetitions):
                worker.repeat()
        speed = [count * workload.steps / s for s in worker.seconds]
        milliseconds = 1000 * count / median(speed)
        rows.append({"seeds": count, "seed_steps_per_second": spread(speed), "milliseconds_per_step": round(milliseconds, 3)})
        rows[-1]["device"] = worker.ready["device"]
    return rows


def spread(values: list[float]) -> dict[str, Any]:
    """Return the median, the quartiles and all values."""
    low, middle, high = np.percentile(values, (25, 50, 75)).tolist()
    digits = {"median": middle, "lower_quartile": low, "upper_quartile": high}
    return {key: float(f"{value:.5g}") for key, value in digits.items()} | {"all": [float(f"{value:.5g}") for value in values]}


def renewed(former: dict[str, Any], latest: dict[str, Any]) -> dict[str, Any]:
    """Put the workloads that were timed last in place of the former ones, in the usual order.

    Raises:
        BenchmarkError: They were timed on another machine or with other versions, beside which they would mean nothing.
    """
    for key in ("machine", "versions"):
        known, own = ({k: v for k, v in of[key].items() if k != "load_before"} for of in (former, latest))
        if known != own:
            raise BenchmarkError(f"results.json: expected the {key} {own} to put workloads beside the former ones, got {known}")
    sections = former["workloads"] | latest["workloads"]
    return (
        former
        | latest
        | {
            "workloads": {name: sections[name] for name in NAMES if name in sections},
            "scaling": former["scaling"] | latest["scaling"],
        }
    )


def whole(names: list[str]) -> bool:
    """Say whether every workload was run, so that the results may replace the last ones."""
    return set(names) == set(NAMES)
