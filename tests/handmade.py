"""A net for ``increment`` whose weights are written down, not trained: right on every number, as far as a test cares to go."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from pipeline.files import checkpoints, curves, recipes
from pipeline.files.recipes import Recipe

ROOT = Path(__file__).parent.parent
EXPERIMENT = "increment-rnn-post"
DIGITS, SHARP = 10, 20.0


def weights() -> dict[str, np.ndarray]:
    """Give each pair of a digit and a carry a unit of its own; the unit of 9 with a carry is what carries on.

    Units are near 1 or -1, and 0 at the start, where there is a carry.
    """
    kernel, recurrent, bias = np.zeros((DIGITS, 2 * DIGITS)), np.zeros((2 * DIGITS, 2 * DIGITS)), np.zeros(2 * DIGITS)
    readout = np.zeros((2 * DIGITS, DIGITS))
    carrying = DIGITS + DIGITS - 1
    for digit in range(DIGITS):
        for carry in (0, 1):
            unit = DIGITS * carry + digit
            kernel[digit, unit] = 2
            recurrent[carrying, unit] = 1 if carry else -1
            bias[unit] = -1.5 if carry else -2.5
            readout[unit, (digit + carry) % DIGITS] = SHARP
    arrays = {"recurrent/kernel": SHARP * kernel, "recurrent/recurrent_kernel": SHARP * recurrent, "recurrent/bias": SHARP * bias}
    arrays |= {"readout/kernel": readout, "readout/bias": np.zeros(DIGITS)}
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def put_scores(folder: Path) -> None:
    """Write scores as an evaluation would have left them: ten seeds, of which three get every number right and the others short ones."""

    def aggregates(short: float, long: float) -> dict[str, dict[str, float]]:
        shares = {1: 1.0, 2: short, 5: short, 10: short, 11: short, 12: long, 100: long, 10_000: long}
        return {str(n): {"share": share, "worst": 0.0, "median": share, "baseline": 0.1**n} for n, share in shares.items()}

    scores = {"sequence_accuracy": {"random": aggregates(1.0, 0.3), "all_nines": aggregates(0.9, 0.3)}}
    ended = {"seeds": 10, "diverged": 0, "solved_share": 0.0, "solved_after_median": None, "solved_after_worst": None}
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"scores": scores, "training": {"10": ended}}), encoding="utf-8")


def put_verdicts(folder: Path, proved: int) -> None:
    """Write the verdicts on ten seeds, of which the first ones are proved."""
    figures = dict.fromkeys(("margin", "sets", "stride", "memory", "counterexample")) | {"reasons": [], "weights_file_sha256": ""}
    folder.mkdir(parents=True, exist_ok=True)
    verdicts = {"verdicts": {seed: figures | {"proved": seed < proved} for seed in range(10)}}
    (folder / "verdicts.json").write_text(json.dumps(verdicts), encoding="utf-8")


def put(checkout: Path) -> None:
    """Write the net and its params into an empty folder as training would have left them."""
    shutil.copy(ROOT / "params.yaml", checkout)
    put_scores(checkout / "data/results" / EXPERIMENT)
    models = checkout / "data/models" / EXPERIMENT
    checkpoints.save(weights(), checkpoints.path_of(models, 10, 0))
    entry = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))["experiments"][EXPERIMENT]
    entry["model"]["units"] = 2 * DIGITS
    recipes.write(models, recipe(entry["task"], entry["model"], entry["training"]))
    curves.write(models, [(10, 0, 1, 1, "loss", 0.0)])


def recipe(task: str, model: Mapping[str, Any] | None = None, training: Mapping[str, Any] | None = None) -> Recipe:
    """What training notes down of how nets were made."""
    return Recipe(
        experiment=EXPERIMENT, task=task, task_version=1, training_data="", model=dict(model or {}), training=dict(training or {})
    )
