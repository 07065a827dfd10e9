"""Log to MLflow what the files say. Nothing is ever read back: a store that is out of reach costs one warning and no result."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pipeline.config import paths
from pipeline.config.study import Settings
from pipeline.core.errors import Mendable
from pipeline.core.seeding import stream
from pipeline.experiment.entry import Experiment
from pipeline.files.scores import METRICS
from pipeline.files.yaml_files import read_yaml
from pipeline.recording.origin import Origin
from pipeline.recording.ranking import best
from pipeline.recording.records import evaluation_records, training_records
from pipeline.tracking.runs import RunRecord
from pipeline.tracking.store import Store, open_store

Stage = Literal["training", "evaluation", "certification"]
_VERSIONED = ("dvc", "keras", "mlflow", "numpy", "tensorflow")


def log_results(experiment: Experiment, through: Stage, device: str | None = None, processors: str | None = None) -> None:
    """Log one experiment at the end of its stage ``train``, ``evaluate`` or ``certify``.

    Never fails: what goes wrong becomes one line on stderr, and ``nines sync`` makes up for it later.

    Args:
        experiment: The experiment.
        through: What the stage has done. A proof belongs to a scored net: before ``evaluate`` has run, it is not logged yet.
        device: Where the nets ran (``"cpu"``, ``"gpu"``).
        processors: The kinds of processor that the stage's jobs ran on: bits are the same on the same kind.
    """
    with _warning(experiment.name):
        store = open_store(paths.find_root())
        tags = {**_surroundings(experiment.name), **_versions(), **({"device": device} if device else {})}
        tags |= {f"processor.{through}": processors} if processors else {}
        scored = through == "evaluation" or (through == "certification" and (paths.results(experiment.name) / METRICS).is_file())
        for record in _records(experiment.name, scored, tags, Origin.of(experiment, paths.study()), experiment):
            store.record(record)


def promote_champions(known: Settings) -> None:
    """Log which experiments are best, as ``promote``; never fails, as ``log_results``."""
    with _warning("the champions"):
        promote(known)


@contextmanager
def _warning(what: str) -> Iterator[None]:
    try:
        yield
    except (Mendable, OSError) as error:
        print(
            f"warning: {what} was not logged to MLflow ({error}); nothing is lost: run 'nines sync' when the store is back",
            file=sys.stderr,
        )


def sync(known: Settings) -> dict[str, int]:
    """Log every experiment of the current study that lies under ``data/``.

    For a fresh clone, for results that DVC took from its cache (which runs no stage), and after a store was out of reach.

    Returns:
        The number of runs that were made or completed, by experiment.

    Raises:
        StoreUnreachable: The store cannot be opened or written.
        Mendable: The current folder is in no checkout, or files of an experiment are missing or damaged.
    """
    store = open_store(paths.find_root())
    locked = _locked_stages()
    return {name: _sync_one(store, name, known.experiments.get(name), locked) for name in _experiments()}


def promote(known: Settings) -> dict[str, str]:
    """Make ``models:/<task>@champion`` the model of the experiment that ``nines solve`` asks.

    The registry is that of the study at the top: further studies promote nothing, and neither does a DVC experiment.

    Returns:
        The experiments that are champions now and were not before, by task.

    Raises:
        StoreUnreachable: The store cannot be opened or written.
    """
    if os.environ.get("DVC_EXP_NAME") or paths.study():
        return {}
    store = open_store(paths.find_root())
    promoted = {}
    for task in known.tasks:
        try:
            champion = best(known, task)
            *_, summary = _records(champion.name, True, {}, Origin.of(champion, None), champion)
        except Mendable:
            continue  # nothing is evaluated yet, or not all of it is here
        if store.promote(summary):
            promoted[task] = champion.name
    return promoted


def _sync_one(store: Store, experiment: str, known: Experiment | None, locked: dict[str, Any]) -> int:
    scored = (paths.results(experiment) / METRICS).is_file() and _scores_are_of_these_weights(experiment, locked)
    records = _records(experiment, scored, _surroundings(experiment), Origin.of(known, paths.study()), known)
    return sum(store.record(record) for record in records)


def _records(experiment: str, scored: bool, tags: dict[str, str], origin: Origin, known: Experiment | None) -> list[RunRecord]:
    models, datasets = paths.models(experiment), paths.datasets("")
    try:
        if not scored:
            return training_records(experiment, models, datasets, tags, origin, _example(known))
        return evaluation_records(
            experiment, models, datasets, paths.results(experiment), paths.certificates(experiment), paths.data() / "timings", tags,
            figures_of(experiment), origin, paths.report() / "cards" / f"{experiment}.md", _example(known),
        )  # fmt: skip
    except Mendable:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise Mendable(
            f"{models}: expected what the pipeline wrote, got {found}; delete what is damaged and fetch it with 'dvc checkout'"
        ) from error


def _example(known: Experiment | None) -> tuple[str, ...]:
    """Return an input as a person writes it, for the model that is served; none for an experiment that is in ``params.yaml`` no more."""
    if known is None:
        return ()
    task = known.task
    return (task.show(task.sample(stream(0, task.name, "example"), 1, task.training_size.nets[0])[0]),)


def _experiments() -> list[str]:
    return sorted(path.parent.name for path in paths.models("").glob("[!.]*/outcome.json"))  # not what a killed training has left


def figures_of(experiment: str) -> list[Path]:
    """List the experiment's pictures; ``increment-rnn-post.png`` belongs to the longer of two names that it starts with."""
    known = sorted(_experiments(), key=len, reverse=True)
    pictures = sorted((paths.report() / "figures").glob("*.png"))
    return [path for path in pictures if next((name for name in known if path.name.startswith(name)), None) == experiment]


