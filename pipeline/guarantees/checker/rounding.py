"""float32 in exact arithmetic: the nearest number to a fraction, and sums in which the same number is added again and again."""

from fractions import Fraction
from typing import Any

from pipeline.guarantees.checker.files import require, whole

UNIT = Fraction(1, 2**24)
LEAST = Fraction(1, 2**126)
# A run is a row of numbers of float32, as many as ``count``, each the float32 sum of the one before and the number that is added.
Run = tuple[int, Fraction, Fraction, int]


def binade(value: Fraction) -> int:
    """Return e of a number other than 0 with ``2^e <= |value| < 2^(e + 1)``."""
    e = abs(value.numerator).bit_length() - value.denominator.bit_length()
    return e if Fraction(2) ** e <= abs(value) else e - 1


def nearest(value: Fraction) -> Fraction:
    """Round to float32, ties to even. Raises ``Rejected`` out of the range of normal numbers."""
    if not value:
        return value
    e = binade(value)
    require(-126 <= e < 127, "a sum leaves the range of normal float32 numbers")
    unit = Fraction(2) ** (e - 23)
    return round(value / unit) * unit


def is_single(value: Fraction) -> bool:
    return not value or (-126 <= binade(value) < 127 and nearest(value) == value)


def checked_runs(rows: Any, added: Fraction, length: int) -> list[Run]:
    """Check that runs ``[first, value, step, count]`` are what ``length`` float32 additions of ``added`` to 0 give, and return them.

    Within a run every sum is the one before plus ``step``. That is so if the sum is exact; or if all sums lie in one binade, beyond its
    lowest number, are whole multiples of its unit, and ``step`` is nearer to ``added`` than half a unit; or by half a unit if all of them
    are even multiples.
    """
    runs: list[Run] = []
    at, value = 0, Fraction(0)
    for row in rows:
        first, count = whole(row[0], 0), whole(row[3], 1)
        start, step = Fraction(row[1]), Fraction(row[2])
        require(first == at and start == value, "a run does not begin where the one before ends")
        end = start + count * step
        if count == 1:
            require(nearest(start + added) == end, "a sum is rounded wrongly")
        elif step == added:
            grid = min(_lowest(start), _lowest(step))
            require(max(abs(start), abs(end)) <= 2**24 * grid and grid >= LEAST, "sums that should be exact are not")
        elif not step:
            require(nearest(start + added) == start, "a sum that should not move does")
        else:
            e = binade(start + step)
            unit, nearer = Fraction(2) ** (e - 23), abs(step - added)
            require(-126 <= e < 127, "a sum leaves the range of normal float32 numbers")
            require(
                (start > 0) == (step > 0) and abs(start + step) > Fraction(2) ** e and abs(end) <= Fraction(2) ** (e + 1),
                "a run leaves its binade",
            )
            require((start + step) % unit == 0 and step % unit == 0, "a sum is no number of float32")
            even = (start + step) % (2 * unit) == 0 and step % (2 * unit) == 0
            require(nearer < unit / 2 or (nearer == unit / 2 and even), "a sum is rounded wrongly")
        runs.append((first, start, step, count))
        at, value = at + count, end
    require(at == length, f"the runs give {at} sums, and {length} are needed")
    return runs


def _lowest(value: Fraction) -> Fraction:
    """Return the value of the lowest bit of a number that has finitely many; of 0 more than any."""
    if not value:
        return Fraction(2**200)
    require(value.denominator & (value.denominator - 1) == 0, "a number is not binary")
    if value.denominator > 1:
        return Fraction(1, value.denominator)
    return Fraction(value.numerator & -value.numerator)
