"""A few numbers for each experiment: what `dvc metrics diff` and `dvc exp show` set side by side.

- ``right_to``: the longest tested length up to which the median (worst) seed makes no mistake on any input; 0 if it makes one at the
  shortest.
- ``right``: the share of test sequences that the median seed answers without a mistake, at lengths it was trained at and beyond.
- ``rmse``: for tasks whose answers are real numbers, the median seed's error by input family, at the longest length.
- ``solved``: the share of nets that met the stopping criterion, for recipes that have one.

The set ``training``, a seed's own training examples where some inputs are held out, is left out. Where nothing is held out, as for parity,
whose nets are trained on every string of their length, test inputs of that length are training examples too.
"""

from collections.abc import Iterable
from statistics import median, median_low
from typing import Any

from pipeline.files.scores import Score
from pipeline.reporting.inputs.results import Results

EXACT = "sequence_accuracy"
TRAINING = "training"


def headlines(group: Iterable[Results]) -> dict[str, dict[str, Any]]:
    """Return the numbers of each experiment, nested by name; what is not defined for it is left out."""
    return {results.experiment: _of_one(results) for results in group}


def _of_one(results: Results) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    by_seed: dict[int, list[Score]] = {}
    for score in results.scores:
        if score.metric == EXACT and score.family != TRAINING:
            by_seed.setdefault(score.seed, []).append(score)
    if by_seed:
        reach = [_right_to(scores) for scores in by_seed.values()]
        numbers["right_to"] = {"median": median_low(reach), "worst": min(reach)}
        parts = {"trained": [_in_range(scores, True) for scores in by_seed.values()]}
        parts["beyond"] = [_in_range(scores, False) for scores in by_seed.values()]
        numbers["right"] = {name: median(map(_pooled, seeds)) for name, seeds in parts.items() if all(seeds)}
    elif errors := results.metrics.scores.get("rmse"):
        numbers["rmse"] = {family: by_length[max(by_length)].median for family, by_length in errors.items()}
    if results.recipe.training.get("stop"):
        nets = [net for by_seed in results.endings.values() for net in by_seed.values()]
        numbers["solved"] = sum(net.solved_after is not None for net in nets) / len(nets)
    return numbers


def _right_to(scores: Iterable[Score]) -> int:
    """Return the last length before the first mistake."""
    right: dict[int, bool] = {}
    for score in scores:
        right[score.length] = right.get(score.length, True) and score.value == 1
    reached = 0
    for length in sorted(right):
        if not right[length]:
            break
        reached = length
    return reached


def _in_range(scores: Iterable[Score], wanted: bool) -> list[Score]:
    return [score for score in scores if score.in_range is wanted]


def _pooled(scores: list[Score]) -> float:
    return sum(score.value * score.sequences for score in scores) / sum(score.sequences for score in scores)
