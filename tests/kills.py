"""Kill a small study with SIGKILL at random moments, let it go on, and hold what it ends with against a study that nobody killed.

``python tests/kills.py --kills 50`` (``make faults``): each stage in turn, its start, its work, its snapshots, the writing of its files,
and its logging to MLflow, into a store that is new or has to be made. In the end there must be the same bytes in ``data/``, and in
MLflow the same runs, none twice and none left RUNNING. How long stages took, and the pages that say so, differ from run to run.
What each kill has met is read off what it leaves behind; the counts are written to a file with ``--write`` (benchmarks/kills.json).
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from checkouts import publish, run, surroundings, tiny
from mlflow import MlflowClient
from ruamel.yaml import YAML

EXPERIMENT = "increment-rnn-post"
STAGES = ("freeze@increment", *(f"{stage}@{EXPERIMENT}" for stage in ("train", "evaluate", "certify")), "report")
# A snapshot is written this often, so that a training of seconds has some.
SECONDS_BETWEEN_SNAPSHOTS = 0.2
LONGEST_STAGE = 300.0
# So often a stage is run again that has ended before its moment had come.
TRIES = 6
# What is different at every run: seconds, and the pages that show them.
VARIES = ("data/timings/", "data/report/index.html", "data/report/experiments/")

State = dict[str, Any]


def study(folder: Path, epochs: int = 200) -> Path:
    """Make a checkout whose study takes seconds and writes snapshots."""
    return snapshot_often(plain_study(folder, epochs))


def plain_study(folder: Path, epochs: int = 200) -> Path:
    """Make a checkout whose study takes seconds."""
    params = tiny()
    params["experiments"][EXPERIMENT]["training"]["epochs"] = epochs
    folder.mkdir(parents=True)
    return publish(folder, params)


def snapshot_often(checkout: Path) -> Path:
    """Let the code of a checkout write snapshots within seconds."""
    workbench = checkout / "pipeline/training/engine/workbench.py"
    text = workbench.read_text(encoding="utf-8")
    changed = text.replace("SECONDS_BETWEEN_SNAPSHOTS = 60.0", f"SECONDS_BETWEEN_SNAPSHOTS = {SECONDS_BETWEEN_SNAPSHOTS}")
    assert changed != text
    workbench.write_text(changed, encoding="utf-8")
    return checkout


def state(checkout: Path, study: str = ".") -> State:
    """Return the digest of each file of a study's ``data/``, and what MLflow says of each run."""
    folder = checkout / study
    paths = [path for path in sorted((folder / "data").rglob("*")) if path.is_file() and path.name != ".gitignore"]
    names = [path.relative_to(folder).as_posix() for path in paths]
    files = {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in zip(names, paths, strict=True) if not n.startswith(VARIES)}
    # In a process of its own: one that has the store open would go on reading it after it was removed and made anew.
    command = [sys.executable, __file__, "--show", str(checkout)]
    said = subprocess.run(command, env=surroundings(), capture_output=True, text=True, check=True).stdout
    return {"files": files, "runs": json.loads(said)}


def show(checkout: Path) -> list[Any]:
    """Return what MLflow says of each run, but for what differs from one to the next."""
    client = MlflowClient(f"sqlite:///{checkout}/mlruns/mlflow.db")
    found = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    return sorted(
        (
            one.info.run_name, one.info.status, sorted(one.data.params.items()), sorted(_told(one.data.metrics).items()),
            sorted((key, value) for key, value in one.data.tags.items() if key.startswith("digest.")),
            sorted(item.path for item in client.list_artifacts(one.info.run_id)),
        )
        for one in found
    )  # fmt: skip


def _told(metrics: dict[str, float]) -> dict[str, float]:
    return {key: value for key, value in metrics.items() if key != "certified/seconds"}


def moment(checkout: Path, kind: str, draw: random.Random, seconds: float) -> Callable[[], bool]:
    """Return what tells that the moment to kill has come."""
    due = time.monotonic() + draw.uniform(0, seconds)
    there = {
        "any": lambda: time.monotonic() > due,
        "snapshot": lambda: _holds(checkout / "data/.training", "*.part", "*.npz"),
        "writing": lambda: _holds(checkout / "data", ".*.partial") or _holds(checkout / "data/report", ".*.part"),
        "logging": lambda: _holds(checkout / "mlruns/recording", "*") or (checkout / "mlruns/mlflow.db-wal").exists(),
    }[kind]
    wait = draw.uniform(0, {"any": 0.0, "writing": 0.001, "snapshot": 1.0, "logging": 0.4}[kind])
    seen: list[float] = []

    def come() -> bool:
        if not seen and there():
            seen.append(time.monotonic())
        return bool(seen) and time.monotonic() - seen[0] >= wait

    return come


def _holds(folder: Path, *patterns: str) -> bool:
    """Say whether something of such a name lies in a folder, or deeper; folders may go meanwhile, where ``rglob`` would fail."""
    names = (name for _, folders, files in os.walk(folder) for name in (*folders, *files))
    return any(fnmatch(name, pattern) for name in names for pattern in patterns)


def kill_in(checkout: Path, stage: str, come: Callable[[], bool]) -> str:
    """Run a stage anew and kill it and all that it has started; return what it met, or ``ended`` if the stage came to its end first."""
    command = [sys.executable, "-m", "dvc", "repro", "--force", "--single-item", stage]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=checkout, env=surroundings(), stdout=output, stderr=output, start_new_session=True)
        deadline = time.monotonic() + LONGEST_STAGE
        while process.poll() is None and not come() and time.monotonic() < deadline:
            time.sleep(0.001)
        ended = process.poll() is not None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        output.seek(0)
        said = output.read().decode(errors="replace")
    return "ended" if ended else left_behind(checkout) or ("working" if "Running stage" in said else "starting")


