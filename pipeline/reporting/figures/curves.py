"""The figures of how training went: every curve, and what was held out and answered wrongly."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from pipeline.core.words import number, numeral, spell
from pipeline.reporting.figures.scales import log_values
from pipeline.reporting.figures.style import FIRST, MUTED, SECOND, Key, Panel, Picture
from pipeline.reporting.inputs.results import Results, unlike

WATCHED = "validation_sequence_accuracy"
HELD_OUT = ("sequence_accuracy", "held_out")


def training(results: Results) -> Picture | None:
    """Draw the training curves of all nets: a panel for each metric, or for each training length where there are several."""
    lengths = results.training_lengths
    names = sorted(dict.fromkeys(point.metric for point in results.history))
    metrics = unlike({name: [p.value for p in results.history if p.metric == name] for name in names})
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


def wrong(results: Results) -> Picture | None:
    """Draw the share of held-out inputs that each seed answers wrongly, against epochs.

    For recipes that count epochs and keep inputs out of training; else ``None``. On the log axis the last few wrong answers, which
    an accuracy near 1 hides, can be seen apart; a seed without any is drawn at the bottom.
    """
    lengths = results.training_lengths
    curves = [points for (metric, _, _), points in results.curves.items() if metric == WATCHED]
    if not (results.recipe.training.get("epochs") and len(lengths) == 1 and curves):
        return None
    shares = [[(float(point.epoch or 0), 100 * (1 - point.value)) for point in points] for points in curves]
    cell = results.cells.get((*HELD_OUT, lengths[0]))
    inputs = cell[0].sequences if cell else None
    last = [seed[-1][1] for seed in shares]
    epochs = numeral(shares[0][-1][0])
    alt = (
        f"{results.experiment}, share of held-out inputs answered wrongly by {len(curves)} seeds against epochs: after {epochs} epochs "
        f"it is {np.median(last):.3g} % for the median seed, from {min(last):.3g} % to {max(last):.3g} %."
    )
    keys = [Key("one seed", FIRST), Key("median", SECOND)]
    if inputs:
        keys.append(Key(f"one of {numeral(inputs)} inputs", MUTED, ":"))
    panel = Panel("held-out inputs wrong", alt, partial(_draw_wrong, shares, inputs))
    return Picture(f"{results.experiment}-wrong", "Held-out inputs answered wrongly, in percent, against epochs", (panel,), tuple(keys))


def _draw_wrong(shares: list[list[tuple[float, float]]], inputs: int | None, axes: Axes) -> None:
    some = 100 / inputs if inputs else min((share for seed in shares for _, share in seed if share), default=1.0)
    none = some / 2
    by_epoch: dict[float, list[float]] = {}
    for seed in shares:
        axes.plot([epoch for epoch, _ in seed], [max(share, none) for _, share in seed], color=FIRST, alpha=0.45, linewidth=1)
        for epoch, share in seed:
            by_epoch.setdefault(epoch, []).append(max(share, none))
    axes.plot(list(by_epoch), [float(np.median(at)) for at in by_epoch.values()], color=SECOND, linewidth=2)
    if inputs:
        axes.axhline(some, color=MUTED, linestyle=":", linewidth=1)
    axes.set_yscale("log")
    axes.set_ylim(none / 1.3, 130)
    powers = [10.0**k for k in range(-3, 3) if 10.0**k > some]
    axes.set_yticks([none, *powers], ["none", *(f"{power:g} %" for power in powers)])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: numeral(x)))
    axes.set_xlabel("epochs")
