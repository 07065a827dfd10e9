"""What tasks with a stack ask for, as machines with one stack of symbols: which inputs there are, what is done, what is answered.

A machine reads one symbol at a time. By its state, the symbol and the top of its stack it pushes, pops or leaves the stack alone, and
goes to a state; its answer may depend on the top that it leaves. Its inputs are all those that it can go on reading. Where a task has two
machines, they have the same inputs and answers, and what lies on their stacks differs: a net may do either.
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
        leaves: Whether something is left on the stack; if not, no input goes on so.
    """

    after: str
    action: int
    pushed: int = -1
    answer: Callable[[Top], int] | None = None
    leaves: bool = False


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


def _reverse_late(state: str, symbol: int, top: Top) -> Move | None:
    """The same, with a pop before a bit is written, and none before the first one; the last bit stays on the stack."""

    def left(at: Top) -> int:
        return -1 if at is None else at

    if symbol < 2:
        return Move("read", PUSH, symbol) if state == "read" else None
    if top is None:
        return None
    return Move("first", STAY, answer=left) if state == "read" else Move("write", POP, answer=left, leaves=True)


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


MACHINES: dict[str, tuple[Machine, ...]] = {
    "reverse_string": (
        Machine("read", 3, 2, "reverses every string", _reverse),
        Machine("read", 3, 2, "reverses every string", _reverse_late),
    ),
    "dyck_2": (Machine("read", 4, 3, "says after every bracket which one may be closed next", _dyck),),
    "stack_manipulation": (Machine("start", 6, 3, "gives the stack that every string of actions leaves", _manipulate),),
}


def outcome(machine: Machine, state: str, symbol: int, top: Any) -> Move | None:
    """Return a machine's move; none from ``DONE``."""
    return None if state == DONE else machine.move(state, symbol, top)