def left_behind(checkout: Path) -> str:
    """Say what a killed stage was doing, where that can be seen from what it has left."""
    signs = {
        "writing a snapshot": (checkout / "data/.training").rglob(".*.part*"),
        "gathering its files": (path for pattern in ("data/*/.*.partial", "data/report/**/.*.part") for path in checkout.glob(pattern)),
        "making the store": (checkout / "mlruns").glob(".mlflow.db.part*"),
        "writing to MLflow": (path for path in (checkout / "mlruns/recording").glob("*") if _runs_half_written(checkout)),
        "training, with a snapshot": (checkout / "data/.training").rglob("*.npz"),
    }
    return next((doing for doing, found in signs.items() if any(True for _ in found)), "")


def _runs_half_written(checkout: Path) -> bool:
    """Say whether a run is RUNNING, in a copy of the store, so that the store itself stays as the kill has left it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (checkout / "mlruns").glob("mlflow.db*"):
            shutil.copy(path, folder)
        with closing(sqlite3.connect(f"{folder}/mlflow.db")) as store:
            return bool(store.execute("SELECT 1 FROM runs WHERE status = 'RUNNING'").fetchone())


def forget(checkout: Path, stage: str) -> None:
    """Let DVC not know that a stage has ever run, so that it has to run again."""
    shutil.rmtree(checkout / ".dvc/cache/runs", ignore_errors=True)
    lock = checkout / "dvc.lock"
    document = YAML(typ="safe").load(lock)
    document["stages"].pop(stage, None)
    with lock.open("w", encoding="utf-8") as file:
        YAML().dump(document, file)


def kills(
    checkout: Path, moments: Iterable[tuple[str, str]], draw: random.Random, empty_store: Path
) -> Iterator[tuple[str, str, str, State]]:
    """Kill in each stage at its kind of moment; yield both, what was going on, and what the study ends with after it has gone on.

    A stage that ends before its moment has come is run again, and after some tries yielded as ``ended``.
    """
    takes: dict[str, float] = {}
    for stage, kind in moments:
        for _ in range(TRIES):
            forget(checkout, stage)
            shutil.rmtree(checkout / "mlruns")
            (checkout / "mlruns").mkdir()
            if draw.random() < 0.7:
                shutil.copytree(empty_store, checkout / "mlruns", dirs_exist_ok=True)
            begun = time.monotonic()
            doing = kill_in(checkout, stage, moment(checkout, kind, draw, takes.get(stage, 6.0)))
            if doing != "ended":
                break
            takes[stage] = time.monotonic() - begun
        run(checkout, "dvc", "repro")
        run(checkout, "pipeline", "sync")
        yield stage, kind, doing, state(checkout)


def prepare(folder: Path) -> tuple[Path, Path, State]:
    """Run a study that nobody kills; return its checkout, a new store that is still empty, and what the study ends with."""
    checkout = study(folder / "study")
    program = "from pathlib import Path; from pipeline.tracking.store import open_store; open_store(Path.cwd())"
    command = [sys.executable, "-c", program]
    subprocess.run(command, cwd=checkout, env=surroundings(), check=True)
    shutil.copytree(checkout / "mlruns", folder / "empty")
    run(checkout, "dvc", "repro")
    run(checkout, "pipeline", "sync")
    return checkout, folder / "empty", state(checkout)


def differences(wanted: State, found: State) -> list[str]:
    """Name the files and the runs that are not as they should be."""
    names = wanted["files"].keys() | found["files"].keys()
    files = [name for name in sorted(names) if wanted["files"].get(name) != found["files"].get(name)]
    missing = [f"run {one[0]} ({one[1]}) is missing or another one" for one in wanted["runs"] if one not in found["runs"]]
    more = [f"run {one[0]} ({one[1]}) should not be there" for one in found["runs"] if one not in wanted["runs"]]
    twice = [f"{len(found['runs'])} runs, expected {len(wanted['runs'])}"] if len(found["runs"]) != len(wanted["runs"]) else []
    return files + missing + more + twice


def write(path: Path, met: Counter[str], faults: int, seed: int) -> None:
    """Write what has been met so far."""
    from benchmarks.machine import describe  # found where the checkout is in PYTHONPATH, as with make

    counts = {"machine": describe(), "kills": met.total(), "seed": seed, "ended_otherwise": faults, "met": dict(sorted(met.items()))}
    path.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> int:
    """Kill as often as asked, print each, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, help="a JSON file for the counts")
    parser.add_argument("--show", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.show:
        print(json.dumps(show(asked.show)))
        return 0
    kinds = [(stage, kind) for kind in ("any", "writing", "logging") for stage in STAGES] + [(STAGES[1], "snapshot")] * 3
    moments = [kinds[number % len(kinds)] for number in range(asked.kills)]
    faults, met = 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        checkout, empty, wanted = prepare(Path(folder))
        for stage, kind, doing, found in kills(checkout, moments, random.Random(asked.seed), empty):
            wrong = differences(wanted, found)
            faults += bool(wrong)
            met[f"{stage}: {doing}"] += 1
            print(f"{stage}, {kind}, {doing}: {'as it should be' if not wrong else '; '.join(wrong)}", flush=True)
            if asked.write:
                write(asked.write, met, faults, asked.seed)
    print("\n".join(f"{count:4} × {what}" for what, count in sorted(met.items())))
    print(f"{asked.kills} kills, {faults} ended otherwise than a study that nobody killed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