def _locked_stages() -> dict[str, Any]:
    """Read what ``dvc.lock`` says of each stage. Raises ``Mendable`` where it cannot be read, or says something else."""
    lock = paths.lock()
    if not lock.is_file():
        return {}
    found = read_yaml(lock)
    stages = found.get("stages") if isinstance(found, dict) else None
    if not isinstance(stages, dict) or not all(isinstance(stage, dict) for stage in stages.values()):
        mend = "restore it with 'git checkout HEAD -- dvc.lock', or make it anew with 'dvc repro'"
        raise Mendable(f"{lock}: expected what DVC writes, got {'an empty file' if found is None else 'something else'}; {mend}")
    return stages


def _scores_are_of_these_weights(experiment: str, stages: dict[str, Any]) -> bool:
    """Say whether, as ``dvc.lock`` has it, the scores were made from the last weights; yes where DVC does not know.

    After ``train`` alone has run again, the scores that still lie there belong to weights that are gone.
    """
    folder = paths.models(experiment).relative_to(paths.folder()).as_posix()  # as the study's dvc.lock names it
    made = {out.get("md5") for out in stages.get(f"train@{experiment}", {}).get("outs", ()) if out["path"] == folder}
    read = {dep.get("md5") for dep in stages.get(f"evaluate@{experiment}", {}).get("deps", ()) if dep["path"] == folder}
    return not (made and read) or made == read


def _surroundings(experiment: str) -> dict[str, str]:
    stage = os.environ.get("DVC_STAGE", "")
    # The report tells of every experiment; those that DVC's experiment has left as they were are not its doing.
    own = stage.endswith(f"@{experiment}") or not stage  # without a stage: nines sync, after the experiment has ended
    name = os.environ.get("DVC_EXP_NAME", "") if own else ""
    tags = {
        "dvc.stage": stage,
        "dvc.experiment": name,
        "mlflow.source.git.commit": _commit(),
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": f"dvc repro {stage}" if stage else "nines sync",
    }
    return {key: value for key, value in tags.items() if value}


def _commit() -> str:
    """Return the commit that is checked out; an empty text outside of a repository, and where git is not installed."""
    if began := os.environ.get("DVC_EXP_BASELINE_REV"):
        return began
    try:
        return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def _versions() -> dict[str, str]:
    return {f"version.{name}": version(name) for name in _VERSIONED}
