"""The shape of an entry of ``experiments``: which sections it must have, before anyone looks into them."""

from dataclasses import dataclass
from typing import Any

from pipeline.core.registry import nearest
from pipeline.experiment.entry import ExperimentParams, Provenance


@dataclass(frozen=True)
class Shape:
    """An experiment's entry whose sections are there, but not looked into."""

    task: str
    model: dict[str, Any]
    training: dict[str, Any]
    evaluation: dict[str, Any]
    provenance: dict[str, Any]

    @classmethod
    def of(cls, entry: Any, key: str, faults: list[str]) -> "Shape | None":
        known = sorted(ExperimentParams.model_fields)
        if not isinstance(entry, dict):
            faults.append(f"{key}: expected the keys {', '.join(known)}, got {entry!r}")
            return None
        before = len(faults)
        faults.extend(f"{key}.{k}: unknown key; known here: {', '.join(known)}{nearest(str(k), known)}" for k in entry if k not in known)
        needed = [k for k in known if ExperimentParams.model_fields[k].is_required()]
        faults.extend(f"{key}.{k}: this key is missing; add it" for k in needed if k not in entry)
        for k in ("model", "training", "evaluation"):
            if k in entry and not isinstance(entry[k], dict):
                faults.append(f"{key}.{k}: expected a section of keys, got {entry[k]!r}")
        if len(faults) > before:
            return None
        provenance = {k: entry[k] for k in Provenance.model_fields if k in entry}
        return cls(str(entry["task"]), entry["model"], entry["training"], entry["evaluation"], provenance)
