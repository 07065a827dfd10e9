"""Predict the curve x sin x + x cos 2x one step ahead.

The post samples the curve on [0, 20], cuts it into windows of ten values and asks for the value one step later at every position.
The answer to the very last position lies beyond the data; the post's code puts the last value itself there, and so do we.

The oracle knows no x. Sampled at a fixed step h, the curve satisfies the linear recurrence with characteristic polynomial
``(1 - 2 cos(h) z + z²)² (1 - 2 cos(2h) z + z²)²`` (double roots, for the factor x), so eight values give the next.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field, PositiveInt, model_validator

from pipeline.core.examples import Array, TaskSpec, TestSet, TrainingPool, TrainingSize
from pipeline.core.fields import Lengths
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.task import FREE_RUN, Task, TaskParams

END = 20.0
ORDER = 8
# Beyond this a net in float32 would not answer with numbers.
LARGEST = 1e30


class CurveParams(TaskParams):
    points: PositiveInt = Field(description="samples on [0, 20], both ends among them")
    length: int = Field(ge=2, description="values in a window; as many as points: the whole curve is one")
    warm_up: PositiveInt = Field(description="true values before the free run")
    free_run_to: Lengths | None = Field(None, description="where free runs end, which begin at x = 20; default: at 40")

    @model_validator(mode="after")
    def _whole_windows(self) -> "CurveParams":
        if self.points % self.length or self.points < 3:
            raise ValueError(f"expected points to be whole windows of length {self.length}, and at least 3, got {self.points}")
        if self.free_run_to and self.free_run_to[0] <= END:
            raise ValueError(f"expected free_run_to beyond {END:g}, got {self.free_run_to[0]}")
        if self.warm_up > self.points:
            raise ValueError(f"expected warm_up of at most {self.points} (points), got {self.warm_up}")
        return self


class Curve(Task):
    """Values of the curve at equal steps to the value one step later, at every position.

    The step is the training grid's, ``20 / (points - 1)``. Values are computed in float64; datasets hold them rounded to float32.

    Example:
        >>> x = np.linspace(0, 20, 1000)[500:511]
        >>> values = x * np.sin(x) + x * np.cos(2 * x)
        >>> bool(np.allclose(task.oracle(values[None, :10]), values[None, 1:], atol=1e-9))
        True
        >>> task.answer("2 2 2 2 2 2 2 2").split()[:7]
        ['2', '2', '2', '2', '2', '2', '2']
    """

    Params = CurveParams
    name = "curve"
    version = 1
    params: CurveParams

    @property
    def training_size(self) -> TrainingSize:
        return TrainingSize((self.params.length,), self.params.points // self.params.length)

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=None, outputs=None, answer="sequence")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw windows that begin anywhere in [0, 20] with their answers inside it: ``[n, length]`` float64."""
        step = END / (self.params.points - 1)
        return _curve(rng.uniform(0, END - step * length, size=(n, 1)) + step * np.arange(length))

    def oracle(self, inputs: Array) -> Array:
        """Shift by one and continue the recurrence: ``[n, length >= 8]`` reals to ``[n, length]`` float64.

        The last value magnifies errors of the inputs up to some 250 times, so float32 inputs are continued to three digits or so.
        """
        if inputs.shape[1] < ORDER:
            raise InputError(f"expected at least {ORDER} values (fewer do not determine the next), got {inputs.shape[1]}")
        reals = inputs.astype(np.float64)
        following = reals[:, -ORDER:] @ self._recurrence()
        return np.concatenate([reals[:, 1:], following[:, None]], axis=1)

    def training_pools(self) -> dict[int, TrainingPool]:
        """The post's windows, one after the other: ``[points / length, length]``."""
        values = _curve(self._grid(0))
        targets = np.append(values[1:], values[-1])
        shape = (-1, self.params.length)
        return {self.params.length: TrainingPool(_rounded(values).reshape(shape), _rounded(targets).reshape(shape))}

    def test_sets(self, pools: Mapping[int, TrainingPool]) -> Iterator[TestSet]:
        """Three sets whose answers hold no training point.

        - ``interpolation``: windows half a step beside the training grid, inside [0, 20].
        - ``extrapolation``: windows on (20, 40].
        - ``free_run``, for each end: inputs ``[1, warm_up]``, the last training values up to x = 20; targets, all values
          from there on (``[1, points - 1]`` on (20, 40]). A model reads the warm-up, whose last output is its first prediction, then
          its own outputs; ``length`` is the number of predictions.

        Windows are as long as in training, or a little shorter where that is the whole curve.
        """
        grid = self._grid(0)
        beyond = _curve(self._grid(END)[1:])
        yield self._windows("interpolation", _curve((grid[:-1] + grid[1:]) / 2))
        yield self._windows("extrapolation", beyond)
        warm_up = _curve(grid[-self.params.warm_up :])
        for end in self.params.free_run_to or [int(2 * END)]:
            count = int((end - END) / END * (self.params.points - 1) + 1e-9)
            values = _curve(END + END / (self.params.points - 1) * np.arange(1, count + 1))
            yield TestSet(FREE_RUN, count, _rounded(warm_up)[None], _rounded(values)[None])

    def shares_inputs(self, length: int) -> bool:
        return length != self.params.length  # the free run warms up on training values

    def in_range(self, test: TestSet, trained_on: int) -> bool:
        """What is new here is not the length but the x: only the interpolation stays inside [0, 20]."""
        return test.family == "interpolation"

    def parse(self, text: str) -> Array:
        words = read_words(text)
        expected = f"at least {ORDER} values of the curve such as '0.1 0.12 …', separated by spaces or commas"
        if len(words) < ORDER:
            raise InputError(f"expected {expected}, got {len(words)} in {quoted(text.strip())}")
        return np.array([_real(word, expected) for word in words])

    def render(self, inputs: Array, outputs: Array) -> str:
        return " ".join(f"{value:.6g}" for value in outputs.tolist())

    def _grid(self, start: float) -> Array:
        return np.linspace(start, start + END, self.params.points)

    def _recurrence(self) -> Array:
        """Coefficients ``[8]`` of the eight values before, oldest first."""
        step = END / (self.params.points - 1)
        slow, fast = ([1.0, -2 * np.cos(k * step), 1.0] for k in (1, 2))
        polynomial: Array = np.polymul(np.polymul(slow, slow), np.polymul(fast, fast))
        return np.negative(polynomial[:0:-1])

    def _windows(self, family: str, values: Array) -> TestSet:
        length = min(self.params.length, len(values) - 1)
        used = (len(values) - 1) // length * length
        inputs, targets = (_rounded(values[i : i + used]).reshape(-1, length) for i in (0, 1))
        return TestSet(family, length, inputs, targets)


def _curve(x: Array) -> Array:
    values: Array = x * np.sin(x) + x * np.cos(2 * x)
    return values


def _rounded(values: Array) -> Array:
    # Maths libraries differ in the last bits of a float64 sine; float32 leaves them out: every machine freezes the same bytes.
    return values.astype(np.float32)


def _real(word: str, expected: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"expected {expected}, got {quoted(word)}")
    if abs(value) > LARGEST:
        raise InputError(f"expected values between -{LARGEST:g} and {LARGEST:g}, got {quoted(word)}")
    return value


TASK = Curve
