"""Machines as GraphViz DOT, read and written by AALpy, the library of automata learning (Muškardin et al. 2022)."""

from pathlib import Path
from typing import Any

from pipeline.foreign.machines import Machine, MachineError

KINDS = ("mealy", "dfa", "moore")
Entries = dict[str, dict[str, tuple[str, str]]]


def read_dot(path: Path, alphabet: tuple[str, ...], outputs: tuple[str, ...]) -> tuple[Entries, tuple[str, ...], tuple[str, ...]]:
    """Read a Mealy machine, a Moore machine or an acceptor: its transitions by names, the start first, its alphabet and its outputs.

    Where the order of symbols is not given, they must be numbers from 0 on, and are taken in that order; outputs likewise.

    Raises:
        MachineError: The file is no such machine, or the order of symbols is not known.
    """
    found = _load(path)
    first = found.initial_state
    entries: Entries = {state.state_id: {} for state in [first, *(state for state in found.states if state is not first)]}
    for state in found.states:
        for symbol, after in state.transitions.items():
            entries[state.state_id][str(symbol)] = (after.state_id, _output(state, symbol, after))
    symbols = {symbol for row in entries.values() for symbol in row}
    written = {output for row in entries.values() for _, output in row.values()}
    return entries, alphabet or _ordered(path, "alphabet", symbols), outputs or _ordered(path, "outputs", written)


def save_dot(machine: Machine, path: Path) -> None:
    """Write a Mealy machine as AALpy does."""
    from aalpy.utils import save_automaton_to_file

    path.write_text(save_automaton_to_file(automaton(machine), path, "string"), encoding="utf-8")


def automaton(machine: Machine) -> Any:
    """Return a machine as AALpy's ``MealyMachine``, over the names of symbols and outputs."""
    from aalpy import MealyMachine, MealyState

    states = {name: MealyState(name) for name in machine.transducer.states}
    for (state, symbol), (after, output) in machine.transducer.transitions.items():
        states[state].transitions[machine.alphabet[symbol]] = states[after]
        states[state].output_fun[machine.alphabet[symbol]] = machine.outputs[output]
    return MealyMachine(states[machine.transducer.start], [*states.values()])


def _load(path: Path) -> Any:
    from aalpy.utils import load_automaton_from_file

    text = path.read_text(encoding="utf-8", errors="replace")
    kind = "mealy" if "/" in text else "moore" if "|" in text else "dfa"
    try:
        found = load_automaton_from_file(str(path), kind)
    except Exception as error:  # AALpy asserts, and pydot's parser raises its own
        raise MachineError(
            f"{path}: expected a {kind} machine as AALpy writes it, got {' '.join(str(error).split()) or type(error).__name__}"
        ) from None
    if found is None or found.initial_state is None:
        raise MachineError(f"{path}: expected a start ('__start0 -> state'), got none")
    return found


def _output(state: Any, symbol: Any, after: Any) -> str:
    if hasattr(state, "output_fun"):
        return str(state.output_fun[symbol])
    return str(int(after.is_accepting)) if hasattr(after, "is_accepting") else str(after.output)


def _ordered(path: Path, key: str, names: set[str]) -> tuple[str, ...]:
    if names <= {"0", "1"} and key == "outputs":
        return ("0", "1")
    ordered = sorted(names, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))
    if not all(name.isdigit() for name in names):
        raise MachineError(f"{path}: expected --{key} with the order in which the net numbers {', '.join(ordered)}, got nothing")
    count = 1 + max(map(int, names))
    return tuple(map(str, range(count))) if key == "outputs" else tuple(ordered)
