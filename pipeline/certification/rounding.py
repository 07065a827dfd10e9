"""How far a float32 net may stray from its equations, and a float64 proof from the numbers that it means.

The standard model (Higham 2002, "Accuracy and Stability of Numerical Algorithms", 2nd ed., eq. 2.4 and lemma 3.1): each operation is
exact up to a factor ``1 + d``, ``|d| <= u``. A sum of ``n`` terms, products among them, taken in whichever order, in blocks, in SIMD lanes
or with fused multiply-adds, puts at most ``n`` such factors on each term, so it strays from its exact value by no more than
``gamma(n) = n u / (1 - n u)`` times the sum of the terms' magnitudes (section 3.1). Flushing of subnormal numbers to zero is allowed
for by ``UNDERFLOW``. A one-hot row times W is a lookup: its other terms are exact zeros, which add no rounding.

Out of the model: matrix products in less than float32 (TF32, bfloat16 passes), as a GPU does only where it is told to.
"""

import numpy as np

from pipeline.certification.net import Reals, TanhNet

SINGLE = 2.0**-24
DOUBLE = 2.0**-53

# The largest distance of a float32 tanh from tanh. Measured against float64 on 6 million points, dense in [-12, 12], geometric from 1e-30
# to 1e4, and 1e30 and infinity, CPU: NumPy 2.4.6 6.0e-8, PyTorch 2.15.0 3.1e-8, XLA of TensorFlow and of JAX 0.10.2 2.7e-7, TensorFlow
# without XLA 3.4e-7. This is eleven times the largest.
TANH_ERROR = 2.0**-18

# At most one 2^-126 for each operation of a sum and for each factor, were it flushed; 2^-100 covers sums of 2^20 terms.
UNDERFLOW = 2.0**-100


def gamma(n: int, unit: float) -> float:
    """Bound the relative error of a sum of ``n`` terms; rounded upwards by far more than its own evaluation errs."""
    return n * unit / (1 - n * unit) * (1 + 2.0**-40)


def preactivation_error(net: TanhNet) -> Reals:
    """Bound how far the float32 ``W[x] + h U + b`` strays from the exact one for a float32 ``h`` of the net: ``[symbols, units]``.

    ``|h| <= 1 + TANH_ERROR``; the sum has ``units + 2`` terms.
    """
    kernel, recurrent, bias = (np.abs(w.astype(np.float64)) for w in (net.kernel, net.recurrent, net.bias))
    magnitude = kernel + (1 + TANH_ERROR) * recurrent.sum(axis=0) + bias
    return (gamma(net.units + 2, SINGLE) * magnitude + UNDERFLOW * (1 + recurrent.max(initial=0.0))) * (1 + slack(net.units))


def logit_error(net: TanhNet) -> Reals:
    """Bound how far each float32 logit strays from the exact ``h V + c``: ``[outputs]``."""
    readout, offset = (np.abs(w.astype(np.float64)) for w in (net.readout, net.offset))
    magnitude = (1 + TANH_ERROR) * readout.sum(axis=0) + offset
    return (gamma(net.units + 1, SINGLE) * magnitude + UNDERFLOW * (1 + readout.max(initial=0.0))) * (1 + slack(net.units))


def slack(terms: int) -> float:
    """Bound the relative error of a float64 sum of ``terms`` terms and of the sixteen operations around it, twice over."""
    return 2 * gamma(terms + 16, DOUBLE)
