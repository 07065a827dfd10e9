"""What tasks with a stack ask for, as machines with one stack of symbols: which inputs there are, what is done, what is answered.

A machine reads one symbol at a time. By its state, the symbol and the top of its stack it pushes, pops or leaves the stack alone, and
goes to a state; its answer may depend on the top that it leaves. Its inputs are all those that it can go on reading.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PUSH, POP, STAY = range(3)
# The state behind the last answer, from which nothing is asked any more: neither of the stack nor of what is answered.
DONE = "done"
Top = int | None


@dataclass(frozen=True)
class Move:
    """What is done with one symbol.

    Attributes:
        after: The state after it.
        action: ``PUSH``, ``POP`` or ``STAY``; ``POP`` only where there is something on the stack.
        pushed: The symbol that is pushed.
        answer: The right output, given the top that the move leaves; ``None``: it is not asked for.
    """

    after: str
    action: int
    pushed: int = -1
    answer: Callable[[Top], int] | None = None


@dataclass(frozen=True)
class Machine:
    """``move(state, symbol, top)``, ``None`` where no input goes on so; it begins in ``start`` with an empty stack (top ``None``)."""

    start: str
    symbols: int
    outputs: int
    words: str
    move: Callable[[str, int, Top], Move | None]


def _reverse(state: str, symbol: int, top: Top) -> Move | None:
    """Read bits; at the cells behind them, symbol 2, as many as there are bits, write them from the last to the first."""
    if symbol < 2:
        return Move("read", PUSH, symbol) if state == "read" else None
    if top is None:
        return None
    return Move("write", POP, answer=lambda _: top)


def _dyck(state: str, symbol: int, top: Top) -> Move | None:
    """Read ``( [ ) ]``; answer after each with the kind of the last bracket that is open, 2 if none is."""

    def kind(left: Top) -> int:
        return 2 if left is None else left

    if symbol < 2:
        return Move(state, PUSH, symbol, kind)
    return Move(state, POP, answer=kind) if top == symbol - 2 else None


def _manipulate(state: str, symbol: int, top: Top) -> Move | None:
    """Read bits, then 2 (pop), 3 and 4 (push 0, 1); at the cells, symbol 5, write the stack from its top, then 2, the end."""
    if symbol < 2:
        return Move("bits", PUSH, symbol) if state in ("start", "bits") else None
    if state == "start":
        return None
    if symbol < 5:
        if state == "write":
            return None
        if symbol == 2:
            return Move("actions", STAY if top is None else POP)
        return Move("actions", PUSH, symbol - 3)
    return Move(DONE, STAY, answer=lambda _: 2) if top is None else Move("write", POP, answer=lambda _: top)


MACHINES: dict[str, Machine] = {
    "reverse_string": Machine("read", 3, 2, "reverses every string", _reverse),
    "dyck_2": Machine("read", 4, 3, "says after every bracket which one may be closed next", _dyck),
    "stack_manipulation": Machine("start", 6, 3, "gives the stack that every string of actions leaves", _manipulate),
}


def outcome(machine: Machine, state: str, symbol: int, top: Any) -> Move | None:
    """Return a machine's move; none from ``DONE``."""
    return None if state == DONE else machine.move(state, symbol, top)
