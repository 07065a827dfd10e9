"""Gather what the sweep's experiments came to: on which run of nines each net is wrong first, and a picture of it.

Run in the study's folder, when ``dvc exp run --run-all`` is done: ``python first_wrong.py``. Writes ``first_wrong.csv``, a row for
each seed of each experiment, ``curve.csv`` likewise, and ``first_wrong.png``.
"""

import csv
import math
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm
from ruamel.yaml import YAML

INCREMENT, CURVE = "increment-rnn-post", "curve-lstm-post"
CACHE = Path("../../.dvc/cache/files/md5")
EXPERIMENT = re.compile(r"refs/exps/../[0-9a-f]{38}/[\w-]+")
LONGEST = 1000  # run of nines that is tested


def git(*words: str) -> str:
    """Run git in the study's folder; return what it wrote."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout


def revisions() -> Iterator[str]:
    """Yield each DVC experiment of the checkout that this study made, whatever commit it began from."""
    for revision in git("for-each-ref", "--format=%(refname)", "refs/exps/").split():
        if EXPERIMENT.fullmatch(revision) and git("diff", "--name-only", f"{revision}^", revision, "--", "."):
            yield revision


def read_yaml(path: str, revision: str) -> Any:
    """Read a committed file of the study at one revision."""
    return YAML(typ="safe").load(git("show", f"{revision}:./{path}"))


def scores(stages: dict[str, Any], experiment: str) -> list[dict[str, str]]:
    """Read the scores of ``experiment`` from DVC's cache, by the digest that ``dvc.lock`` has (DVC's API follows no linked dvc.yaml)."""
    outs = {out["path"]: out["md5"] for out in stages[f"evaluate@{experiment}"]["outs"]}
    digest = outs[f"data/results/{experiment}/scores.csv"]
    with (CACHE / digest[:2] / digest[2:]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def first_wrong(rows: list[dict[str, str]]) -> dict[int, float]:
    """Find each seed's shortest run of nines that comes out wrong; infinity where all that were tested come out right."""
    wrong: dict[int, list[float]] = defaultdict(lambda: [math.inf])
    for row in rows:
        if (row["family"], row["metric"]) == ("all_nines", "sequence_accuracy"):
            wrong[int(row["seed"])] += [float(row["length"])] * (float(row["value"]) < 1)
    return {seed: min(lengths) for seed, lengths in sorted(wrong.items())}


def gather() -> tuple[list[list[Any]], list[list[Any]]]:
    """Return the rows of both tables: units, batch size, epochs, seed, first wrong run; and points, seed, error of the curve."""
    increment, curve = [], []
    for revision in revisions():
        params, stages = read_yaml("params.yaml", revision), read_yaml("dvc.lock", revision)["stages"]
        if f"evaluate@{CURVE}" in stages:
            near = [row for row in scores(stages, CURVE) if (row["family"], row["metric"]) == ("interpolation", "rmse")]
            curve += [[params["tasks"]["curve"]["points"], int(row["seed"]), float(row["value"]), float(row["baseline"])] for row in near]
        else:
            recipe = params["experiments"][INCREMENT]
            key = [recipe["model"]["units"], recipe["training"]["batch_size"], recipe["training"]["epochs"]]
            increment += [[*key, seed, length] for seed, length in first_wrong(scores(stages, INCREMENT)).items()]
    return sorted(increment), sorted(curve)


def write(path: Path, header: str, rows: list[list[Any]]) -> None:
    """Write a table as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header.split(), *rows])


def draw(rows: list[list[Any]], path: Path) -> None:
    """Draw, for each number of epochs, how many seeds fail where over units and batch sizes, beside the median first wrong run."""
    by_cell: dict[tuple[int, int, int], list[float]] = defaultdict(list)
    for units, batch, epochs, _, length in rows:
        by_cell[epochs, units, batch].append(length)
    shown = sorted({epochs for epochs, _, _ in by_cell})
    units, batches = (sorted({key[at] for key in by_cell}) for at in (1, 2))
    mpl.use("agg")
    figure, panels = plt.subplots(1, len(shown), figsize=(5 * len(shown), 3.6), squeeze=False, layout="constrained")
    for panel, epochs in zip(panels[0], shown, strict=True):
        medians = np.array([[np.median(by_cell.get((epochs, u, b), [math.nan])) for b in batches] for u in units])
        panel.imshow(np.minimum(medians, LONGEST), cmap="viridis", norm=LogNorm(1, LONGEST), aspect="auto", origin="lower")
        for i, j in np.ndindex(medians.shape):
            lengths = by_cell.get((epochs, units[i], batches[j]), [])
            if lengths:
                told = f"{medians[i, j]:g}\n{sum(map(math.isinf, lengths))} of {len(lengths)} never".replace("inf", "none")
                panel.text(j, i, told, ha="center", va="center", fontsize=7, color="white" if medians[i, j] < 50 else "black")
        panel.set_xticks(range(len(batches)), batches)
        panel.set_yticks(range(len(units)), units)
        panel.set(xlabel="batch size", ylabel="units", title=f"{epochs} epochs: first wrong run of nines, median of ten seeds")
        panel.title.set_fontsize(9)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    found, errors = gather()
    write(Path("first_wrong.csv"), "units batch_size epochs seed first_wrong", found)
    write(Path("curve.csv"), "points seed rmse baseline", errors)
    draw(found, Path("first_wrong.png"))
    firsts = [row[-1] for row in found]
    inside = sum(26 <= length <= 50 for length in firsts)
    print(f"{len(firsts)} nets: {sum(map(math.isinf, firsts))} right on every run of nines, {inside} first wrong at 26 to 50")
