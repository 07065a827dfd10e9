"""Linear forecasts of a series from its last values, fitted by least squares (Box and Jenkins 1970, chapter 3). Pure NumPy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Forecast:
    """The next value as a weighted sum of the last ``order`` ones: ``weights`` ``[order]``, the oldest first, float64."""

    weights: NDArray[np.float64]

    @property
    def order(self) -> int:
        return len(self.weights)

    def __call__(self, values: Array) -> NDArray[np.float64]:
        """Forecast from windows ``[n, T]``: ``[n, T - order + 1]``, the answers to their positions from ``order - 1`` on."""
        return _lagged(values, self.order) @ self.weights


def fit(values: Array, following: Array, order: int) -> Forecast:
    """Fit a forecast of ``following`` ``[n, T]`` (each position's next value) from ``values`` ``[n, T]`` with ``T >= order``."""
    lagged = _lagged(values, order).reshape(-1, order)
    weights, *_ = np.linalg.lstsq(lagged, following[:, order - 1 :].astype(np.float64).ravel(), rcond=None)
    return Forecast(weights.astype(np.float64))


def _lagged(values: Array, order: int) -> NDArray[np.float64]:
    return np.lib.stride_tricks.sliding_window_view(values.astype(np.float64), order, axis=1)
