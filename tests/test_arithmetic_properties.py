"""The arithmetic of checker and referee: whatever float32 makes of numbers lies in what they say, to the last bit, by exact fractions.

Hypothesis looks for numbers that break it: https://hypothesis.readthedocs.io.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.certification.checker.checker import _Cell
from pipeline.certification.checker.steps import SIGMOID, TANH, Value, hard_gate_lines, tanh_lines, with_flushed

flint = pytest.importorskip("flint")

from pipeline.certification.referee.balls import ONE, Float32, Form, activation, addition, blend, product, settled, weighted_sums  # noqa: E402

MACHINE = Float32(flint.arb(2) ** -24, flint.arb(TANH), flint.arb(SIGMOID))
SMALLEST = Fraction(2) ** -126
EXAMPLES = settings(max_examples=300, deadline=None, derandomize=True)

singles = st.floats(-64, 64, width=32)
units = st.floats(0, 1, width=32)
shares = st.floats(-1, 1)


@dataclass(frozen=True)
class Known:
    """A float32 number, and how it lies in a set: ``number = center + e axes + off``, ``|off| <= radius``, ``low <= number <= high``."""

    number: float
    center: float
    axes: tuple[float, float]
    radius: float
    low: float
    high: float

    def value(self) -> Value:
        axes = np.array(self.axes)[:, None]
        return Value(*(np.array([x]) if np.ndim(x) == 0 else x for x in (self.center, axes, self.radius, self.low, self.high)))

    def form(self) -> Form:
        parts = (self.center, self.radius, self.low, self.high)
        center, radius, low, high = map(flint.arb, parts)
        return Form.cut(center, [flint.arb(axis) for axis in self.axes], radius, low, high)


@st.composite
def known(draw: st.DrawFn, numbers: st.SearchStrategy[float], e: tuple[float, float]) -> Known:
    """Draw a number, and a set around it in which it lies at ``e``."""
    number = draw(numbers)
    axes = tuple(draw(st.floats(-0.5, 0.5)) for _ in e)
    center = number - sum(share * axis for share, axis in zip(e, axes, strict=True)) + draw(st.floats(-0.01, 0.01))
    off = Fraction(number) - Fraction(center) - sum(Fraction(share) * Fraction(axis) for share, axis in zip(e, axes, strict=True))
    radius = float(np.nextafter(float(abs(off)), np.inf))
    return Known(number, center, axes, radius, number - draw(st.floats(0, 0.3)), number + draw(st.floats(0, 0.3)))


@st.composite
def three(draw: st.DrawFn) -> tuple[tuple[float, float], Known, Known, Known]:
    """Draw three numbers, the first of them and its box in [0, 1] as a gate's, whose sets share their axes."""
    e = draw(shares), draw(shares)
    gate = draw(known(units, e))
    gate = replace(gate, low=max(gate.low, 0.0), high=min(gate.high, 1.0))
    return e, gate, draw(known(singles, e)), draw(known(singles, e))


def ways(result: np.float32) -> list[float]:
    """A subnormal result is kept or flushed."""
    return [float(result)] + ([0.0] if 0 < abs(Fraction(float(result))) < SMALLEST else [])


def holds(found: Value | Form, e: tuple[float, float], result: float) -> bool:
    """Say whether the result lies in the box, and off the form by no more than its radius, at the very ``e`` of what it was made from."""
    if isinstance(found, Form):
        with flint.ctx.workprec(300):
            off = flint.arb(result) - found.center - sum(flint.arb(s) * axis for s, axis in zip(e, found.axes, strict=False))
        # The exact center lies somewhere in its ball.
        return bool(found.low <= flint.arb(result) <= found.high and off.abs_lower() <= found.radius.upper())
    off = Fraction(result) - Fraction(float(found.center[0]))
    off -= sum(Fraction(s) * Fraction(float(axis[0])) for s, axis in zip(e, found.axes, strict=False))
    return bool(found.low[0] <= result <= found.high[0] and abs(off) <= Fraction(float(found.radius[0])))


@given(three())
@EXAMPLES
def test_a_float32_product_lies_in_it(drawn) -> None:
    e, z, x, y = drawn
    for first, second in ((x, y), (z, y)):
        for result in ways(np.float32(first.number) * np.float32(second.number)):
            assert holds(first.value().times(second.value()), e, result)
            assert holds(product(first.form(), second.form(), MACHINE), e, result)


@given(three())
@EXAMPLES
def test_a_float32_sum_of_two_lies_in_it(drawn) -> None:
    e, _, x, y = drawn
    for result in ways(np.float32(x.number) + np.float32(y.number)):
        assert holds(x.value().plus(y.value()), e, result)
        assert holds(addition(x.form(), y.form(), MACHINE), e, result)


@given(three())
@EXAMPLES
def test_a_blend_lies_in_it_whichever_way_it_is_computed(drawn) -> None:
    from pipeline.certification.checker.layered import between

    e, z, h, n = drawn
    new = Known(n.number, n.number, (0.0, 0.0), 0.0, n.low, n.high)  # at its center, whatever e is: it has no error of its own
    a, b, c = (np.float32(part.number) for part in (z, h, n))
    one = np.float32(1)
    found = between(z.value(), h.value(), new.value()), blend(z.form(), h.form(), new.form(), MACHINE)
    for result in (a * b + (one - a) * c, c + a * (b - c)):
        for image in found:
            assert holds(image, e, float(result))


