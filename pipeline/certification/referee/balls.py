"""Affine forms with coefficients in ball arithmetic (Arb: Johansson 2017), which carries the error of each operation itself.

No constant here says how float64 rounds: every number is a ball that holds the exact one. What float32 does to a net is another matter, and
comes from the certificate's own assumptions (``Float32``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

ZERO, ONE = arb(0), arb(1)


@dataclass(frozen=True)
class Float32:
    """What is assumed of float32: the relative error of an operation, the errors of tanh and the logistic function, flushed subnormals."""

    unit: arb
    tanh: arb
    sigmoid: arb
    tiny: arb = arb(2) ** -99

    def gamma(self, terms: int) -> arb:
        """Bound the relative error of a sum of so many terms, in any order (Higham 2002, section 3.1)."""
        return terms * self.unit / (1 - terms * self.unit)


@dataclass(frozen=True)
class Form:
    """One quantity: ``center + e axes + radius``, ``|e| <= 1``, that lies in ``[low, high]``, points all of them but center and axes."""

    center: arb
    axes: list[arb]
    radius: arb
    low: arb
    high: arb

    @classmethod
    def cut(cls, center: arb, axes: list[arb], radius: arb, low: arb, high: arb) -> "Form":
        """Narrow the box to what the form allows."""
        spread = sum((abs(axis) for axis in axes), radius)
        low = _largest([low.lower(), (center - spread).lower()])
        high = _largest([low, _smallest([high.upper(), (center + spread).upper()])])
        return cls(center, axes, radius.upper(), low, high)

    @property
    def peak(self) -> arb:
        """The largest magnitude in the box."""
        return _largest([self.low.abs_upper(), self.high.abs_upper()])

    @property
    def middle(self) -> arb:
        """The middle of the box, exactly."""
        return ((self.low + self.high) / 2).mid()

    @property
    def half(self) -> arb:
        """The half width of the box around ``middle``."""
        return _largest([(self.high - self.middle).upper(), (self.middle - self.low).upper()])

    def with_axes(self, count: int) -> "Form":
        """Append axes that it does not depend on."""
        return Form(self.center, self.axes + [ZERO] * (count - len(self.axes)), self.radius, self.low, self.high)


def settled(forms: Sequence[Form], boxes: bool = True) -> list[Form]:
    """Give each error an axis of its own; ``boxes``: a form that is much wider than its box is replaced by the box."""
    count = max((len(form.axes) for form in forms), default=0)
    found = []
    for place, form in enumerate(forms):
        own = [ZERO] * len(forms)
        spread = sum((abs(axis) for axis in form.axes), form.radius)
        if boxes and (spread - (form.high - form.low)).mid() > 0:
            own[place] = form.half
            found.append(Form(form.middle, [ZERO] * count + own, ZERO, form.low, form.high))
        else:
            own[place] = form.radius
            found.append(Form(form.center, form.with_axes(count).axes + own, ZERO, form.low, form.high))
    return found


def weighted_sums(
    parts: Sequence[tuple[Sequence[Form], Sequence[Sequence[float]]]], known: Sequence[arb], size: Sequence[arb], terms: int,
    extra: Sequence[Form] | None, machine: Float32,
) -> list[Form]:  # fmt: skip
    """Enclose float32 sums of products of forms ``[D]`` with matrices ``[D][K]``, of terms that are known, and of a form each."""
    wide = len(known)
    everyone = [form for forms, _ in parts for form in forms] + list(extra or ())
    count = max((len(form.axes) for form in everyone), default=0)
    points = [[*known], [*known]] + [[ZERO] * wide for _ in range(count)]
    bounds = [[ZERO] * wide, [ZERO] * wide, [*size]]
    largest = ONE
    for forms, matrix in parts:
        exact = arb_mat([[arb(value) for value in row] for row in matrix])
        weight = arb_mat([[arb(abs(value)) for value in row] for row in matrix])
        padded = [form.with_axes(count) for form in forms]
        rows = [[form.center for form in padded], [form.middle for form in padded]]
        rows += [[form.axes[axis] for form in padded] for axis in range(count)]
        moved, spread = (
            arb_mat(rows) * exact,
            arb_mat([[getattr(form, name) for form in forms] for name in ("radius", "half", "peak")]) * weight,
        )
        points = [[old + moved[i, j] for j, old in enumerate(row)] for i, row in enumerate(points)]
        bounds = [[old + spread[i, j] for j, old in enumerate(row)] for i, row in enumerate(bounds)]
        most = _largest([arb(abs(value)) for row in matrix for value in row])
        largest = _largest([largest, ((1 + most) * (1 + _largest([form.peak for form in forms]))).upper()])
    products = sum(len(matrix) for _, matrix in parts) + terms + (extra is not None)
    found = []
    for j in range(wide):
        center, middle, axes = points[0][j], points[1][j], [points[2 + axis][j] for axis in range(count)]
        radius, half, magnitude = bounds[0][j], bounds[1][j], bounds[2][j]
        if extra is not None:
            more = extra[j].with_axes(count)
            center, middle, axes = center + more.center, middle + more.middle, [a + b for a, b in zip(axes, more.axes, strict=True)]
            radius, half, magnitude = radius + more.radius, half + more.half, magnitude + more.peak
        error = machine.gamma(products) * magnitude + machine.tiny * largest
        found.append(Form.cut(center, axes, radius + error, middle - half - error, middle + half + error))
    return found


def activation(form: Form, function: Callable[[arb], arb], steepest: arb, error: arb, ends: tuple[arb, arb]) -> Form:
    """Enclose tanh, or the logistic function, which is a tanh of a half: two lines of the chord's slope, apart as far as they must.

    The difference of the function and a line of slope ``s`` turns where the derivative is ``s`` and nowhere else; Arb encloses where.
    """
    low, high = form.low, form.high
    at_low, at_high = function(low), function(high)
    rise = (at_high - at_low) / (high - low) if high > low else ZERO
    slope = rise.mid() if rise.is_finite() and 0 < rise.mid() < steepest else ZERO
    places = [low, high]
    if slope > 0:
        turn = (1 - slope / steepest).sqrt().atanh() * (2 if steepest < 1 else 1)  # the logistic function is a tanh of a half
        places += [_clipped(turn, low, high), _clipped(-turn, low, high)]
    values = [function(place) - slope * place for place in places]
    top, bottom = _largest([value.upper() for value in values]), _smallest([value.lower() for value in values])
    offset = ((top + bottom) / 2).mid()
    radius = _largest([(top - offset).upper(), (offset - bottom).upper()]) + error + slope * form.radius
    bounds = _largest([(at_low - error).lower(), ends[0]]), _smallest([(at_high + error).upper(), ends[1]])
    return Form.cut(slope * form.center + offset, [slope * axis for axis in form.axes], radius, *bounds)


def product(x: Form, y: Form, machine: Float32) -> Form:
    """Enclose a float32 product: linear around the middles, and the product of the half widths; exact with exactly 0 or 1."""
    count = max(len(x.axes), len(y.axes))
    x, y = x.with_axes(count), y.with_axes(count)
    here, there = x.middle, y.middle
    corners = [x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high]
    low, high = _smallest([corner.lower() for corner in corners]), _largest([corner.upper() for corner in corners])
    error = ZERO if _exact(x) or _exact(y) else machine.unit * _largest([low.abs_upper(), high.abs_upper()]) + machine.tiny
    radius = abs(here) * y.radius + abs(there) * x.radius + x.half * y.half + error
    axes = [here * b + there * a for a, b in zip(x.axes, y.axes, strict=True)]
    return Form.cut(here * y.center + there * x.center - here * there, axes, radius, low - error, high + error)


def addition(x: Form, y: Form, machine: Float32) -> Form:
    """Enclose a float32 sum of two; exact with exactly 0."""
    count = max(len(x.axes), len(y.axes))
    x, y = x.with_axes(count), y.with_axes(count)
    error = ZERO if _is(x, 0) or _is(y, 0) else machine.unit * (x.peak + y.peak) + machine.tiny
    axes = [a + b for a, b in zip(x.axes, y.axes, strict=True)]
    return Form.cut(x.center + y.center, axes, x.radius + y.radius + error, x.low + y.low - error, x.high + y.high + error)


def blend(gate: Form, kept: Form, new: Form, machine: Float32) -> Form:
    """Enclose a float32 ``z h + (1 - z) n``, or ``n + z (h - n)``: no more than eight factors ``1 + u`` on ``h`` and on ``n``.

    ``new`` has no error of its own (``settled``), so that what it shares with ``h - n`` is known.
    """
    count = max(len(gate.axes), len(kept.axes), len(new.axes))
    gate, kept, new = (form.with_axes(count) for form in (gate, kept, new))
    axes = [a - b for a, b in zip(kept.axes, new.axes, strict=True)]
    gap = Form.cut(kept.center - new.center, axes, kept.radius + new.radius, kept.low - new.high, kept.high - new.low)
    here, there = gate.middle, gap.middle
    error = 8 * machine.unit * (kept.peak + new.peak) + machine.tiny
    radius = new.radius + abs(here) * gap.radius + abs(there) * gate.radius + gate.half * gap.half + error
    lows = [(z * kept.low + (1 - z) * new.low).lower() for z in (gate.low, gate.high)]
    highs = [(z * kept.high + (1 - z) * new.high).upper() for z in (gate.low, gate.high)]
    mixed = [n + here * d + there * z for n, d, z in zip(new.axes, gap.axes, gate.axes, strict=True)]
    center = new.center + here * gap.center + there * (gate.center - here)
    return Form.cut(center, mixed, radius, _smallest(lows) - error, _largest(highs) + error)


def _clipped(place: arb, low: arb, high: arb) -> arb:
    """Return a ball that holds a place that is no further out than ``[low, high]``."""
    return low if place < low else high if place > high else place


def _exact(form: Form) -> bool:
    return _is(form, 0) or _is(form, 1)


def _is(form: Form, value: int) -> bool:
    return bool(form.low == value and form.high == value)


def _largest(values: Sequence[arb]) -> arb:
    found = values[0]
    for value in values[1:]:
        found = found.max(value)
    return found.upper()


def _smallest(values: Sequence[arb]) -> arb:
    found = values[0]
    for value in values[1:]:
        found = found.min(value)
    return found.lower()
