"""An experiment's verdicts and proofs -> what is logged to MLflow for each net: a tag, its margin, and the proof itself."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.files import timings
from pipeline.files import verdicts as verdict_files
from pipeline.files.verdicts import Verdict
from pipeline.tracking.runs import Part, Point, digest


def certification_parts(
    experiment: str, certificates: Path, times: Path, weights: Mapping[int, Path], tags: Mapping[str, str]
) -> dict[int | None, Part]:
    """Read what ``certify`` has written, by seed, and under ``None`` what sums it up; nothing where it has not run.

    Args:
        experiment: The experiment's name.
        certificates: ``data/certificates/<experiment>``.
        times: ``data/timings``, for how long it took, which makes no other run of it.
        weights: Each seed's file of weights; a verdict on other weights is left out.
        tags: Tags about the surroundings, put on every part.
    """
    found = verdict_files.read(certificates, experiment)
    if found is None:
        return {}
    if any(_sha256(weights.get(seed)) != verdict.weights_file_sha256 for seed, verdict in found.verdicts.items()):
        return {}
    took = timings.read(times, "certify", experiment)
    seconds = took.seeds if took else {}
    parts: dict[int | None, Part] = {
        seed: _part(verdict_files.proof_of(certificates, seed), verdict, seconds.get(seed), tags)
        for seed, verdict in found.verdicts.items()
    }
    points = [Point("certified/proved_share", found.proved_share, 0)]
    if found.least_margin is not None:
        points.append(Point("certified/least_margin", found.least_margin, 0))
    parts[None] = Part(
        "certification", digest(json.dumps(found.document(), sort_keys=True).encode()), points=tuple(points),
        tags={**tags, "certified": f"{len(found.proved)} of {len(found.verdicts)}"},
        artifacts=((certificates / verdict_files.NAME, "certification"),), identity=False,
    )  # fmt: skip
    return parts


def _part(proof: Path, verdict: Verdict, seconds: float | None, tags: Mapping[str, str]) -> Part:
    points = [] if seconds is None else [Point("certified/seconds", seconds, 0)]
    if verdict.margin is not None:
        points.append(Point("certified/margin", verdict.margin, 0))
    return Part(
        "certification", digest(json.dumps(verdict.model_dump(mode="json", by_alias=True), sort_keys=True).encode()), points=tuple(points),
        tags={**tags, "certified": "proved" if verdict.proved else "refused"},
        artifacts=((proof, "certification"),) if proof.is_file() else (), identity=False,
    )  # fmt: skip


def _sha256(path: Path | None) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None and path.is_file() else None
