"""The figure of scores against length."""

from functools import partial

import numpy as np
from matplotlib.axes import Axes

from pipeline.core.words import number, numeral, spell
from pipeline.reporting.figures.scales import log_lengths
from pipeline.reporting.figures.style import FIRST, INK, MUTED, SECOND, Dash, Key, Panel, Picture
from pipeline.reporting.inputs.results import Results, unlike

# The strictest accuracy comes first: it is drawn with its range over the seeds, the others as their median.
SERIES: tuple[tuple[str, Dash], ...] = ((FIRST, "-"), (SECOND, "--"))


def accuracy(results: Results) -> Picture | None:
    """Draw accuracy against length, a panel for each input family that has more than one length; ``None`` if none has."""
    names = sorted(name for name in results.metric_names if name.endswith("accuracy"))
    metrics = unlike({name: [s.value for s in results.scores if s.metric == name] for name in names})
    panels = tuple(
        Panel(spell(family), _accuracy_alt(results, metrics, family), partial(_draw_scores, results, metrics, family))
        for family in results.families
        if len({length for metric in metrics for length in results.lengths(metric, family)}) > 1
    )
    if not panels:
        return None
    parts = ("median, and worst to best seed", "median")
    legend = tuple(Key(f"{spell(m)}: {what}", *style) for m, style, what in zip(metrics, SERIES, parts, strict=False))
    baseline = [Key("baseline", MUTED, ":")] if any(s.baseline is not None for s in results.scores if s.metric in metrics) else []
    marks = [*baseline, *([Key("training length", INK, "-.")] if len(results.training_lengths) == 1 else [])]
    return Picture(f"{results.experiment}-accuracy", "Accuracy against length", panels, (*legend, *marks))


def _accuracy_alt(results: Results, metrics: list[str], family: str) -> str:
    parts = []
    for metric in metrics:
        lengths = results.lengths(metric, family)
        if lengths:
            ends = [f"{number(_median(results, metric, family, n))} at length {numeral(n)}" for n in (lengths[0], lengths[-1])]
            parts.append(f"median {spell(metric)} goes from {ends[0]} to {ends[1]}")
    return f"{results.experiment} on {spell(family)} inputs: {'; '.join(parts)}."


def _median(results: Results, metric: str, family: str, length: int) -> float:
    return float(np.median([score.value for score in results.cells[metric, family, length]]))


def _draw_scores(results: Results, metrics: list[str], family: str, axes: Axes) -> None:
    everywhere: set[int] = set()
    for place, (metric, (colour, dash)) in enumerate(zip(metrics, SERIES, strict=False)):
        lengths = results.lengths(metric, family)
        cells = [results.cells[metric, family, n] for n in lengths]
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
