"""A study whose experiments run side by side: as many ``dvc repro`` as asked for, each with the stages of one experiment."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from pipeline.config import paths
from pipeline.config.study import Settings
from pipeline.core.errors import Mendable


def repro(known: Settings, jobs: int) -> None:
    """Run what has changed of a study: the datasets, then ``jobs`` experiments at a time, then the rest.

    DVC decides what runs; it lets several of its processes work in one checkout, on different stages. One that looks at a stage counts as a
    writer of its outputs, even if nothing is to do: so each looks at the stages of its experiment alone, and not at its dataset's.

    Raises:
        Mendable: DVC could not run all; what has run stays, and the other experiments that had begun were run to their ends.
    """
    _dvc("datasets", [f"freeze@{task}" for task in known.tasks])
    failed = Event()

    def cell(name: str) -> None:
        proved = {"certify": list(known.certificates), "guarantee": list(known.guarantees)}
        stages = [f"train@{name}", f"evaluate@{name}", *(f"{stage}@{name}" for stage, names in proved.items() if name in names)]
        if not failed.is_set():
            try:
                _dvc(name, ["--single-item", *stages])
            except Mendable:
                failed.set()
                raise

    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(cell, name) for name in known.experiments]
    for one in running:
        one.result()
    _dvc("report", [])


def _dvc(title: str, words: Sequence[str]) -> None:
    """Run ``dvc repro``, each line of its output behind the title."""
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", *words]
    with subprocess.Popen(
        command, cwd=paths.folder(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as dvc:
        for line in dvc.stdout or ():
            if line.strip():
                print(f"{title}: {line.rstrip()}", flush=True)
    if dvc.returncode:
        raise Mendable(
            f"{title}: expected 'dvc repro' to end well, got exit code {dvc.returncode}; mend what it says, and run the same again"
        )
