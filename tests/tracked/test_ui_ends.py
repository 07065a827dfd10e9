"""``nines ui`` behind a proxy that is not there, in a terminal that is closed: it answers, and then nothing listens."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_study import ROOT, environment, free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    return tmp_path


def listens(port: int) -> bool:
    with socket.socket() as family:
        return family.connect_ex(("127.0.0.1", port)) == 0


def test_it_answers_whatever_proxy_is_set_and_ends_with_its_terminal(checkout: Path) -> None:
    port = free_port()
    dead = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9")
    command = [sys.executable, "-u", "-m", "pipeline", "ui", "--port", str(port)]
    variables = environment(PYTHONPATH=str(ROOT), **dead)
    process = subprocess.Popen(command, cwd=checkout, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        assert f"MLflow UI: http://127.0.0.1:{port}" in process.stdout.readline()
        assert listens(port)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGHUP)  # a shell and the terminal may both send it
        assert process.wait(timeout=30) == 0
        deadline = time.monotonic() + 5
        while listens(port) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not listens(port)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
