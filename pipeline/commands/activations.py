"""What proofs assume of tanh and of the logistic function, measured on every finite float32 number, as each backend here computes it.

The reference is float64 (NumPy's tanh, SciPy's expit), which errs by some 2^-52 of the value, a 2^28th of what is measured; where
python-flint is installed, the worst number of each is looked at again in ball arithmetic.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.sets.relaxations import sigmoid
from pipeline.certification.sets.rounding import SIGMOID_ERROR, TANH_ERROR
from pipeline.commands.streams import watched
from pipeline.core.errors import WrongInput
from pipeline.layers import quiet_stderr

Singles = NDArray[np.float32]
Function = Callable[[Singles], Singles]

PATTERNS = 2**32
CHUNK = 2**23
ALLOWED = {"tanh": TANH_ERROR, "logistic": SIGMOID_ERROR}
# The least number with all digits; below it numbers may be flushed to zero, which proofs allow for.
NORMAL = 2.0**-126
# Environment variables that let arithmetic be other than IEEE 754's, or matrix products be of less than float32, and what they say then.
LOOSE = {
    "XLA_FLAGS": ("fast_math", "fast_min_max"),
    "ONEDNN_DEFAULT_FPMATH_MODE": ("bf16", "f16", "tf32", "any"),
    "JAX_DEFAULT_MATMUL_PRECISION": ("bfloat16", "tensorfloat32", "fastest", "default"),
}


@dataclass
class Measured:
    """How far a backend's function strays from the exact one.

    Attributes:
        backend: What computes it, such as ``tensorflow 2.21.0, XLA, CPU``.
        function: ``tanh`` or ``logistic``.
        numbers: How many numbers it was asked for.
        error: The largest distance.
        at: The number where that is.
        result: What comes out there.
        ulps: The largest distance in units in the last place of the exact value, where that is a normal number.
        low: The least result.
        high: The largest one.
    """

    backend: str
    function: str
    numbers: int = 0
    error: float = 0.0
    at: float = 0.0
    result: float = 0.0
    ulps: float = 0.0
    low: float = np.inf
    high: float = -np.inf

    @property
    def holds(self) -> bool:
        """Whether it is as proofs assume; NaN is not."""
        within = self.function == "tanh" or (self.low >= 0 and self.high <= 1)
        return bool(self.error <= ALLOWED[self.function] and within)

    def add(self, numbers: Singles, results: Singles, exact: NDArray[np.float64]) -> None:
        """Take in ``[n]`` numbers, the backend's results and the exact ones."""
        off = np.abs(results - exact)
        worst = int(np.argmax(off))  # of several that are no number, the first
        self.numbers += len(numbers)
        if not off[worst] <= self.error:
            self.error, self.at, self.result = float(off[worst]), float(numbers[worst]), float(results[worst])
        size = np.abs(exact)
        _, exponent = np.frexp(size)
        ulps = np.ldexp(off, 24 - exponent, where=size >= NORMAL, out=np.zeros_like(off))
        self.ulps = max(self.ulps, float(ulps.max()))
        self.low, self.high = min(self.low, float(results.min())), max(self.high, float(results.max()))


def refuse_loose_arithmetic(environment: dict[str, str] | None = None) -> None:
    """Refuse flags under which what is assumed of float32 does not hold.

    Raises:
        WrongInput: One is set; the message names it.
    """
    for variable, words in LOOSE.items():
        for flag in (os.environ if environment is None else environment).get(variable, "").lower().split():
            on = not flag.endswith(("=false", "=0")) and "honor" not in flag
            if on and any(word in flag for word in words):
                raise WrongInput(f"{variable}: expected no arithmetic in less than IEEE 754's float32, got {flag}; unset it")


