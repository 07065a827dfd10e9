"""How far a float32 net may stray from its equations, and a float64 proof from the numbers that it means.

The standard model (Higham 2002, "Accuracy and Stability of Numerical Algorithms", 2nd ed., eq. 2.4 and lemma 3.1): each operation is
exact up to a factor ``1 + d``, ``|d| <= u``. A sum of ``n`` terms, products among them, taken in whichever order, in blocks, in SIMD lanes
or with fused multiply-adds, puts at most ``n`` such factors on each term, so it strays from its exact value by no more than
``gamma(n) = n u / (1 - n u)`` times the sum of the terms' magnitudes (section 3.1). Flushing of subnormal numbers to zero is allowed
for by ``UNDERFLOW``. A one-hot row times W is a lookup: its other terms are exact zeros, which add no rounding.

An LSTM multiplies states: each product and the sum ``f c + i g`` add one factor ``1 + d``, fused or not, but where a factor is exactly
0 or 1, or a summand exactly 0, the result is exact, as IEEE 754 has it: so a hard gate that is shut or wide open holds a cell for ever.

Out of the model: matrix products in less than float32 (TF32, bfloat16 passes), as GPUs do by default; ``layers/xla.py`` turns that off.
"""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Singles = NDArray[np.float32]

SINGLE = 2.0**-24
DOUBLE = 2.0**-53

# The largest distance of a float32 tanh from tanh. Measured against float64 on 6 million points, dense in [-12, 12], geometric from 1e-30
# to 1e4, and 1e30 and infinity, CPU: NumPy 2.4.6 6.0e-8, PyTorch 2.15.0 3.1e-8, XLA of TensorFlow and of JAX 0.10.2 2.7e-7, TensorFlow
# without XLA 3.4e-7. This is eleven times the largest.
TANH_ERROR = 2.0**-18

# The same for the sigmoid, which no float32 implementation lets leave [0, 1]. Measured on 6 million points, dense in [-110, 110], and as
# above: NumPy 2.4.6 (through tanh) 6.0e-8, XLA of TensorFlow 2.21 and of JAX 0.10.2 9.0e-8, TensorFlow without XLA 1.4e-7.
SIGMOID_ERROR = 2.0**-20

# ``clip(0.2 x + 0.5, 0, 1)`` rounds 0.2, the product and the sum, fused or not; clipping is exact. So the float32 gate of ``x`` is the
# exact gate of a number within ``HARD_ERROR (1 + |x|)`` of ``x``: 4 u (0.2 |x| + 0.5), divided by the slope, 0.2, and doubled.
HARD_ERROR = 20 * SINGLE

# No output of an LSTM, sigmoid times tanh, is larger.
LARGEST = 1 + 2.0**-16

SUBNORMAL = 2.0**-126

# At most one 2^-126 for each operation of a sum and for each factor, were it flushed; 2^-100 covers sums of 2^20 terms.
UNDERFLOW = 2.0**-100


def gamma(n: int, unit: float) -> float:
    """Bound the relative error of a sum of ``n`` terms; rounded upwards by far more than its own evaluation errs."""
    return n * unit / (1 - n * unit) * (1 + 2.0**-40)


def sum_error(mixing: Reals, *constants: Reals) -> Reals:
    """Bound how far a float32 ``h mixing + constants`` strays from the exact one for any float32 ``h`` of a net, ``|h| <= LARGEST``.

    Args:
        mixing: ``[H, K]``.
        constants: Terms that broadcast to ``[…, K]``, none of them larger than given.
    """
    magnitude = LARGEST * np.abs(mixing).sum(axis=0) + sum(np.abs(term) for term in constants)
    terms = len(mixing) + len(constants)
    return (gamma(terms, SINGLE) * magnitude + UNDERFLOW * (1 + np.abs(mixing).max(initial=0.0))) * (1 + float64_error(len(mixing)))


def float64_error(terms: int) -> float:
    """Bound the relative error of a float64 sum of ``terms`` terms and of the sixteen operations around it, twice over."""
    return 2 * gamma(terms + 16, DOUBLE)
