"""The figure of predicted beside actual values, for series of reals."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from pipeline.core.words import number, numeral, spell
from pipeline.reporting.figures.style import MUTED, SECOND, Key, Panel, Picture
from pipeline.reporting.inputs.arrays import Array
from pipeline.reporting.inputs.claims import Axis
from pipeline.reporting.inputs.results import Results


def predictions(results: Results, axes_of: Mapping[str, Axis]) -> Picture | None:
    """Draw actual against predicted values for each input family; ``None`` for tasks on symbols.

    Args:
        results: One experiment's.
        axes_of: What the positions stand for, by input family; a family that is not in it is drawn over its positions.
    """
    panels = tuple(
        Panel(
            spell(family) if len(by_length) == 1 else f"{spell(family)}, length {numeral(length)}",
            _alt(results, family, length, arrays),
            partial(_draw, arrays, axes_of.get(family)),
        )
        for family, by_length in results.predictions.items()
        for length, arrays in by_length.items()
    )
    keys = (Key("actual", MUTED), Key("predicted: median, lowest to highest seed", SECOND))
    return Picture(f"{results.experiment}-predictions", "Actual against predicted", panels, keys) if panels else None


def _alt(results: Results, family: str, length: int, arrays: Mapping[str, Array]) -> str:
    # In float64 the squares of any finite float32 are finite: a free run may leave the range of its targets by far.
    error = np.sqrt(np.mean((arrays["predicted"].astype(np.float64) - arrays["targets"]) ** 2, axis=(1, 2)))
    return (
        f"{results.experiment}, {spell(family)} of length {numeral(length)}: actual values and the predictions of {len(error)} seeds; the "
        f"root mean square error is {number(float(np.median(error)))} for the median seed and {number(float(np.max(error)))} for the worst."
    )


def _draw(arrays: Mapping[str, Array], axis: Axis | None, axes: Axes) -> None:
    actual = arrays["targets"].ravel()
    predicted = arrays["predicted"].reshape(len(arrays["predicted"]), -1)
    x = np.arange(len(actual)) if axis is None else np.linspace(axis.start, axis.stop, len(actual))
    low, high = float(actual.min()), float(actual.max())
    margin = 0.35 * (high - low)
    # The picture shows the range of the actual values; predictions far outside are drawn just beyond its edge.
    predicted = np.clip(predicted.astype(np.float64), low - 2 * margin, high + 2 * margin)
    axes.fill_between(x, predicted.min(axis=0), predicted.max(axis=0), color=SECOND, alpha=0.25, linewidth=0)
    axes.plot(x, actual, color=MUTED, linewidth=2.8)
    axes.plot(x, np.median(predicted, axis=0), color=SECOND, linewidth=1)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlabel("position" if axis is None else axis.label)
