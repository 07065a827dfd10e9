"""A Ray cluster of real nodes of one core, on the loopback interface: a study ends with the bits that it has on one machine."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import kills
import pytest
from checkouts import ROOT, clone, publish, run, surroundings, tiny
from cluster_runs import reproducing, snapshots
from mlflow import MlflowClient
from mlflow.entities import Run

from benchmarks.ray_nodes import ALONE, Node, Nodes, can_hide, cluster
from pipeline.cluster import places
from pipeline.cluster.connection import NoCluster, connected
from pipeline.cluster.places import Place
from pipeline.commands import machines
from pipeline.core.errors import Mendable
from pipeline.stages import processor

EPOCHS = 300
# Experiments of a queue, and how long they may take.
EXPERIMENTS, MINUTES = 8, 15
# Jobs of each kind, and no report.
STUDY = ("dvc", "repro", *(f"{stage}@{kills.EXPERIMENT}" for stage in ("evaluate", "certify")))
TRAINING = ("dvc", "repro", f"train@{kills.EXPERIMENT}")


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
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A cluster for one test after the other, whose nodes do not see the tests' checkouts; the last test ends its head."""
    with cluster(1, 1, 1, hidden=tmp_path_factory.getbasetemp() if can_hide() else None) as started:
        yield started


@pytest.mark.slow
def test_the_doctor_sees_each_node(nodes: Nodes) -> None:
    said = run(ROOT, "pipeline", "doctor", "--cluster", **ALONE, RAY_ADDRESS=nodes.address)
    assert "4 nodes, 3 cores" in said
    assert said.count("the same software as here") == 4
    assert said.count(f"({processor.kind()})") == 4
    assert "can run, 3 at a time" in said


@pytest.mark.slow
def test_eight_queued_experiments_at_once_fill_the_cluster(tmp_path: Path, nodes: Nodes) -> None:
    params = tiny()
    params["experiments"][kills.EXPERIMENT]["training"]["epochs"] = EPOCHS
    (tmp_path / "origin").mkdir()
    checkout = clone(publish(tmp_path / "origin", params), tmp_path / "clone")
    rates = [f"0.{digit}" for digit in range(1, EXPERIMENTS + 1)]
    changes = f"experiments.{kills.EXPERIMENT}.training.learning_rate={','.join(rates)}"
    run(checkout, "dvc", "exp", "run", "--queue", "--name", "rate", "-S", changes)
    start = [sys.executable, "-m", "dvc", "queue", "start", "-j", str(EXPERIMENTS)]
    environment = surroundings(**ALONE, RAY_ADDRESS=nodes.address)
    # No pipe: the workers would keep it open, and the call would last as long as they do.
    subprocess.run(start, cwd=checkout, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    busy, running = 0, 0
    deadline = time.monotonic() + 60 * MINUTES
    while re.search(r"\b(Queued|Running)\b", status := run(checkout, "dvc", "queue", "status")):
        running = max(running, status.count("Running"))
        busy = max(busy, sum(bool(node.workers()) for node in nodes.nodes))
        assert time.monotonic() < deadline, status
        time.sleep(1)
    assert re.findall(r"rate-\d .*\b(\w+)$", status, re.MULTILINE) == ["Success"] * EXPERIMENTS, status
    assert (running, busy) == (EXPERIMENTS, len(nodes.nodes))
    found = [one for one in _runs(checkout) if one.data.tags["level"] == "seed"]
    seeds = params["experiments"][kills.EXPERIMENT]["training"]["seeds"]
    assert sorted(one.data.params["training.learning_rate"] for one in found) == sorted(rates * seeds)
    assert {one.info.status for one in found} == {"FINISHED"}


@pytest.mark.slow
def test_a_killed_worker_a_lost_node_and_a_late_one_change_no_bit(alone: tuple[Path, kills.State], checkout: Path, nodes: Nodes) -> None:
    with reproducing(checkout, nodes.address, STUDY) as repro:
        repro.wait(lambda: _training(nodes.nodes))
        first = _training(nodes.nodes)[0]
        killed = first.workers()[0]
        os.kill(killed, signal.SIGKILL)
        repro.wait(lambda: "from its last snapshot" in repro.said())
        repro.wait(first.workers)
        os.kill(first.workers()[0], signal.SIGSTOP)  # so that its job has not ended when the node is lost
        first.kill()
        nodes.nodes.remove(first)
        late = nodes.add()
        assert repro.end() == 0, repro.said()
    assert repro.said().count("was lost") == 2
    found = kills.state(checkout)
    assert kills.differences(alone[1], found) == []
    assert not any(snapshots(node) for node in nodes.nodes), "what has led to a result is forgotten"
    tags = {r.data.tags["processor.training"] for r in _runs(checkout)}
    assert tags == {processor.kind()}
    timings = checkout / "data/timings"
    assert "a cluster: " in (timings / f"train/{kills.EXPERIMENT}.json").read_text()
    assert nodes.nodes[-1] is late


def _training(nodes: list[Node]) -> list[Node]:
    """List the nodes that train and have a snapshot."""
    return [node for node in nodes if node.workers() and snapshots(node)]


@pytest.mark.slow
def test_a_lost_head_is_a_line_and_the_study_goes_on_later(alone: tuple[Path, kills.State], checkout: Path, nodes: Nodes) -> None:
    with reproducing(checkout, nodes.address, TRAINING) as repro:
        repro.wait(lambda: _training(nodes.nodes))
        for node in nodes.nodes:
            for worker in node.workers():
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
