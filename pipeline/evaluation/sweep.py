"""Length sweeps: a function's answers scored on test sets of every length and input family.

``sweep`` takes a function and no model, so that an oracle or a constant is scored the same way as a net.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core import metrics
from pipeline.core.examples import scored
from pipeline.evaluation import chance
from pipeline.evaluation.linear_forecast import Forecast
from pipeline.files.scores import Score

Array = NDArray[Any]
Predict = Callable[[Array, int], Array]
# How many steps a free run stays within this share of the amplitude.
HORIZON = "horizon"
HORIZON_SHARE = 0.1
# What the best answer gets that does not look at the input, by metric.
CHANCES = {"token_accuracy": chance.of_tokens, "sequence_accuracy": chance.of_sequences}
Scored = tuple[NDArray[np.float64], float]  # a value for each seed, and the baseline


@dataclass(frozen=True)
class Case:
    """One test set.

    Attributes:
        family: What kind of inputs; ``length``: the task's length.
        inputs: ``[n, T]`` (or ``[n, T, D]``), with a leading seed axis where each seed has its own (its held-out examples).
        targets: ``[n, A]`` for the last ``A`` positions, with a leading seed axis likewise; what is not scored holds ``IGNORE`` or NaN.
        symbols: Whether answers are symbols, counted right or wrong; else they are reals, which have an error.
        in_range: Whether the length is one that training saw, or shorter.
        per_seed: Whether there is a leading seed axis.
        tolerance: How far from the exact one a real answer may be and still count as right; ``None``: they are not counted.
        series: Whether real answers continue a series, and are held against simple forecasts; else against the best constant.
    """

    family: str
    length: int
    inputs: Array
    targets: Array
    symbols: bool
    in_range: bool
    per_seed: bool = False
    tolerance: float | None = None
    series: bool = False

    @property
    def sequences(self) -> int:
        return self.inputs.shape[1 if self.per_seed else 0]


def sweep(predict: Predict, cases: Iterable[Case], seeds: Sequence[int]) -> list[Score]:
    """Score ``predict`` on every case.

    Args:
        predict: ``[S, n, T]`` inputs and a number ``A`` to ``[S, n, A]`` answers for the last ``A`` positions: symbols, or reals.
        cases: The test sets; those of one shape in a row are answered in one call.
        seeds: The seeds' numbers, in the order of the first axis.
    """
    rows: list[Score] = []
    for together in groups(cases):
        inputs = np.concatenate([case.inputs for case in together], axis=1 if together[0].per_seed else 0)
        # A view, and not a copy for each seed: what is read is a segment at a time.
        inputs = inputs if together[0].per_seed else np.broadcast_to(inputs, (len(seeds), *inputs.shape))
        outputs = predict(inputs, together[0].targets.shape[-1])
        ends = np.cumsum([case.sequences for case in together])[:-1]
        for case, part in zip(together, np.split(outputs, ends, axis=1), strict=True):
            rows += score(case, part, seeds)
    return rows


def groups(cases: Iterable[Case]) -> list[list[Case]]:
    """Put together the cases of one shape in a row, which ``sweep`` answers in one call."""
    return [list(group) for _, group in groupby(cases, key=_shape_of)]


def score(case: Case, outputs: Array, seeds: Sequence[int], forecasts: Mapping[str, Forecast] | None = None) -> list[Score]:
    """Score the answers to one case.

    Args:
        case: The test set.
        outputs: The answers to it, ``[S, n, A]``.
        seeds: As of ``sweep``.
        forecasts: Linear forecasts to hold a series of reals against besides persistence, by the metric's name.
    """
    scores = _right(case, outputs) if case.symbols else _errors(case, outputs, forecasts or {})
    return [
        Score(
            family=case.family,
            length=case.length,
            seed=seed,
            in_range=case.in_range,
            sequences=case.sequences,
            metric=name,
            value=round(float(value), 9),
            baseline=float(f"{baseline:.6g}"),
        )
        for name, (values, baseline) in scores.items()
        for seed, value in zip(seeds, values, strict=True)
    ]


def _right(case: Case, outputs: Array) -> dict[str, Scored]:
    guessed = {name: chance.of_seeds(of, case.targets, per_seed=case.per_seed) for name, of in CHANCES.items()}
    return {name: (getattr(metrics, name)(outputs, case.targets), guessed[name]) for name in CHANCES}


def _errors(case: Case, outputs: Array, forecasts: Mapping[str, Forecast]) -> dict[str, Scored]:
    if not case.series:
        return _constant_errors(case, outputs)
    # A free run has more answers than inputs: its persistence forecast is the last value that was read.
    stepwise = case.inputs.shape == case.targets.shape
    latest = case.inputs if stepwise else case.inputs[..., -1:]
    scores = {"rmse": (metrics.rmse(outputs, case.targets), metrics.persistence_rmse(latest, case.targets))}
    if not stepwise:
        reached, kept = (
            metrics.steps_within(HORIZON_SHARE, a, case.targets) for a in (outputs, np.broadcast_to(latest, case.targets.shape)[None])
        )
        scores[HORIZON] = reached, float(kept[0])
    for name, forecast in forecasts.items() if stepwise else ():
        settled, exact = outputs[..., forecast.order - 1 :], case.targets[..., forecast.order - 1 :]
        scores[name] = metrics.rmse(settled, exact), float(metrics.rmse(forecast(case.inputs)[np.newaxis], exact)[0])
    return scores


def _shape_of(case: Case) -> tuple[object, ...]:
    return case.length, case.inputs.shape[2 if case.per_seed else 1], case.targets.shape[-1], case.per_seed


def _constant_errors(case: Case, outputs: Array) -> dict[str, Scored]:
    """Hold real answers against the best constant guess, the targets' mean."""
    exact = case.targets.reshape(-1, case.targets.shape[-1])
    guess = np.full_like(exact, exact[scored(exact)].mean())[np.newaxis]
    scores = {"rmse": (metrics.rmse(outputs, case.targets), float(metrics.rmse(guess, exact)[0]))}
    if case.tolerance is not None:
        guessed = chance.of_seeds(partial(chance.within, case.tolerance), case.targets, per_seed=case.per_seed)
        scores["sequence_accuracy"] = metrics.accuracy_within(case.tolerance, outputs, case.targets), guessed
    return scores


def summarise(rows: Iterable[Score]) -> dict[str, dict[str, dict[str, dict[str, float | None]]]]:
    """Sum up over seeds: ``{metric: {family: {length: {share, worst, median, baseline}}}}``.

    ``share`` is the share of seeds that are perfect (accuracies), or better than the baseline (errors, horizons).
    """
    summary: dict[str, dict[str, dict[str, dict[str, float | None]]]] = {}
    for row_key, group in groupby(sorted(rows, key=_set_of), key=_set_of):
        metric, family, length = row_key
        members = list(group)
        values = np.array([row.value for row in members])
        is_error = metric.startswith("rmse")
        good = values < members[0].baseline if is_error else values > members[0].baseline if metric == HORIZON else values == 1.0
        summary.setdefault(metric, {}).setdefault(family, {})[str(length)] = {
            "share": round(float(good.mean()), 6),
            "worst": _finite(values.max() if is_error else values.min()),
            "median": _finite(np.median(values)),
            "baseline": members[0].baseline,
        }
    return summary


def _finite(value: float) -> float | None:
    """Round for the page; ``None`` where a diverged seed leaves no number."""
    return round(float(value), 9) if np.isfinite(value) else None


def _set_of(row: Score) -> tuple[str, str, int]:
    return row.metric, row.family, row.length
