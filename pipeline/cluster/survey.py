"""What a cluster consists of, and whether jobs can run there: each node is asked."""

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

import pipeline
from pipeline.cluster.node import here, libraries, versions
from pipeline.cluster.places import Place

# A node must start a process and fetch the code.
SECONDS_TO_ANSWER = 60.0


@dataclass(frozen=True)
class Answer:
    """What a node says of itself.

    Attributes:
        place: The node.
        software: Versions, by name; ``code`` is a digest of the package's files.
    """

    place: Place
    software: dict[str, str]


def answer(packages: list[str]) -> Answer:
    """Say what is here: where jobs run, or where they come from."""
    return Answer(here(), software(packages))


def software(packages: list[str]) -> dict[str, str]:
    """Return versions of Python, of ``packages`` and of the code in this process."""
    package = Path(pipeline.__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("[!.]*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return {"python": platform.python_version(), **versions(packages), "code": digest.hexdigest()[:10]}


def survey() -> Iterator[tuple[str, str]]:
    """Ask each node of the cluster that this process has joined; yield a name and a finding at a time, at last whether jobs can run."""
    packages = ["ray", *libraries()]
    own = software(packages)
    alive = [node for node in ray.nodes() if node["Alive"]]
    cores = {node["NodeID"]: int(node["Resources"].get("CPU", 0)) for node in alive}
    yield "cluster", f"{len(alive)} nodes, {sum(cores.values())} cores, head at {ray.get_runtime_context().gcs_address}"
    yield "here", _listed(own)
    ask = ray.remote(num_cpus=0, max_retries=0)(answer)
    asked = {node: ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(packages) for node in cores}
    usable = 0
    for node in sorted(cores, key=lambda node: cores[node]):
        said, fit = _finding(asked[node], own)
        usable += cores[node] if fit else 0
        yield f"node {node[:8]}", f"{cores[node]} core{'s' if cores[node] != 1 else ''}; {said}"
    yield (
        "jobs",
        f"can run, {usable} at a time"
        if usable
        else "cannot run: expected a node with a core and with the libraries that are here, got none",
    )


def _finding(asked: Any, own: dict[str, str]) -> tuple[str, bool]:
    """Say what a node has answered, and whether jobs can run there."""
    try:
        found: Answer = ray.get(asked, timeout=SECONDS_TO_ANSWER)
    except GetTimeoutError:
        return f"no answer in {SECONDS_TO_ANSWER:.0f} s", False
    except RayError as error:
        return f"no answer: {str(error).strip().splitlines()[-1]}", False
    place = f"{found.place.host}, {found.place.model} ({found.place.kind})"
    other = {name: version for name, version in found.software.items() if version != own[name]}
    if other:
        return f"{place}; other software than here: {_listed(other)}", False
    return f"{place}; the same software as here", True


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())
