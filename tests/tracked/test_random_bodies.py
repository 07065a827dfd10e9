"""Whatever stands in ``{"inputs": […]}``, a served net answers or refuses; it never fails."""

import json
from pathlib import Path

import pytest
from small_study import ROOT, python
from test_serving import WRITTEN

pytestmark = pytest.mark.slow


def test_no_random_body_is_an_error_of_the_server(study: Path, tmp_path: Path) -> None:
    """A sample; ``random_bodies.py 10000`` was run with as many."""
    program = str(ROOT / "tests/tracked/random_bodies.py")
    uri = f"sqlite:///{study}/mlruns/mlflow.db"
    # Not in the checkout: the served models bring their own code.
    said = python(
        tmp_path, program, "400", "1", "increment", *WRITTEN, MLFLOW_TRACKING_URI=uri, PYTHONPATH="", MLFLOW_LOGGING_LEVEL="ERROR"
    )
    # Libraries may write lines of their own beside it.
    (statuses,) = (json.loads(line) for line in said.splitlines() if line.startswith("{"))
    assert statuses.keys() == {"200", "400"}, said
    assert sum(statuses.values()) == 400
    assert statuses["200"] > 40
