"""Start MLflow's own UI on the right store."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from rich.console import Console

from pipeline.core.errors import Mendable
from pipeline.stages import paths
from pipeline.tracking.opening import is_server
from pipeline.tracking.store import Store, open_store

HOST = "127.0.0.1"


def ui(port: int = 5000) -> int:
    """Serve the store's UI on this machine until Ctrl-C, and print its addresses once it answers.

    Returns:
        The exit code: 0 after Ctrl-C, else the server's own.

    Raises:
        StoreUnreachable: The store cannot be opened.
        Mendable: The port is taken, or the current folder is in no checkout.
    """
    store = open_store(paths.find_root())
    if is_server(store.uri):
        _announce(store, store.uri)
        return 0
    _require_free(port)
    # A plain kill must end the server too, by way of the clean-up below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log = store.folder / "ui.log"
    with log.open("wb") as output:
        # In a process group of its own, so that Ctrl-C reaches this process alone, which then ends the server in good order.
        server = subprocess.Popen(server_command(store.uri, port), stdout=output, stderr=output, process_group=0)
        try:
            address = f"http://{HOST}:{port}"
            if _answers(server, address):
                _announce(store, address)
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


def server_command(uri: str, port: int) -> list[str]:
    """Return the command line; MLflow ignores ``MLFLOW_TRACKING_URI`` here and would show an empty database of its own."""
    options = {"--backend-store-uri": uri, "--host": HOST, "--port": str(port), "--workers": "1"}
    return [sys.executable, "-m", "mlflow", "server", *(word for option in options.items() for word in option)]


def _announce(store: Store, address: str) -> None:
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"MLflow UI: {address}   (Ctrl-C stops it)")
    for experiment in store.client.search_experiments(order_by=["name ASC"]):
        if experiment.name != "Default":
            link = f"{address}/#/experiments/{experiment.experiment_id}/runs?workflowType=machine_learning&compareRunsMode=CHART"
            console.print(f"  curves of {experiment.name}: {link}")


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
