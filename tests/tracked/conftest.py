"""What the tests of MLflow share: a small study, made once, and its UI."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_study
from small_study import Ui, environment, free_port, stop, wait_for


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with every task trained, evaluated, reported and told to MLflow; tests leave it as it is."""
    checkout = tmp_path_factory.mktemp("small") / "study"
    small_study.make(checkout)
    return checkout


@pytest.fixture(scope="session")
def ui(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    port, log = free_port(), tmp_path_factory.mktemp("ui") / "log"
    command = [sys.executable, "-u", "-m", "pipeline", "ui", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=study, env=environment(), stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        while "temporal_order" not in log.read_text():  # the last line
            assert process.poll() is None, log.read_text()
        yield Ui(f"http://127.0.0.1:{port}", log.read_text())
    finally:
        stop(process)
