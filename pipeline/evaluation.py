"""Length sweeps: a function's answers scored on test sets of every length and probe.

``sweep`` takes a function and no model, so that an oracle or a constant is scored the same way as a net.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pipeline.core import metrics

Array = NDArray[np.generic]
Predict = Callable[[Array], Array]


@dataclass(frozen=True)
class Case:
    """One test set.

    Attributes:
        probe: What kind of inputs; ``length``: the task's length.
        inputs: ``[n, T]``, or ``[S, n, T]`` where each seed has its own (its held-out examples).
        targets: ``[n, T]`` or ``[n]``, or the same with a leading seed axis.
        chance: Token accuracy of a uniform guess; ``None`` for real outputs, which are held against persistence.
        in_range: Whether the length is one that training saw, or shorter.
    """

    probe: str
    length: int
    inputs: Array
    targets: Array
    chance: float | None
    in_range: bool

    @property
    def per_seed(self) -> bool:
        return self.inputs.ndim == 3


@dataclass(frozen=True)
class Row:
    """One score of one seed on one test set; ``baseline`` is chance for accuracies and persistence for errors."""

    probe: str
    length: int
    seed: int
    in_range: bool
    sequences: int
    metric: str
    value: float
    baseline: float


def sweep(predict: Predict, cases: Iterable[Case], seeds: Sequence[int]) -> list[Row]:
    """Score ``predict`` on every case.

    Args:
        predict: ``[S, n, T]`` inputs to ``[S, n, T]`` or ``[S, n]`` outputs: symbols, or reals.
        cases: The test sets; those of one length in a row are answered in one call.
        seeds: The seeds' numbers, in the order of the first axis.
    """
    rows: list[Row] = []
    for _, group in groupby(cases, key=lambda case: (case.length, case.inputs.shape[-1], case.per_seed)):
        together = list(group)
        inputs = np.concatenate([case.inputs for case in together], axis=-2)
        # A view, and not a copy for each seed: what is read is a segment at a time.
        outputs = predict(inputs if together[0].per_seed else np.broadcast_to(inputs, (len(seeds), *inputs.shape)))
        ends = np.cumsum([case.inputs.shape[-2] for case in together])[:-1]
        for case, part in zip(together, np.split(outputs, ends, axis=1), strict=True):
            rows += score(case, part, seeds)
    return rows


def score(case: Case, outputs: Array, seeds: Sequence[int]) -> list[Row]:
    """Score the answers ``[S, n, …]`` to one case."""
    if case.chance is None:
        # A free run has more answers than inputs: its persistence forecast is the last value that was read.
        latest = case.inputs if case.inputs.shape == case.targets.shape else case.inputs[..., -1:]
        scores = {"rmse": (metrics.rmse(outputs, case.targets), metrics.persistence_rmse(latest, case.targets))}
    else:
        tokens = outputs[0, 0].size
        scores = {
            "token_accuracy": (metrics.token_accuracy(outputs, case.targets), case.chance),
            "sequence_accuracy": (metrics.sequence_accuracy(outputs, case.targets), case.chance**tokens),
        }
    return [
        Row(case.probe, case.length, seed, case.in_range, case.inputs.shape[-2], name, round(float(value), 9), float(f"{baseline:.6g}"))
        for name, (values, baseline) in scores.items()
        for seed, value in zip(seeds, values, strict=True)
    ]


def summarise(rows: Iterable[Row]) -> dict[str, dict[str, dict[str, dict[str, float | None]]]]:
    """Sum up over seeds: ``{metric: {probe: {length: {share, worst, median, baseline}}}}``.

    ``share`` is the share of seeds that are perfect (accuracies), or better than the baseline (errors).
    """
    summary: dict[str, dict[str, dict[str, dict[str, float | None]]]] = {}
    for row_key, group in groupby(sorted(rows, key=_set_of), key=_set_of):
        metric, probe, length = row_key
        members = list(group)
        values = np.array([row.value for row in members])
        good = values < members[0].baseline if metric.endswith("rmse") else values == 1.0
        summary.setdefault(metric, {}).setdefault(probe, {})[str(length)] = {
            "share": round(float(good.mean()), 6),
            "worst": _finite(values.max() if metric.endswith("rmse") else values.min()),
            "median": _finite(np.median(values)),
            "baseline": members[0].baseline,
        }
    return summary


def _finite(value: float) -> float | None:
    """Round for the page; ``None`` where a diverged seed leaves no number."""
    return round(float(value), 9) if np.isfinite(value) else None


def _set_of(row: Row) -> tuple[str, str, int]:
    return row.metric, row.probe, row.length
