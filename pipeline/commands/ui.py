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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from pipeline.commands.streams import note
from pipeline.commands.terminal import console
from pipeline.config import paths
from pipeline.core.errors import Mendable
from pipeline.tracking.places import is_embedded, is_server, old_folders
from pipeline.tracking.reach import reaching
from pipeline.tracking.secrets import hide
from pipeline.tracking.store import Store, open_store
from pipeline.tracking.views import VIEWS, link, prepare

HOST = "127.0.0.1"
# A cold start takes ten seconds; a server that is silent for so long will not answer.
LONGEST_START = 120.0
# The server is on this machine: its health is not asked for by way of a proxy (http_proxy).
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# A plain kill, and a terminal that is closed, must end the server too.
_ENDING = (signal.SIGTERM, signal.SIGHUP)


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
    log = store.folder / "ui.log"
    with _ends_in_good_order():
        try:
            with log.open("wb") as output:
                # In a process group of its own, so that Ctrl-C reaches this process alone, which then ends the server in good order.
                server = subprocess.Popen(
                    server_command(port), env=server_environment(store.uri), stdout=output, stderr=output, process_group=0
                )
            try:
                address = f"http://{HOST}:{port}"
                if _answers(server, address, log):
                    _announce(store, address, tasks, opens)
                code = server.wait()
            finally:
                _stop(server)
        except KeyboardInterrupt:
            return 0
    print(f"error: the MLflow server has ended by itself; {log} says why", file=sys.stderr)
    return code or 1


@contextmanager
def _ends_in_good_order() -> Iterator[None]:
    """Let the signals that end a process run the clean-up of the block, as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _require_free(port: int) -> None:
    with socket.socket() as family:
        family.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            family.bind((HOST, port))
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
    screen = console(soft_wrap=True, highlight=False)
    screen.print(f"MLflow UI: {address}   (Ctrl-C stops it)")
    for experiment in shown:
        screen.print(f"  {experiment.name}")
        for view in VIEWS:
            screen.print(f"    {view.title}: {link(address, experiment, view)}")
    if old := old_folders((one.artifact_location for one in shown), store.folder) if is_embedded(store.uri) else []:
        screen.print(f"warning: pictures and models are looked for in {old[0]}; run 'nines relocate'")
    if opens and shown:
        webbrowser.open(link(address, shown[0], VIEWS[0]))


def _answers(server: subprocess.Popen[bytes], address: str, log: Path) -> bool:
    """Wait until the server answers; ``False`` if it ended first. Raises ``Mendable`` if it does neither for ``LONGEST_START``."""
    note("starting the MLflow server …")
    deadline = time.monotonic() + LONGEST_START
    while server.poll() is None:
        try:
            with _DIRECT.open(f"{address}/health", timeout=2):
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            if time.monotonic() > deadline:
                raise Mendable(f"expected the MLflow server to answer within {LONGEST_START:g} s, got nothing; {log} may say why") from None
            time.sleep(0.3)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and what it has started. A closed terminal may send its signal twice: nothing interrupts this."""
    for number in (*_ENDING, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    _signal_all(server, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(timeout=10)
    _signal_all(server, signal.SIGKILL)
    server.wait()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _signal_all(server: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.pid, number)
