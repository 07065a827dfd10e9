"""Where jobs ran, in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

# So many jobs are named one by one.
NAMED = 10


@dataclass(frozen=True)
class Place:
    """Where a job runs.

    Attributes:
        node: The node's name in Ray.
        host: Its name in the network.
        kind: The kind of its processor, such as ``AVX2``: weights are the same bits on the same kind.
        model: The processor's name.
        resumed: Whether the job has found a snapshot there.
    """

    node: str
    host: str
    kind: str
    model: str
    resumed: bool = False


def nodes(places: Mapping[str, Place]) -> str:
    """Count the nodes of each processor, such as ``a cluster: 2 nodes of AMD EPYC (AVX2), 1 node of Intel Xeon (AVX-512)``.

    Args:
        places: Where each job ran, by the job's name.
    """
    found = Counter(f"{place.model} ({place.kind})" for place in {place.node: place for place in places.values()}.values())
    return "a cluster: " + ", ".join(f"{n} node{'s' if n > 1 else ''} of {name}" for name, n in found.most_common())


def kinds(places: Mapping[str, Place], head: str) -> str:
    """Name the kinds of processor that jobs ran on, such as ``AVX2``, and the jobs that ran on another one than the head's.

    Example: ``AVX2; AVX-512: length 10, seed 5 to 9``.

    Args:
        places: Where each job ran, by the job's name.
        head: The kind of the coordinator's processor.
    """
    jobs: dict[str, list[str]] = {}
    for name, place in places.items():
        jobs.setdefault(place.kind, []).append(name)
    return "; ".join(
        kind if kind == head else f"{kind}: {_listed(jobs[kind])}" for kind in sorted(jobs, key=lambda kind: (kind != head, kind))
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more