def measure(sample: int | None = None) -> list[Measured]:
    """Measure tanh and the logistic function of every backend that is there.

    Args:
        sample: How many numbers, spread over all bit patterns; ``None``: all that are finite.

    Raises:
        WrongInput: Flags allow for arithmetic that no proof speaks of, or the sample is none.
    """
    refuse_loose_arithmetic()
    count = PATTERNS if sample is None else sample
    if not 0 < count <= PATTERNS:
        raise WrongInput(f"--sample: expected 1 to {PATTERNS}, got {count}")
    with quiet_stderr(True):  # TensorFlow and JAX look for GPUs, and say at length that there are none
        known = [(Measured(name, kind), function) for name, functions in backends() for kind, function in functions.items()]
    starts = range(0, count, CHUNK)
    for start in watched(starts, "asking all backends", len(starts)):
        numbers = _numbers(start, min(start + CHUNK, count), count)
        if not len(numbers):  # a stretch of NaN
            continue
        exact = {"tanh": _exact_tanh(numbers), "logistic": _exact_logistic(numbers)}
        for measured, function in known:
            measured.add(numbers, function(numbers), exact[measured.function])
    return [_closely(measured) for measured, _ in known]


def _numbers(start: int, end: int, count: int) -> Singles:
    """Return the finite ones of ``count`` evenly spread bit patterns from number ``start`` up to ``end``."""
    patterns = np.arange(start, end, dtype=np.uint64) * np.uint64(PATTERNS) // np.uint64(count)
    numbers = patterns.astype(np.uint32).view(np.float32)
    return numbers[np.isfinite(numbers)]


def _exact_tanh(numbers: Singles) -> NDArray[np.float64]:
    return np.tanh(numbers.astype(np.float64))


def _exact_logistic(numbers: Singles) -> NDArray[np.float64]:
    from scipy.special import expit

    return expit(numbers.astype(np.float64))


def backends() -> Iterator[tuple[str, dict[str, Function]]]:
    """Yield each backend's name and its functions, on float32 arrays of one axis."""
    yield f"numpy {np.__version__}", {"tanh": np.tanh, "logistic": _as_prover}
    if importlib.util.find_spec("tensorflow"):
        yield from _tensorflow()
    if importlib.util.find_spec("jax"):
        yield from _jax()
    if importlib.util.find_spec("torch"):
        yield _torch()


def _as_prover(numbers: Singles) -> Singles:
    return sigmoid(numbers)  # type: ignore[arg-type, return-value]  # float32 in, float32 out


def _tensorflow() -> Iterator[tuple[str, dict[str, Function]]]:
    import tensorflow as tf

    functions = {"tanh": tf.math.tanh, "logistic": tf.math.sigmoid}
    for device in tf.config.list_logical_devices():
        kind = device.device_type
        compiled = {name: tf.function(function, jit_compile=True, reduce_retracing=True) for name, function in functions.items()}
        for way, called in (("", functions), (", XLA", compiled)):
            run = {name: _on_tensorflow(function, device.name) for name, function in called.items()}
            yield f"tensorflow {tf.__version__}{way}, {kind}", run


def _on_tensorflow(function: Any, device: str) -> Function:
    import tensorflow as tf

    def run(numbers: Singles) -> Singles:
        with tf.device(device):
            return np.asarray(function(tf.constant(numbers)))

    return run


def _jax() -> Iterator[tuple[str, dict[str, Function]]]:
    import jax

    for device in jax.devices():
        run = {name: _on_jax(jax.jit(function), device) for name, function in (("tanh", jax.numpy.tanh), ("logistic", jax.nn.sigmoid))}
        yield f"jax {jax.__version__}, {device.platform.upper()}", run


def _on_jax(function: Any, device: Any) -> Function:
    import jax

    return lambda numbers: np.asarray(function(jax.device_put(numbers, device)))


def _torch() -> tuple[str, dict[str, Function]]:
    import torch

    run = {"tanh": torch.tanh, "logistic": torch.sigmoid}
    return f"torch {torch.__version__}, CPU", {name: _on_torch(function) for name, function in run.items()}


def _on_torch(function: Any) -> Function:
    import torch

    return lambda numbers: function(torch.from_numpy(numbers)).numpy()


def _closely(measured: Measured) -> Measured:
    """Look at the worst number again, in balls of 200 bits, where they are installed and there is a number to look at."""
    if importlib.util.find_spec("flint") and np.isfinite(measured.error):
        import flint

        with flint.ctx.workprec(200):
            at = flint.arb(measured.at)
            exact = at.tanh() if measured.function == "tanh" else 1 / (1 + (-at).exp())
            measured.error = float(abs(exact - flint.arb(measured.result)).mid())
    return measured
