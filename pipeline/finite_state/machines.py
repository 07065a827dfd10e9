"""From a rule to its minimal machine: follow the rule from its start, then put states together that no input tells apart."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from pipeline.core.transducer import Transducer

# What a rule keeps in mind.
State = TypeVar("State", bound=Hashable)


def minimal(start: State, symbols: int, rule: Callable[[State, int], tuple[State, int]], name: Callable[[State], str] = str) -> Transducer:
    """Return the smallest transducer that answers every input as ``rule`` does from ``start``.

    Partition refinement (Moore 1956, "Gedanken-experiments on Sequential Machines"): states begin together where they write the same and
    part where they lead to states that have parted.

    Args:
        start: The state before the first symbol.
        symbols: How many input symbols there are.
        rule: ``(state, symbol) -> (state after, output)``. It leads to finitely many states.
        name: Names a state; of states put together, the one that is reached first gives its name.
    """
    table = _followed(start, symbols, rule)
    numbers = _numbered({state: [output for _, output in row] for state, row in table.items()})
    while True:
        finer = _numbered({state: [numbers[state], *(numbers[after] for after, _ in row)] for state, row in table.items()})
        if max(finer.values()) == max(numbers.values()):
            break
        numbers = finer
    first: dict[int, State] = {}
    for state in table:
        first.setdefault(numbers[state], state)
    names = {number: name(state) for number, state in first.items()}
    moves = {
        (names[number], symbol): (names[numbers[after]], output)
        for number, state in first.items()
        for symbol, (after, output) in enumerate(table[state])
    }
    return Transducer(tuple(names.values()), symbols, moves)


def showing(after: Callable[[int, int], int]) -> Callable[[int, int], tuple[int, int]]:
    """Return the rule that writes the number of the state that a symbol leads to."""

    def rule(state: int, symbol: int) -> tuple[int, int]:
        reached = after(state, symbol)
        return reached, reached

    return rule


def _followed(start: State, symbols: int, rule: Callable[[State, int], tuple[State, int]]) -> dict[State, list[tuple[State, int]]]:
    """Return all states that inputs lead to, in the order in which they are met, with what each symbol does there."""
    table: dict[State, list[tuple[State, int]]] = {}
    waiting = [start]
    for state in waiting:  # grows while it is walked
        if state not in table:
            table[state] = [rule(state, symbol) for symbol in range(symbols)]
            waiting += [after for after, _ in table[state]]
    return table


def _numbered(signs: dict[State, list[int]]) -> dict[State, int]:
    """Number states so that two have the same number where their signs are the same."""
    known: dict[tuple[int, ...], int] = {}
    return {state: known.setdefault(tuple(sign), len(known)) for state, sign in signs.items()}
