"""The figures of one experiment: scores against length, training curves, predictions of real values."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.reporting.claims import Axis
from pipeline.reporting.results import Array, Results
from pipeline.reporting.style import FIRST, INK, MUTED, SECOND, Dash, Key, Panel, Picture, log_lengths, log_values
from pipeline.reporting.words import number, numeral, spell

# The strictest accuracy comes first: it is drawn with its range over the seeds, the others as their median.
SERIES: tuple[tuple[str, Dash], ...] = ((FIRST, "-"), (SECOND, "--"))


def accuracy(results: Results) -> Picture | None:
    """Draw accuracy against length, a panel for each probe that has more than one length; ``None`` if no probe has."""
    names = sorted(name for name in results.metric_names if name.endswith("accuracy"))
    metrics = _unlike({name: [s.value for s in results.scores if s.metric == name] for name in names})
    panels = tuple(
        Panel(spell(probe), _accuracy_alt(results, metrics, probe), partial(_draw_scores, results, metrics, probe))
        for probe in results.probes
        if len({length for metric in metrics for length in results.lengths(metric, probe)}) > 1
    )
    if not panels:
        return None
    told = ("median, and worst to best seed", "median")
    legend = tuple(Key(f"{spell(m)}: {what}", *style) for m, style, what in zip(metrics, SERIES, told, strict=False))
    marks = [Key("chance", MUTED, ":"), *([Key("training length", INK, "-.")] if len(results.training_lengths) == 1 else [])]
    return Picture(f"{results.experiment}-accuracy", "Accuracy against length", panels, (*legend, *marks))


def _unlike(series: Mapping[str, list[float]]) -> list[str]:
    """List the series that do not repeat an earlier one: with one answer a sequence, token and sequence accuracy are the same."""
    names = list(series)
    return [name for place, name in enumerate(names) if all(series[name] != series[earlier] for earlier in names[:place])]


def _accuracy_alt(results: Results, metrics: list[str], probe: str) -> str:
    told = []
    for metric in metrics:
        lengths = results.lengths(metric, probe)
        if lengths:
            ends = [f"{number(_median(results, metric, probe, n))} at length {numeral(n)}" for n in (lengths[0], lengths[-1])]
            told.append(f"median {spell(metric)} goes from {ends[0]} to {ends[1]}")
    return f"{results.experiment} on {spell(probe)} inputs: {'; '.join(told)}."


def _median(results: Results, metric: str, probe: str, length: int) -> float:
    return float(np.median([score.value for score in results.cells[metric, probe, length]]))


def _draw_scores(results: Results, metrics: list[str], probe: str, axes: Axes) -> None:
    everywhere: set[int] = set()
    for place, (metric, (colour, dash)) in enumerate(zip(metrics, SERIES, strict=False)):
        lengths = results.lengths(metric, probe)
        cells = [results.cells[metric, probe, n] for n in lengths]
        values = [[score.value for score in cell] for cell in cells]
        if place == 0:
            axes.fill_between(lengths, [min(v) for v in values], [max(v) for v in values], color=colour, alpha=0.16, linewidth=0)
        axes.plot(lengths, [float(np.median(v)) for v in values], color=colour, linestyle=dash)
        chance = [np.nan if cell[0].baseline is None else cell[0].baseline for cell in cells]
        axes.plot(lengths, chance, color=MUTED, linestyle=":", linewidth=1.2)
        everywhere.update(lengths)
    log_lengths(axes, sorted(everywhere))
    if len(results.training_lengths) == 1:
        axes.axvline(results.training_lengths[0], color=INK, linestyle="-.", linewidth=0.9)
    axes.set_ylim(-0.03, 1.05)
    axes.set_xlabel("length")


def training(results: Results) -> Picture | None:
    """Draw the training curves of all nets: a panel for each metric, or for each training length where there are several."""
    lengths = results.training_lengths
    names = sorted(dict.fromkeys(point.metric for point in results.history))
    metrics = _unlike({name: [p.value for p in results.history if p.metric == name] for name in names})
    if len(lengths) > 1:
        shown = [(metrics[0], n, f"{spell(metrics[0])}, training length {numeral(n)}") for n in lengths] if metrics else []
    else:
        shown = [(metric, lengths[0], spell(metric)) for metric in metrics]
    panels = tuple(
        Panel(title, _training_alt(results, metric, n), partial(_draw_training, results, metric, n)) for metric, n, title in shown
    )
    return Picture(f"{results.experiment}-training", "Training curves, one line per seed", panels) if panels else None


def _curves(results: Results, metric: str, length: int) -> list[tuple[list[int], list[float]]]:
    return [
        ([p.step for p in points], [p.value for p in points])
        for (name, n, _), points in results.curves.items()
        if (name, n) == (metric, length)
    ]


def _training_alt(results: Results, metric: str, length: int) -> str:
    last = [values[-1] for _, values in _curves(results, metric, length)]
    ends = f"it ends between {number(min(last))} and {number(max(last))}" if last else "there are no points"
    return f"{results.experiment}, {spell(metric)} of {len(last)} seeds against training steps at length {numeral(length)}: {ends}."


def _draw_training(results: Results, metric: str, length: int, axes: Axes) -> None:
    curves = _curves(results, metric, length)
    for steps, values in curves:
        axes.plot(steps, values, color=FIRST, alpha=0.55, linewidth=1)
    finite = [v for _, values in curves for v in values if np.isfinite(v)]
    if metric.endswith("accuracy"):
        axes.set_ylim(-0.03, 1.05)
    elif finite and min(finite) > 0:
        log_values(axes)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: numeral(x)))
    axes.set_xlabel("steps")


def predictions(results: Results, axes_of: Mapping[str, Axis]) -> Picture | None:
    """Draw actual against predicted values for each probe; ``None`` for tasks on symbols.

    Args:
        results: One experiment's.
        axes_of: What the positions of a probe stand for; a probe that is not in it is drawn over its positions.
    """
    panels = tuple(
        Panel(spell(probe), _prediction_alt(results, probe, arrays), partial(_draw_predictions, arrays, axes_of.get(probe)))
        for probe, by_length in results.predictions.items()
        for arrays in by_length.values()
    )
    keys = (Key("actual", MUTED), Key("predicted: median, worst to best seed", SECOND))
    return Picture(f"{results.experiment}-predictions", "Actual against predicted", panels, keys) if panels else None


def _prediction_alt(results: Results, probe: str, arrays: Mapping[str, Array]) -> str:
    error = np.sqrt(np.mean((arrays["predicted"] - arrays["targets"]) ** 2, axis=(1, 2)))
    return (
        f"{results.experiment}, {spell(probe)}: actual values and the predictions of {len(error)} seeds; the root mean square "
        f"error is {number(float(np.median(error)))} for the median seed and {number(float(np.max(error)))} for the worst."
    )


def _draw_predictions(arrays: Mapping[str, Array], axis: Axis | None, axes: Axes) -> None:
    actual = arrays["targets"].ravel()
    predicted = arrays["predicted"].reshape(len(arrays["predicted"]), -1)
    x = np.arange(len(actual)) if axis is None else np.linspace(axis.start, axis.stop, len(actual))
    low, high = float(actual.min()), float(actual.max())
    room = 0.35 * (high - low)
    axes.fill_between(x, predicted.min(axis=0), predicted.max(axis=0), color=SECOND, alpha=0.25, linewidth=0)
    axes.plot(x, actual, color=MUTED, linewidth=2.8)
    axes.plot(x, np.median(predicted, axis=0), color=SECOND, linewidth=1)
    # A net that runs away leaves the picture; what is actual stays legible.
    axes.set_ylim(low - room, high + room)
    axes.set_xlabel("position" if axis is None else axis.label)
