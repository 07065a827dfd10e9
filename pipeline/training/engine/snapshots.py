"""A training run on disk, as one ``.npz``: written whole or not at all, read back bit for bit."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from pipeline.core.npz import read_npz
from pipeline.experiment.training import TrainingParams
from pipeline.files.checkpoints import stacked, unstacked
from pipeline.files.outcomes import Outcome
from pipeline.layers.networks import Network
from pipeline.training.engine.program import Progress, begin
from pipeline.training.engine.runs import Run, Trained


def save(run: Run, path: Path) -> None:
    """Write ``run``; an older file of this name stays until the new one is complete."""
    notes = {
        "seeds": run.seeds,
        "done": run.done,
        "history": run.history,
        "notes": run.notes,
        "outcomes": {seed: trained.outcome.model_dump() for seed, trained in run.trained.items()},
        "kept": {seed: list(by_step) for seed, by_step in run.kept.items()},
    }
    arrays = {f"trained/{seed}/{name}": value for seed, trained in run.trained.items() for name, value in trained.weights.items()}
    for seed, by_step in run.kept.items():
        arrays |= {f"kept/{seed}/{name}": values for name, values in stacked(by_step.values()).items()}
    if run.progress is not None:
        arrays |= {f"progress/{place}": ops.convert_to_numpy(leaf) for place, leaf in enumerate(_leaves(run.progress))}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with beside.open("wb") as file:
        np.savez(file, allow_pickle=False, notes=np.frombuffer(json.dumps(notes).encode(), dtype=np.uint8), **arrays)
    os.replace(beside, path)


def load(path: Path, network: Network, params: TrainingParams) -> Run:
    """Read a run; ``network`` and ``params`` are those it was made with, for as many seeds as are still in it or more.

    Raises:
        DamagedArrays: The file is cut or changed.
    """
    arrays = read_npz(path)
    notes = json.loads(arrays.pop("notes").tobytes())
    trained = {int(seed): Trained(_under(arrays, f"trained/{seed}/"), Outcome(**outcome)) for seed, outcome in notes["outcomes"].items()}
    leaves = [arrays[f"progress/{place}"] for place in range(sum(name.startswith("progress/") for name in arrays))]
    progress = _restored(begin(network, params), leaves) if leaves else None
    history = [tuple(row) for row in notes["history"]]
    kept = {int(seed): dict(zip(steps, unstacked(_under(arrays, f"kept/{seed}/")), strict=True)) for seed, steps in notes["kept"].items()}
    return Run(tuple(notes["seeds"]), notes["done"], progress, trained, history, notes["notes"], kept)


def _leaves(progress: Progress) -> list[Any]:
    return [*progress.weights, *(value for slot in progress.slots for value in slot), *progress[2:]]


def _restored(like: Progress, leaves: list[Any]) -> Progress:
    values = iter(ops.convert_to_tensor(leaf) for leaf in leaves)
    weights = [next(values) for _ in like.weights]
    slots = tuple([next(values) for _ in slot] for slot in like.slots)
    return Progress(weights, slots, *values)


def _under(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