@given(st.lists(st.tuples(singles, singles), min_size=1, max_size=12), singles, st.randoms(use_true_random=False))
@EXAMPLES
def test_a_float32_sum_of_products_lies_in_it_in_any_order(terms, bias, order) -> None:
    from pipeline.certification.checker.layered import _Known, float_sum

    points = [Known(x, x, (0.0, 0.0), 0.0, x, x) for x, _ in terms]
    matrix = np.array([[weight] for _, weight in terms])
    values = [point.value() for point in points]
    joined = Value(*(np.concatenate([getattr(v, part) for v in values], axis=-1) for part in ("center", "axes", "radius", "low", "high")))
    size = np.array([abs(bias)])
    checked = float_sum([(joined, matrix)], _Known(np.array([bias]), size, 1))
    (refereed,) = weighted_sums(
        [([p.form() for p in points], matrix.tolist())], [flint.arb(bias)], [flint.arb(abs(bias))], 1, None, MACHINE
    )
    parts = [np.float32(x) * np.float32(w) for x, w in terms] + [np.float32(bias)]
    order.shuffle(parts)
    while len(parts) > 1:
        first, second = parts.pop(), parts.pop(order.randrange(len(parts)))
        parts.append(first + second)
    for image in (checked, refereed):
        assert holds(image, (0.0, 0.0), float(parts[0]))


@given(st.floats(-40, 40), st.floats(0, 1), st.integers(-40, 6), shares)
@EXAMPLES
def test_lines_enclose_tanh(low, share, magnitude, at) -> None:
    high = low + share * 2.0**magnitude
    z = low + (at + 1) / 2 * (high - low)
    assume(low <= z <= high)
    slope, offset, radius = (flint.arb(float(part[0])) for part in tanh_lines(np.array([low]), np.array([high])))
    assert (flint.arb(z).tanh() - slope * flint.arb(z) - offset).abs_upper() <= radius
    wide = flint.arb(high) - flint.arb(low)
    form = activation(
        Form.cut(flint.arb(low), [wide], flint.arb(0), flint.arb(low), flint.arb(high)), lambda x: x.tanh(), ONE, flint.arb(0), (-ONE, ONE)
    )
    if high > low:
        along = (flint.arb(z) - flint.arb(low)) * form.axes[0] / wide
        assert (flint.arb(z).tanh() - along - form.center).abs_lower() <= form.radius


@given(st.floats(-8, 8), st.floats(0, 16), shares)
@EXAMPLES
def test_lines_enclose_a_hard_gate(low, width, at) -> None:
    high = low + width
    z = low + (at + 1) / 2 * width
    assume(low <= z <= high)
    slope, offset, radius = (Fraction(float(part[0])) for part in hard_gate_lines(np.array([low]), np.array([high])))
    exact = min(max(Fraction(z) / 5 + Fraction(1, 2), Fraction(0)), Fraction(1))
    assert abs(exact - slope * Fraction(z) - offset) <= radius


@given(singles)
@EXAMPLES
def test_what_may_be_flushed_reaches_zero(number) -> None:
    low, high = with_flushed(np.array(number), np.array(number))
    assert low <= number <= high
    assert (low <= 0 <= high) == (abs(number) < 2.0**-126)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4), st.floats(0.9, 1.1), st.tuples(shares, shares), st.tuples(shares, shares))
@EXAMPLES
def test_what_a_cell_is_said_to_hold_lies_in_it(numbers, scale, shift, e) -> None:
    axes = np.array(numbers).reshape(2, 2)
    assume(abs(np.linalg.det(axes)) > 1e-3)
    reach = np.abs(axes).sum(axis=0) * 1.2
    node = {"name": "a set", "center": [0.25, -0.5], "axes": axes.tolist()}
    center = np.array(node["center"])
    cell = _Cell(node | {"low": (center - reach).tolist(), "high": (center + reach).tolist()}, 2)
    moved = center + 0.1 * np.array(shift) @ axes
    image = (moved, scale * axes, center - reach, center + reach)
    if not cell.holds(image):
        return
    exact = [[Fraction(float(x)) for x in row] for row in axes]
    corner = [Fraction(float(moved[j])) + sum(Fraction(e[i]) * Fraction(float(image[1][i, j])) for i in range(2)) for j in range(2)]
    if not all(Fraction(float(image[2][j])) <= corner[j] <= Fraction(float(image[3][j])) for j in range(2)):
        return
    off = [corner[j] - Fraction(float(center[j])) for j in range(2)]
    det = exact[0][0] * exact[1][1] - exact[0][1] * exact[1][0]
    inside = (off[0] * exact[1][1] - off[1] * exact[1][0]) / det, (off[1] * exact[0][0] - off[0] * exact[0][1]) / det
    assert max(map(abs, inside)) <= 1


def test_settled_errors_are_axes() -> None:
    form = Form.cut(flint.arb(1), [flint.arb(2)], flint.arb(3), flint.arb(-9), flint.arb(9))
    (found,) = settled([form])
    assert ([float(axis) for axis in found.axes], float(found.radius)) == ([2.0, 3.0], 0.0)
