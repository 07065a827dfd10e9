"""A real MLflow server on a real PostgreSQL, behind a door that asks for credentials."""

import http.client
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from small_study import environment, free_port, stop, wait_for


def _postgres_programs() -> Path:
    known = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    known += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # where Debian keeps them, out of the way
    if not known:
        pytest.skip("no PostgreSQL on this machine; install it, on Debian: apt-get install postgresql")
    return known[0]


@contextmanager
def postgres() -> Iterator[tuple[str, Path]]:
    """Run a database cluster of its own, on a socket in a folder of its own; yield its address and the folder of its programs."""
    programs = _postgres_programs()
    # PostgreSQL refuses to run as root, and pytest's folders are closed to others.
    user = "postgres" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="nines-"))
    try:
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data, log = folder / "data", folder / "log"
        options = {"user": user, "cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([programs / "initdb", "-D", data, "-U", "study", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"], **options)
        settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
        subprocess.run([programs / "pg_ctl", "-D", data, "-l", log, "-o", settings, "-w", "start"], **options)
        try:
            yield f"postgresql+psycopg2://study@/postgres?host={folder}", programs
        finally:
            subprocess.run([programs / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop"], **options)
    finally:
        shutil.rmtree(folder)


@contextmanager
def mlflow_server(database: str, artifacts: Path, log: Path) -> Iterator[int]:
    """Run MLflow's tracking server, artifacts proxied; yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--serve-artifacts"]
    command += ["--artifacts-destination", str(artifacts), "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=log.parent, env=environment(), stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield port
    finally:
        stop(process)


@contextmanager
def door(port: int, keys: set[str]) -> Iterator[int]:
    """Let through to ``port`` who brings one of ``keys`` as ``Authorization``, as the proxy before a shared server does."""

    class Door(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") not in keys:
                self.answer(401, {}, b"who are you?")
                return
            headers = {key: value for key, value in self.headers.items() if key not in ("Authorization", "Host")}
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            self.answer(answer.status, {"Content-Type": answer.headers.get("Content-Type", "")}, content)
            connection.close()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
