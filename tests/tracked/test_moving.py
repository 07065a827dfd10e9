"""A checkout that is copied or moved takes its MLflow store along."""

import shutil
from pathlib import Path

import pytest
import sqlalchemy
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from small_study import POST, ROOT, nines

pytestmark = pytest.mark.slow


def places(checkout: Path) -> dict[str, str]:
    """Return all that a store says anywhere, by column, as far as it names a folder of artifacts or one above."""
    engine = sqlalchemy.create_engine(f"sqlite:///{checkout}/mlruns/mlflow.db")
    found = {}
    with engine.connect() as connection:
        for table in sqlalchemy.inspect(engine).get_table_names():
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings():
                found |= {f"{table}.{key} of {tuple(row.values())[:2]}": str(v) for key, v in row.items() if "mlruns" in str(v)}
    engine.dispose()
    return found


NAME = f"{POST}-accuracy.png"


def picture(checkout: Path) -> bytes:
    """Return what MLflow takes for a picture of the report."""
    client = MlflowClient(f"sqlite:///{checkout}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("increment").experiment_id
    (run,) = client.search_runs([experiment], f"attributes.run_name = '{POST}'")
    return Path(client.download_artifacts(run.info.run_id, f"figures/{NAME}")).read_bytes()


def test_relocate_repairs_a_copy_and_a_move(study: Path, tmp_path: Path) -> None:
    copy = tmp_path / "a copy"
    shutil.copytree(study, copy)
    (own,) = copy.glob(f"mlruns/artifacts/increment/*/artifacts/figures/{NAME}")
    own.write_bytes(b"the copy's own")
    assert picture(copy) != b"the copy's own", "expected the copy to look for its artifacts in the old place"
    assert f"got one of {study}/mlruns; run 'nines relocate'" in nines(copy, "sync", code=1)
    assert f"places pointed to {study}/mlruns and point here now" in nines(copy, "relocate")
    assert picture(copy) == b"the copy's own"

    moved = tmp_path / "moved (100%)"
    copy.rename(moved)
    with pytest.raises((OSError, MlflowException), match=r"Failed to download|No such artifact"):
        picture(moved)
    count = int(nines(moved, "relocate").split()[0])
    assert picture(moved) == b"the copy's own"
    here = (f"{moved}/mlruns", f"{moved.as_uri()}/mlruns")
    found = places(moved)
    assert [place for place, value in found.items() if not value.startswith(here)] == []
    assert count == len(found)
    assert "nothing to repair" in nines(moved, "relocate")
    told = nines(moved, "sync")
    assert told.count(": 0 runs made or completed") == told.count("\n"), "expected nothing new, and the same champions"


def test_there_must_be_a_store_to_repair(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    assert "expected an MLflow store, got nothing there" in nines(tmp_path, "relocate", code=1, PYTHONPATH=str(ROOT))
    elsewhere = nines(tmp_path, "relocate", code=1, PYTHONPATH=str(ROOT), MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "got MLFLOW_TRACKING_URI with another one" in elsewhere
