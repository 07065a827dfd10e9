"""Start MLflow's own UI on the right store."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence

from rich.console import Console

from pipeline.config import paths
from pipeline.core.errors import Mendable
from pipeline.tracking.opening import is_embedded, is_server
from pipeline.tracking.reach import reaching
from pipeline.tracking.relocation import old_folders
from pipeline.tracking.secrets import hide
from pipeline.tracking.store import Store, open_store
from pipeline.tracking.views import VIEWS, link, prepare

HOST = "127.0.0.1"


def ui(port: int, tasks: Sequence[str], *, opens: bool = False) -> int:
    """Serve the store's UI on this machine until Ctrl-C, and print links to the charts once it answers.

    Args:
        port: The port on this machine.
        tasks: The tasks whose charts are linked to.
        opens: Whether to open the first of those links in the browser.

    Returns:
        The exit code: 0 after Ctrl-C, else the server's own.

    Raises:
        StoreUnreachable: The store cannot be opened.
        Mendable: The port is taken, or the current folder is in no checkout.
    """
    store = open_store(paths.find_root())
    if is_server(store.uri):
        _announce(store, hide(store.uri), tasks, opens)
        return 0
    _require_free(port)
    # A plain kill must end the server too, by way of the clean-up below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log = store.folder / "ui.log"
    with log.open("wb") as output:
        # In a process group of its own, so that Ctrl-C reaches this process alone, which then ends the server in good order.
        server = subprocess.Popen(server_command(port), env=server_environment(store.uri), stdout=output, stderr=output, process_group=0)
        try:
            address = f"http://{HOST}:{port}"
            if _answers(server, address):
                _announce(store, address, tasks, opens)
            code = server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            _stop(server)
    print(f"error: the MLflow server has ended by itself; {log} says why", file=sys.stderr)
    return code or 1


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Mendable(f"port {port} cannot be used ({error.strerror}); choose another one with --port") from error


def server_command(port: int) -> list[str]:
    """Return the command line of MLflow's server."""
    return [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]


def server_environment(uri: str) -> dict[str, str]:
    """Return the environment that tells MLflow's server the store; on the command line a database's password would be seen.

    It ignores ``MLFLOW_TRACKING_URI`` and would show an empty database of its own.
    """
    return {**os.environ, "MLFLOW_BACKEND_STORE_URI": uri}


def _announce(store: Store, address: str, tasks: Sequence[str], opens: bool) -> None:
    with reaching(store.uri):
        known = {experiment.name: experiment for experiment in store.client.search_experiments()}
        shown = [known[task] for task in tasks if task in known]
        for experiment in shown:
            prepare(store.client, experiment)
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"MLflow UI: {address}   (Ctrl-C stops it)")
    for experiment in shown:
        console.print(f"  {experiment.name}")
        for view in VIEWS:
            console.print(f"    {view.title}: {link(address, experiment, view)}")
    if old := old_folders(shown, store.folder) if is_embedded(store.uri) else []:
        console.print(f"warning: pictures and models are looked for in {old[0]}; run 'nines relocate'")
    if opens and shown:
        webbrowser.open(link(address, shown[0], VIEWS[0]))


def _answers(server: subprocess.Popen[bytes], address: str) -> bool:
    """Wait until the server answers; ``False`` if it ended first."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.3)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
