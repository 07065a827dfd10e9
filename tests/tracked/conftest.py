"""What the tests of MLflow share: a small study, made once, and its UI."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_study
from small_study import Ui, environment, free_port, noting_browser, stop, wait_for


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with every task trained, evaluated, reported and told to MLflow; tests leave it as it is."""
    checkout = tmp_path_factory.mktemp("small") / "study"
    small_study.make(checkout)
    return checkout


@pytest.fixture(scope="session")
def ui(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    folder = tmp_path_factory.mktemp("ui")
    port, log, opened = free_port(), folder / "log", folder / "opened"
    command = [sys.executable, "-u", "-m", "pipeline", "ui", "--port", str(port), "--open"]
    with log.open("wb") as output:
        surroundings = environment(BROWSER=f"{noting_browser(folder / 'browser', opened)} %s")
        process = subprocess.Popen(command, cwd=study, env=surroundings, stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        while "temporal_order" not in log.read_text():  # the last line
            assert process.poll() is None, log.read_text()
        while not opened.exists():
            assert process.poll() is None, log.read_text()
        yield Ui(f"http://127.0.0.1:{port}", log.read_text(), opened.read_text())
    finally:
        stop(process)
