"""Nodes of a Ray cluster on the loopback interface of this machine, for tests and measurements.

Ray takes 127.0.0.1 for another name of the machine's outer address, and listens on all interfaces. Here it is told that the machine has
no other address. Run as a program, this file is the command ``ray`` with that: ``python benchmarks/ray_nodes.py start --head``.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"
# Read by all processes of Ray, those that join the cluster to hand out work too.
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0", "DO_NOT_TRACK": "1"}
STORE_BYTES = 100_000_000
# With a view of its own of the file system.
IN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")
SECONDS_TO_START = 120.0


class Node:
    """A node, ended with all that it has started when it is killed.

    Attributes:
        temporary: Where its processes find a folder for temporary files, its own as on a machine of its own.
    """

    def __init__(self, words: list[str], temporary: Path, core: int | None, hidden: Path | None) -> None:
        self.temporary = temporary
        temporary.mkdir(exist_ok=True)
        command = [sys.executable, __file__, "start", "--block", f"--node-ip-address={LOOPBACK}", *words]
        if hidden:
            command = [*IN_MOUNTS, "sh", "-c", 'mount -t tmpfs tmpfs "$0" && exec "$@"', str(hidden), *command]
        environment = os.environ | ALONE | {"TMPDIR": str(temporary)} | ({} if core is None else {"CORE": str(core)})
        with (temporary / "ray.log").open("wb") as log:
            self._process = subprocess.Popen(command, cwd=temporary, env=environment, stdout=log, stderr=log, start_new_session=True)

    def workers(self) -> list[int]:
        """List the processes that run a job now."""
        found = []
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if (
                    any(word.startswith("ray::") and "IDLE" not in word for word in process.cmdline()[:1])
                    and "Agent" not in process.cmdline()[0]
                ):
                    found.append(process.pid)
        return found

    def processor_seconds(self) -> float:
        """Return the processor time that it and all that it has started have taken."""
        seconds = 0.0
        for process in [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children(recursive=True)]:
            with suppress(psutil.Error):
                seconds += sum(process.cpu_times()[:4])  # its own, and those of children that have ended
        return seconds

    def kill(self) -> None:
        """End it as when its machine fails."""
        with suppress(psutil.Error):
            for process in [*psutil.Process(self._process.pid).children(recursive=True), self._process]:
                with suppress(psutil.Error, ProcessLookupError):
                    process.send_signal(signal.SIGKILL)
        self._process.wait()


class Nodes:
    """A head that runs no jobs, and nodes of some cores.

    Args:
        folder: Where they write.
        hidden: A folder that the nodes shall not see, as on machines that share no file system.

    Attributes:
        address: The head's, for ``RAY_ADDRESS``.
        head: The head.
        nodes: The nodes, in the order in which they were added.
    """

    def __init__(self, folder: Path, hidden: Path | None = None) -> None:
        self._folder = folder
        self._hidden = hidden
        self.nodes: list[Node] = []
        port, clients = _free_ports(2)
        self.address = f"{LOOPBACK}:{port}"
        self.head = self._node(
            "head", None, "--head", f"--port={port}", f"--ray-client-server-port={clients}", "--num-cpus=0", "--include-dashboard=false",
            f"--temp-dir={folder}/r",
        )  # fmt: skip
        self.wait(1)

    def add(self, cores: int = 1, pinned: int | None = None) -> Node:
        """Start a node with so many cores in Ray's books; its processes keep to the machine's core ``pinned``."""
        node = self._node(f"node{len(self.nodes)}", pinned, f"--address={self.address}", f"--num-cpus={cores}")
        self.nodes.append(node)
        return node

    def _node(self, name: str, core: int | None, *words: str) -> Node:
        return Node([*words, f"--object-store-memory={STORE_BYTES}"], self._folder / name, core, self._hidden)

    def wait(self, alive: int) -> None:
        """Wait until so many nodes live, the head among them.

        Raises:
            TimeoutError: They do not.
        """
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            done = subprocess.run(
                [sys.executable, "-c", _COUNT, self.address], env=os.environ | ALONE, capture_output=True, text=True, check=False
            )
            if done.returncode == 0 and int(done.stdout) >= alive:
                return
            time.sleep(0.5)
        logs = "\n".join(path.read_text(errors="replace")[-500:] for path in self._folder.glob("*/ray.log"))
        raise TimeoutError(f"expected {alive} nodes within {SECONDS_TO_START:.0f} s, got: {logs}")

    def stop(self) -> None:
        """End all nodes."""
        for node in (*self.nodes, self.head):
            node.kill()


# Asks the head itself: to join the cluster for that would take longer.
_COUNT = """
import sys
from ray._raylet import GcsClient
print(sum(node.state == 0 for node in GcsClient(address=sys.argv[1]).get_all_node_info(timeout=5).values()))
"""


@contextmanager
def cluster(*cores: int, hidden: Path | None = None) -> Iterator[Nodes]:
    """Yield a cluster of a head and a node of each number of ``cores``, which do not see what lies in the folder ``hidden``."""
    with tempfile.TemporaryDirectory(prefix="ray") as folder:  # a short path: it becomes part of the names of sockets
        nodes = Nodes(Path(folder), hidden)
        try:
            for i, count in enumerate(cores, start=2):
                nodes.add(count)
                nodes.wait(i)
            yield nodes
        finally:
            nodes.stop()


def can_hide() -> bool:
    """Say whether nodes can have a view of their own of the file system here: some machines allow it to nobody but root, or to nobody."""
    try:
        return subprocess.run([*IN_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


def main() -> None:
    """Run the command ``ray``."""
    if core := os.environ.pop("CORE", ""):
        os.sched_setaffinity(0, {int(core)})
    os.environ |= ALONE
    from ray._private import ray_constants, services

    services.get_node_ip_address = lambda *args, **more: LOOPBACK
    ray_constants.ENABLE_RAY_CLUSTER = True  # of a setting that keeps Ray to the loopback interface, the part that forbids a second node
    from ray.scripts.scripts import main as ray

    sys.exit(ray())


if __name__ == "__main__":
    main()
