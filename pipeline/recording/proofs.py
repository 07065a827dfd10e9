"""An experiment's verdicts and proofs -> what MLflow is told of each net: a tag, its margin, and the proof itself."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.tracking.runs import Part, Point, digest


def certification_parts(certificates: Path, weights: Mapping[int, Path], tags: Mapping[str, str]) -> dict[int | None, Part]:
    """Read what ``certify`` has written, by seed, and under ``None`` what sums it up; nothing where it has not run.

    Args:
        certificates: ``data/certificates/<experiment>``.
        weights: Each seed's file of weights; a verdict on other weights is left out.
        tags: Tags about the surroundings, put on every part.
    """
    path = certificates / "verdicts.json"
    if not path.is_file():
        return {}
    summary = json.loads(path.read_text(encoding="utf-8"))
    verdicts = {int(seed): verdict for seed, verdict in summary["verdicts"].items()}
    if any(_sha256(weights.get(seed)) != verdict["weights_file_sha256"] for seed, verdict in verdicts.items()):
        return {}
    parts: dict[int | None, Part] = {seed: _part(certificates, seed, verdict, tags) for seed, verdict in verdicts.items()}
    points = [Point("certified/proved_share", summary["proved_share"], 0)]
    if summary["least_margin"] is not None:
        points.append(Point("certified/least_margin", summary["least_margin"], 0))
    parts[None] = Part(
        "certification", digest(_lasting(summary)), points=tuple(points),
        tags={**tags, "certified": f"{summary['proved']} of {summary['seeds']}"}, artifacts=((path, "certification"),), identity=False,
    )  # fmt: skip
    return parts


def _part(folder: Path, seed: int, verdict: Mapping[str, Any], tags: Mapping[str, str]) -> Part:
    proof = folder / "proofs" / f"seed-{seed}.json"
    points = [Point("certified/seconds", verdict["seconds"], 0)]
    if verdict["proved"]:
        points.append(Point("certified/margin", verdict["margin"], 0))
    return Part(
        "certification", digest(_lasting(verdict)), points=tuple(points),
        tags={**tags, "certified": "proved" if verdict["proved"] else "refused"},
        artifacts=((proof, "certification"),) if proof.is_file() else (), identity=False,
    )  # fmt: skip


def _lasting(verdict: Any) -> bytes:
    """All of it but how long it took, which differs at every run and makes no other run of it."""
    return json.dumps(_without_seconds(verdict), sort_keys=True).encode()


def _without_seconds(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_seconds(inner) for key, inner in value.items() if key != "seconds"}


def _sha256(path: Path | None) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None and path.is_file() else None
