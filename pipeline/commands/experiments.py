"""Log to MLflow what DVC experiments have found and could not say: those of a queue run in a copy of the checkout that is gone.

Their results are in DVC's cache and their code and params in git. So each is put together again in a folder of its own, where its own
code logs its own results, as it would have done then.
"""

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import paths
from pipeline.core.errors import Mendable
from pipeline.core.folders import replace_file
from pipeline.tracking.places import store_uri
from pipeline.tracking.store import Store, open_store

# Beside the store: the commits of experiments that were found logged in it.
LOGGED = "experiments.json"


@dataclass(frozen=True)
class DvcExperiment:
    """One experiment of DVC: its name, its commit, and the commit that it was begun from."""

    name: str
    commit: str
    baseline: str


def sync_experiments(*, again: bool = False) -> Iterator[tuple[str, str]]:
    """Log the DVC experiments of the current study, as far as the store lacks them.

    Args:
        again: Whether to look also at those that were found logged before.

    Yields:
        The name of each experiment that was looked at, and what came of it in a line.

    Raises:
        StoreUnreachable: The store cannot be opened.
    """
    if os.environ.get("DVC_EXP_NAME"):
        return  # this is one of them
    found = [experiment for experiment in _listed() if _ran_here(experiment)]
    if not found:
        return
    root = paths.find_root()
    store = open_store(root)
    known = set() if again else _logged(store)
    for experiment in found:
        if experiment.commit not in known:
            try:
                said = _sync(experiment, root)
            except (Mendable, OSError) as error:
                yield experiment.name, f"not logged: {error}"
                continue
            known.add(experiment.commit)
            yield experiment.name, said
    _note(store, known & {experiment.commit for experiment in found} | _logged(store))


def _listed() -> list[DvcExperiment]:
    """List what ``dvc exp`` keeps in git, as ``refs/exps/<two digits>/<the baseline's others>/<name>``."""
    lines = _git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps").splitlines()
    parts = [(commit, ref.split("/")) for commit, _, ref in (line.partition(" ") for line in lines)]
    return [DvcExperiment(ref[4], commit, ref[2] + ref[3]) for commit, ref in parts if len(ref) == 5 and len(ref[2] + ref[3]) == 40]


def _ran_here(experiment: DvcExperiment) -> bool:
    """Say whether the experiment has run stages of the current study."""
    lock = os.path.relpath(paths.lock().absolute(), _git("rev-parse", "--show-toplevel").strip())
    return bool(_git("diff", "--name-only", experiment.baseline, experiment.commit, "--", f":(top){lock}").strip())


def _sync(experiment: DvcExperiment, root: Path) -> str:
    with _put_together(experiment, root) as folder:
        environment = os.environ | {
            "DVC_ROOT": str(root), "DVC_EXP_NAME": experiment.name, "DVC_EXP_BASELINE_REV": experiment.baseline,
            "MLFLOW_TRACKING_URI": store_uri(root),
        }  # fmt: skip
        command = [sys.executable, "-m", "pipeline", "sync"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Mendable((done.stderr.strip().splitlines() or ["no word of why"])[-1].removeprefix("error: "))
        return "; ".join(line for line in done.stdout.splitlines() if not line.endswith(": 0 runs made or completed")) or "nothing new"


@contextmanager
def _put_together(experiment: DvcExperiment, root: Path) -> Iterator[Path]:
    """Yield the study's folder in a copy of the experiment's commit, with its results from DVC's cache."""
    kept = root / ".dvc" / "tmp" / "sync"
    kept.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(dir=kept))
    try:
        archive = subprocess.run(["git", "archive", experiment.commit], cwd=root, capture_output=True, check=False)
        if archive.returncode:
            raise Mendable((archive.stderr.decode(errors="replace").splitlines() or ["git archive failed"])[-1])
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(copy, filter="tar")
        folder = copy / paths.folder().resolve().relative_to(root)
        _check_out(folder, root)
        yield folder
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _check_out(folder: Path, root: Path) -> None:
    from dvc.exceptions import CheckoutError, DvcException
    from dvc.repo import Repo

    for logger in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    with Repo(str(paths.folder())) as own:
        cache = own.cache.local_cache_dir
    # The copy is in no repository, and its files are its own: MLflow copies them with the rights that they have.
    config = {"core": {"no_scm": True}, "cache": {"dir": cache, "type": ["reflink", "copy"]}}
    try:
        with Repo(str(folder), config=config) as repo:
            repo.checkout(force=True)
    except CheckoutError as error:
        missing = f"{len(error.target_infos)} of its outputs are not in DVC's cache"
        raise Mendable(f"{missing}; fetch them with 'dvc exp pull', or run it again") from error
    except DvcException as error:
        raise Mendable((str(error).splitlines() or [type(error).__name__])[0]) from error


def _logged(store: Store) -> set[str]:
    """Read which commits were found logged in this very store."""
    try:
        found = json.loads((store.folder / LOGGED).read_text(encoding="utf-8"))
        return set(found["commits"]) if found["store"] == store.identity() else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _note(store: Store, commits: set[str]) -> None:
    content = {"store": store.identity(), "commits": sorted(commits)}
    replace_file(store.folder / LOGGED, json.dumps(content).encode())


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=paths.folder(), capture_output=True, text=True, check=False)
    except OSError:
        return ""  # git is not installed: there are no experiments either
    return done.stdout if done.returncode == 0 else ""
