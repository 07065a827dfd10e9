"""A Ray cluster of real nodes of one core, on the loopback interface: a study ends with the bits that it has on one machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import kills
import psutil
import pytest
from checkouts import ROOT, run, surroundings
from mlflow import MlflowClient
from mlflow.entities import Run

from benchmarks.ray_nodes import ALONE, Node, Nodes, cluster
from pipeline.cluster import places
from pipeline.cluster.connection import NoCluster, connected
from pipeline.cluster.places import Place
from pipeline.commands import machines
from pipeline.core.errors import Mendable
from pipeline.stages import processor

EPOCHS = 300
SECONDS = 240.0
# Jobs of each kind, and no report.
STUDY = ("dvc", "repro", *(f"{stage}@{kills.EXPERIMENT}" for stage in ("evaluate", "certify")))
TRAINING = ("dvc", "repro", f"train@{kills.EXPERIMENT}")


@contextmanager
def reproducing(checkout: Path, address: str, words: tuple[str, ...]) -> Iterator["Repro"]:
    """Yield a ``Repro`` that goes on in the block, and no longer."""
    repro = Repro(checkout, address, words)
    try:
        yield repro
    finally:
        if repro.process.poll() is None:
            repro.kill()
            repro.process.wait()


class Repro:
    """``dvc repro`` with a cluster, going on in a process of its own."""

    def __init__(self, checkout: Path, address: str, words: tuple[str, ...]) -> None:
        self._log = checkout.parent / "repro.log"
        environment = surroundings(**ALONE, RAY_ADDRESS=address)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-m", *words], cwd=checkout, env=environment, stdout=log, stderr=log)

    def said(self) -> str:
        """Return what it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait(self, come: Callable[[], object]) -> None:
        """Wait until something has come, while it runs."""
        deadline = time.monotonic() + SECONDS
        while not come():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it with all that it has started."""
        for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
            process.kill()

    def end(self) -> int:
        """Wait for its end, and return its exit code."""
        return self.process.wait(SECONDS)


def snapshots(node: Node) -> list[Path]:
    """List the snapshots that lie on a node."""
    return list(node.temporary.glob("trailing-nines-*/*/*.npz"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, kills.State]:
    """A checkout in which a study has run on this machine, and what it ends with."""
    checkout = kills.plain_study(tmp_path_factory.mktemp("alone") / "study", EPOCHS)
    run(checkout, *STUDY)
    return checkout, kills.state(checkout)


@pytest.fixture
def checkout(alone: tuple[Path, kills.State], tmp_path: Path) -> Path:
    """A copy of that checkout in which no net has been trained, and nothing has been told to MLflow."""
    copy = tmp_path / "study"
    shutil.copytree(alone[0], copy, symlinks=True)
    shutil.rmtree(copy / "mlruns")
    (copy / "mlruns").mkdir()
    for stage in kills.STAGES[1:4]:
        kills.forget(copy, stage)
    for folder in ("models", "results", "certificates"):
        for path in (copy / "data" / folder).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return kills.snapshot_often(copy)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """A cluster for one test after the other; the last one ends its head."""
    with cluster(1) as started:
        yield started


@pytest.mark.slow
def test_the_doctor_sees_each_node(nodes: Nodes) -> None:
    said = run(ROOT, "pipeline", "doctor", "--cluster", **ALONE, RAY_ADDRESS=nodes.address)
    assert "2 nodes, 1 cores" in said
    assert said.count("the same software as here") == 2
    assert said.count(f"({processor.kind()})") == 2
    assert "can run, 1 at a time" in said


@pytest.mark.slow
def test_a_killed_worker_a_late_node_and_a_lost_one_change_no_bit(alone: tuple[Path, kills.State], checkout: Path, nodes: Nodes) -> None:
    first = nodes.nodes[0]
    with reproducing(checkout, nodes.address, STUDY) as repro:
        repro.wait(lambda: snapshots(first))
        os.kill(first.workers()[0], signal.SIGKILL)
        repro.wait(lambda: "from its last snapshot" in repro.said())
        os.kill(first.workers()[0], signal.SIGSTOP)  # so that it is still at work when the other one is there
        late = nodes.add()
        nodes.wait(3)
        first.kill()
        assert repro.end() == 0, repro.said()
    assert repro.said().count("was lost") == 2
    assert repro.said().count("from the start") == 1
    found = kills.state(checkout)
    assert kills.differences(alone[1], found) == []
    assert not snapshots(late), "what has led to a result is forgotten"
    tags = {r.data.tags["processor.training"] for r in _runs(checkout)}
    assert tags == {processor.kind()}
    assert "a cluster: " in (checkout / f"data/timings/train/{kills.EXPERIMENT}.json").read_text()


@pytest.mark.slow
def test_a_lost_head_is_a_line_and_the_study_goes_on_later(alone: tuple[Path, kills.State], checkout: Path, nodes: Nodes) -> None:
    with reproducing(checkout, nodes.address, TRAINING) as repro:
        last = nodes.nodes[-1]
        repro.wait(lambda: snapshots(last) and last.workers())
        for worker in last.workers():
            os.kill(worker, signal.SIGSTOP)  # so that the training is not over when the head is lost
        nodes.head.kill()
        assert repro.end() != 0
    lines = [line for line in repro.said().splitlines() if line.startswith("error:")]
    assert len(lines) == 1
    # A stage that has just ended when the head is lost leaves the line to the next one.
    assert re.search(
        rf"the head of the cluster at {nodes.address} is lost|RAY_ADDRESS: .* running Ray cluster, got '{nodes.address}'", lines[0]
    )
    assert "Traceback" not in repro.said()
    assert not (checkout / "data/models" / kills.EXPERIMENT).exists()
    with cluster(1) as again:
        said = run(checkout, *TRAINING, **ALONE, RAY_ADDRESS=again.address)
    assert "Stage 'freeze@increment' didn't change, skipping" in said
    assert _models(kills.state(checkout)) == _models(alone[1])


def _models(state: kills.State) -> dict[str, str]:
    """Return the digests of weights and curves."""
    return {name: digest for name, digest in state["files"].items() if name.startswith("data/models/")}


def _runs(checkout: Path) -> list[Run]:
    client = MlflowClient(f"sqlite:///{checkout}/mlruns/mlflow.db")
    return list(client.search_runs([found.experiment_id for found in client.search_experiments()]))


HERE = Place("a", "one", "AVX2", "AMD EPYC")
OTHER = replace(HERE, node="b", host="two", kind="AVX-512", model="Intel Xeon")


def test_other_kinds_of_processor_are_named_with_their_jobs() -> None:
    ran = {"seed 0": HERE, "seed 1": OTHER, "seed 2": replace(HERE, node="c")}
    assert places.kinds(ran, "AVX2") == "AVX2; AVX-512: seed 1"
    assert places.kinds({"seed 0": HERE}, "AVX2") == "AVX2"
    assert places.kinds({f"seed {n}": OTHER for n in range(12)}, "AVX2").endswith("seed 9 and 2 more")
    assert places.nodes(ran) == "a cluster: 2 nodes of AMD EPYC (AVX2), 1 node of Intel Xeon (AVX-512)"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:10001", "head", "127.0.0.1:"])
def test_an_address_where_no_cluster_is_gives_a_line(address: str) -> None:
    with pytest.raises(NoCluster, match=rf"^RAY_ADDRESS: expected .*'{address}'.*unset RAY_ADDRESS"), connected(address):
        pass


def test_without_ray_its_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    monkeypatch.setattr("pipeline.commands.machines.find_spec", lambda name: None)
    with pytest.raises(Mendable, match=r"Ray is not installed; install it with .*cluster"), machines.joined():
        pass


def test_without_an_address_nothing_of_ray_is_loaded() -> None:
    program = "import sys; from pipeline.commands.machines import machines\nwith machines() as on: print(on.executor, 'ray' in sys.modules)"
    environment = {name: value for name, value in surroundings().items() if name != machines.ADDRESS}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False"]
