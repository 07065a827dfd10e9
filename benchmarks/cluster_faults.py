"""A board on a Ray cluster of real nodes of one core that fail one after the other: does it end with the bits that one machine makes?

``PYTHONPATH=.:tests python -m benchmarks.cluster_faults`` writes ``benchmarks/cluster_faults.json``. Four experiments of
``studies/smoke`` at a time (``nines repro --jobs 4``) on three nodes, which do not see the checkout. In mid-training a worker is killed;
then a node; a late one joins; then the head is killed, and with it the cluster. On a new cluster the same command goes on.
"""

import json
import os
import re
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import kills
from checkouts import commit, copy, git, run
from cluster_runs import Repro, reproducing, snapshots

from benchmarks.machine import describe
from benchmarks.ray_nodes import ALONE, Node, Nodes, can_hide, cluster

RESULTS = Path(__file__).with_suffix(".json")
STUDY = "studies/smoke"
COMMAND = ("pipeline", "--study", "smoke", "repro", "--jobs", "4")
NODES = 3


def board(checkout: Path) -> Path:
    """Make a checkout in which no stage of the board has run."""
    checkout.mkdir(parents=True)
    copy(checkout)
    git(checkout, "init", "-q", "-b", "main")
    commit(checkout, "start")
    return checkout


def faults(folder: Path) -> dict[str, Any]:
    """Run the board on this machine, then on clusters that fail; return what came of it."""
    alone, shared = board(folder / "alone"), kills.snapshot_often(board(folder / "shared"))
    begun = time.monotonic()
    run(alone / STUDY, "dvc", "repro")
    seconds, wanted = time.monotonic() - begun, kills.state(alone, STUDY)
    print(f"on this machine: {len(wanted['files'])} files, {len(wanted['runs'])} runs in {seconds:.0f} s", flush=True)
    hidden = shared if can_hide() else None
    with cluster(*[1] * NODES, hidden=hidden) as nodes, reproducing(shared, nodes.address, COMMAND) as repro:
        happened = fail(nodes, repro)
    trained = sum(1 for _ in (shared / STUDY / "data/models").glob("[!.]*/outcome.json"))
    print(f"{happened}; {trained} experiments were trained when the head was lost", flush=True)
    with cluster(*[1] * NODES, hidden=hidden) as nodes:
        said = run(shared, *COMMAND, **ALONE, RAY_ADDRESS=nodes.address)
    skipped = len(re.findall(r"didn't change, skipping", said))
    found = kills.state(shared, STUDY)
    return {
        "nodes": NODES, "checkout_hidden": hidden is not None, "files": len(wanted["files"]), "runs": len(wanted["runs"]),
        "happened": happened, "trained_before_the_head_was_lost": trained, "stages_skipped_afterwards": skipped,
        "other_than_on_one_machine": kills.differences(wanted, found),
    }  # fmt: skip


def fail(nodes: Nodes, repro: Repro) -> dict[str, int]:
    """Let a worker, a node and at last the head fail while a study runs; return how often something was said."""
    first = training(repro, nodes.nodes)
    os.kill(first.workers()[0], signal.SIGKILL)
    repro.wait(lambda: "from its last snapshot" in repro.said())
    second = training(repro, [node for node in nodes.nodes if node is not first])
    os.kill(second.workers()[0], signal.SIGSTOP)  # so that its job does not end before the node does
    second.kill()
    nodes.nodes.remove(second)
    repro.wait(lambda: "from the start" in repro.said())
    late = nodes.add()
    repro.wait(late.workers)
    training(repro, nodes.nodes)
    nodes.head.kill()
    assert repro.end() != 0, repro.said()
    said = repro.said()
    assert "Traceback" not in said, said
    patterns = {
        "worker or node lost": r"its worker on \S+ was lost",
        "runs again from its last snapshot": r"runs again on \S+ from its last snapshot",
        "runs again from the start": r"runs again on \S+ from the start",
        "the head is lost": r"error: the head of the cluster at \S+ is lost",
    }
    return {name: len(re.findall(pattern, said)) for name, pattern in patterns.items()}


def training(repro: Repro, nodes: list[Node]) -> Node:
    """Wait until one of the nodes trains and has a snapshot, and return it."""
    found: list[Node] = []

    def there() -> bool:
        found.extend(node for node in nodes if node.workers() and snapshots(node))
        return bool(found)

    repro.wait(there)
    return found[0]


def main() -> None:
    """Run, print and write."""
    machine = describe()
    with tempfile.TemporaryDirectory() as folder:
        came = faults(Path(folder))
    print(json.dumps(came, indent=1))
    RESULTS.write_text(json.dumps({"machine": machine, **came}, indent=1) + "\n", encoding="utf-8")
    if came["other_than_on_one_machine"]:
        raise SystemExit("expected the same bits as on one machine")


if __name__ == "__main__":
    main()
