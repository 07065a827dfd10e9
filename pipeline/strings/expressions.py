"""Arithmetic modulo 5 with brackets: drawn as Delétang et al. (2023) do, evaluated by the rules of arithmetic.

``value`` knows nothing of how expressions are drawn: it takes signs, brackets and the precedence of multiplication as usual, many
expressions side by side, one character at a time.
"""

from functools import cache

import numpy as np

from pipeline.core.examples import Array

MODULUS = 5
CHARACTERS = "01234+-*()"
PLUS, MINUS, TIMES, OPEN, CLOSE = range(MODULUS, MODULUS + 5)


def draw(rng: np.random.Generator, n: int, length: int) -> Array:
    """Draw expressions: ``[n, length]`` uint8 places in ``CHARACTERS``.

    Of one to four characters: ``d``, ``-d``, ``(d)``, ``(-d)`` with a uniform digit; longer ones are ``(left op right)``, where the length
    of the left part and the operator are uniform, and both parts are drawn likewise.
    """
    drawn = rng.integers(MODULUS, size=n * length, dtype=np.uint8)
    starts, lengths = np.arange(n) * length, np.full(n, length)
    while len(starts):
        short = lengths < 5
        _write_short(drawn, starts[short], lengths[short])
        starts, lengths = starts[~short], lengths[~short]
        left = rng.integers(1, lengths - 3)
        drawn[starts], drawn[starts + lengths - 1] = OPEN, CLOSE
        drawn[starts + 1 + left] = rng.integers(PLUS, TIMES + 1, size=len(starts), dtype=np.uint8)
        starts, lengths = np.concatenate([starts + 1, starts + 2 + left]), np.concatenate([left, lengths - 3 - left])
    return drawn.reshape(n, length)


def value(expressions: Array) -> Array:
    """Evaluate ``[n, length]`` well-formed expressions modulo 5: ``[n]`` uint8."""
    n, length = expressions.shape
    rows = np.arange(n)
    # For each open bracket: the sum of the finished terms, and what the next factor is multiplied by (its sign, and the factors before).
    sums, factors = np.zeros((length // 2 + 2, n), np.int64), np.ones((length // 2 + 2, n), np.int64)
    depth, read, expecting = np.zeros(n, np.int64), np.zeros(n, np.int64), np.ones(n, np.bool_)
    for symbols in np.ascontiguousarray(expressions.T).astype(np.int64):
        here = sums[depth, rows], factors[depth, rows]
        operand, opens, closes = symbols < MODULUS, symbols == OPEN, symbols == CLOSE
        # ``read`` is the last whole product: of a digit, of a bracket once it is closed.
        inner = (here[0] + read) % MODULUS
        outer = np.maximum(depth - 1, 0)
        read = np.where(operand, here[1] * symbols, np.where(closes, factors[outer, rows] * inner, read)) % MODULUS
        sign = (symbols == MINUS) & expecting
        adds = ((symbols == PLUS) | (symbols == MINUS)) & ~expecting
        sums[depth, rows] = np.where(adds, inner, here[0])
        times = np.where(symbols == MINUS, MODULUS - 1, 1)
        factors[depth, rows] = np.where(sign, -here[1], np.where(adds, times, np.where(symbols == TIMES, read, here[1]))) % MODULUS
        depth = depth + opens - closes
        sums[depth, rows] = np.where(opens, 0, sums[depth, rows])
        factors[depth, rows] = np.where(opens, 1, factors[depth, rows])
        expecting = np.where(sign, expecting, ~(operand | closes))
    return ((sums[0] + read) % MODULUS).astype(np.uint8)


def fault(text: str) -> str | None:
    """Say what a text of ``CHARACTERS`` (or ``x`` for a digit) lacks to be an expression, or ``None``."""
    depth, expecting, signed = 0, True, False
    for character in text:
        if character in "01234x(":
            if not expecting:
                return "an operator between two numbers"
            depth, expecting, signed = depth + (character == "("), character == "(", False
        elif character == "-" and expecting and not signed:
            signed = True
        elif expecting:
            return "a number on either side of an operator, and in brackets"
        elif character == ")":
            depth -= 1
            if depth < 0:
                return "an opening bracket for each closing one"
        else:
            expecting = True
    return "a closing bracket for each opening one" if depth else "a number at its end" if expecting else None


def drawable(length: int) -> int:
    """Count expressions of ``length`` that ``draw`` gives often enough to find them all; from 20 characters on, some trillions of them."""
    # Uneven splits of nine characters and more have many expressions, each of which is drawn seldom.
    return _count(min(length, 20)) // (1 if length < 9 else 4)


@cache
def _count(length: int) -> int:
    if length < 5:
        return MODULUS
    return 3 * sum(_count(left) * _count(length - 3 - left) for left in range(1, length - 3))


def _write_short(drawn: Array, starts: Array, lengths: Array) -> None:
    """Write signs and brackets around the digits of expressions of at most four characters."""
    drawn[starts[lengths == 2]] = MINUS
    bracketed, widths = starts[lengths > 2], lengths[lengths > 2]
    drawn[bracketed], drawn[bracketed + widths - 1] = OPEN, CLOSE
    drawn[bracketed[widths == 4] + 1] = MINUS
