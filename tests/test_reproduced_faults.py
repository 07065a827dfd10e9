"""A study that a DVC experiment has run while MLflow was down, and what happens to its files then: editors, links, changes of one's own."""

import hashlib
from pathlib import Path

import pytest
from checkouts import clone, commit, git, publish, run, tiny
from mlflow import MlflowClient

pytestmark = pytest.mark.slow
NAME = "increment-rnn-post"


@pytest.fixture(scope="module")
def untold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with nothing in it but what DVC and git know of an experiment, which has run in a folder of its own."""
    top = tmp_path_factory.mktemp("untold")
    (top / "origin").mkdir()
    checkout = clone(publish(top / "origin", tiny()), top / "clone")
    said = run(checkout, "dvc", "exp", "run", "--temp", "--name", "silent", MLFLOW_TRACKING_URI="sqlite:////dev/null/none.db")
    assert "was not logged to MLflow" in said
    return checkout


def told(checkout: Path) -> list[tuple[str, str, str | None]]:
    client = MlflowClient(f"sqlite:///{checkout}/mlruns/mlflow.db")
    found = client.search_runs([client.get_experiment_by_name("increment").experiment_id])
    return sorted((one.info.run_name, one.info.status, one.data.tags.get("dvc.experiment")) for one in found)


def test_an_experiment_that_could_not_tell_mlflow_is_told_later_and_once(untold: Path) -> None:
    assert f"DVC experiment silent: {NAME}: 3 runs made or completed" in run(untold, "pipeline", "sync")
    assert told(untold) == [(name, "FINISHED", "silent") for name in (NAME, f"{NAME}/seed-0", f"{NAME}/seed-1")]
    assert "silent" not in run(untold, "pipeline", "sync")
    assert len(told(untold)) == 3
    assert not list((untold / ".dvc/tmp/sync").iterdir())


@pytest.fixture(scope="module")
def study(untold: Path) -> Path:
    run(untold, "dvc", "exp", "apply", "silent")
    commit(untold, "reproduced")
    return untold


STRAYS = (
    "pipeline/core/.DS_Store", "pipeline/layers/.basic.py.swp", "pipeline/core/#errors.py#", "pipeline/core/errors.py~", "claims/._x.yaml",
    f"data/models/{NAME}/.DS_Store", "data/models/.killed.partial/outcome.json", "pipeline/.idea/workspace.xml",
    "pipeline/core/errors.py.bak", "pipeline/core/.errors.py.kate-swp", "pipeline/core/errors.py___jb_tmp___", "pipeline/core/.coverage",
)  # fmt: skip


def test_what_editors_leave_is_no_change(study: Path) -> None:
    lock = study / "pipeline/core/.#errors.py"
    lock.symlink_to("somebody@somewhere.1:1")
    for name in STRAYS:
        (study / name).parent.mkdir(exist_ok=True)
        (study / name).touch()
    assert "up to date" in run(study, "dvc", "status")
    assert git(study, "status", "--short") == ""
    for name in STRAYS:
        (study / name).unlink()
    lock.unlink()


def cached(study: Path) -> dict[str, str]:
    files = [path for path in (study / ".dvc/cache").rglob("*") if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_no_stage_writes_through_a_link_to_the_cache(study: Path) -> None:
    run(study, "dvc", "config", "--local", "cache.type", "symlink")
    run(study, "dvc", "checkout", "--relink")
    before = cached(study)
    for words in (("freeze", "increment"), ("evaluate", NAME)):
        run(study, "pipeline", *words)
    assert cached(study) == before
    run(study, "dvc", "config", "--local", "--unset", "cache.type")
    run(study, "dvc", "checkout", "--relink", "--force")


def test_pull_over_changes_of_ones_own_names_the_file(study: Path, tmp_path: Path) -> None:
    run(study, "dvc", "remote", "add", "--local", "--default", "storage", str(tmp_path / "storage"))
    run(study, "pipeline", "push")
    changed = f"data/results/{NAME}/scores.csv"
    with (study / changed).open("a") as file:
        file.write("mine\n")
    said = run(study, "pipeline", "pull", code=1)
    mend = f"keep what is there by moving it away, or drop it with 'dvc checkout --force {changed}'"
    assert said == f"error: expected outputs as DVC has left them, got changes in {changed}; {mend}\n"
    run(study, "dvc", "checkout", "--force", changed)
    assert "files fetched" in run(study, "pipeline", "pull")
    lock = (study / "dvc.lock").read_bytes()
    for damage in (b"", lock + b"<<<<<<< HEAD\n"):
        (study / "dvc.lock").write_bytes(damage)
        assert "git checkout HEAD -- dvc.lock" in run(study, "pipeline", "pull", code=1)
    (study / "dvc.lock").write_bytes(lock)
