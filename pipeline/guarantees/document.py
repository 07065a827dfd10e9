"""A guarantee as a file: JSON with a digest of its own and of the weights that it is about. ``docs/guarantees.md`` describes it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

FORMAT = "trailing-nines guarantee 1"


def sealed(kind: str, task: str, weights: Mapping[str, Any], assumptions: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Put a guarantee together.

    Args:
        kind: What is proved: ``sort_pointer``, ``count``, ``compare``, ``add`` or ``stack``.
        task: The task's name.
        weights: The net's float32 arrays by name.
        assumptions: What the proof takes for granted, by name.
        content: What is particular to the kind.
    """
    document = {
        "format": FORMAT, "kind": kind, "task": task, "weights_sha256": sha256(weights), "assumptions": dict(assumptions), **content,
    }  # fmt: skip
    return document | {"digest": digest(document)}


def digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all but ``digest``: JSON with sorted keys, without spaces."""
    body = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sha256(weights: Mapping[str, Any]) -> str:
    """Return the SHA-256 of arrays: by name, each its name, shape and little-endian bytes."""
    sha = hashlib.sha256()
    for name, array in sorted(weights.items()):
        sha.update(f"{name} {list(array.shape)} {array.dtype}\n".encode() + np.ascontiguousarray(array).astype("<f4").tobytes())
    return sha.hexdigest()


def text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":")) + "\n"
