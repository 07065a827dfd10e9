"""Finite-state machines as people write them: a task's, YAML, and GraphViz DOT as AALpy writes it.

A machine reads a word of symbols and gives an output after each one (a Mealy machine); an acceptor gives ``1`` where the word so far is
accepted, else ``0``. A net that answers only at the end is held to the last output. Nothing is asked about the empty word.

YAML, for a running parity, and for the same as an acceptor::

    states: [even, odd]
    start: even
    alphabet: [0, 1]        # in the order of the net's inputs
    outputs: [0, 1]         # in the order of the net's outputs; an acceptor has accepting: [odd] in its place
    transitions:
      even: {0: [even, 0], 1: [odd, 1]}     # an acceptor's: {0: even, 1: odd}
      odd: {0: [odd, 1], 1: [even, 0]}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.core import registry
from pipeline.core.errors import WrongInput
from pipeline.core.transducer import Transducer
from pipeline.files.yaml_files import text_of

KEYS = {"states", "start", "alphabet", "outputs", "accepting", "transitions"}


class MachineError(WrongInput):
    """A machine that cannot be read; the message names the file, the key, and what was expected."""


@dataclass(frozen=True)
class Machine:
    """A transducer with the names of its symbols.

    Attributes:
        name: A task's name, or a file's without its ending.
        transducer: What is computed, over symbols and outputs by number.
        alphabet: The symbols' names, in the order of their numbers.
        outputs: The outputs' names, likewise.
    """

    name: str
    transducer: Transducer
    alphabet: tuple[str, ...]
    outputs: tuple[str, ...]

    def word(self, symbols: tuple[int, ...]) -> str:
        """Write an input: characters side by side, or longer names with spaces between."""
        return written([self.alphabet[symbol] for symbol in symbols])

    def answers(self, outputs: tuple[int, ...]) -> str:
        """Write outputs; one that the machine never gives is written as the number of its logit."""
        return written([self.outputs[number] if number < len(self.outputs) else f"logit {number}" for number in outputs])


def written(names: list[str]) -> str:
    """Join names, with spaces unless all are single characters.

    Example:
        >>> written(["1", "0"]), written(["10", "0"])
        ('10', '10 0')
    """
    return ("" if all(len(name) == 1 for name in names) else " ").join(names)


def save_yaml(machine: Machine, path: Path) -> None:
    """Write a machine as ``read`` reads it; the same one gives the same bytes."""
    lines = [f"states: {_list(machine.transducer.states)}", f"start: {_text(machine.transducer.start)}"]
    lines += [f"alphabet: {_list(machine.alphabet)}", f"outputs: {_list(machine.outputs)}", "transitions:"]
    for state in machine.transducer.states:
        lines.append(f"  {_text(state)}:")
        for symbol, name in enumerate(machine.alphabet):
            after, output = machine.transducer.step(state, symbol)
            lines.append(f"    {_text(name)}: {_list((after, machine.outputs[output]))}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _list(names: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_text, names))}]"


def _text(name: str) -> str:
    """Write a name as YAML; in quotes where it is more than letters, digits and dashes."""
    return name if name and all(c.isalnum() or c in "_-" for c in name) and not name.startswith("-") else json.dumps(name)


def of_task(name: str) -> Machine:
    """Return the machine of one of this project's tasks. Raises ``MachineError``."""
    transducer = registry.load("tasks", name).TASK.transducer
    if transducer is None:
        known = [task for task in registry.names("tasks") if registry.load("tasks", task).TASK.transducer]
        raise MachineError(f"expected a task with a finite-state machine ({', '.join(known)}), got '{name}', which has none")
    outputs = 1 + max(output for _, output in transducer.transitions.values())
    return Machine(name, transducer, tuple(map(str, range(transducer.symbols))), tuple(map(str, range(outputs))))


def read(path: Path, alphabet: tuple[str, ...] = (), outputs: tuple[str, ...] = ()) -> Machine:
    """Read a machine from ``.yaml``, ``.yml`` or ``.dot``.

    Args:
        path: The file.
        alphabet: The symbols' names in the order of the net's inputs; needed for a DOT file whose symbols are no numbers.
        outputs: The outputs' names in the order of the net's outputs, likewise.

    Raises:
        MachineError: The file is not there, or is no complete machine.
    """
    if not path.is_file():
        raise MachineError(f"{path}: expected a machine as YAML or DOT, got no such file")
    if path.suffix == ".dot":
        from pipeline.foreign.dot_files import read_dot

        entries, alphabet, outputs = read_dot(path, alphabet, outputs)
    elif path.suffix in (".yaml", ".yml"):
        entries, alphabet, outputs = _read_yaml(path, alphabet, outputs)
    else:
        raise MachineError(f"{path}: expected a machine in a .yaml or .dot file, got '{path.suffix}'")
    return machine_of(str(path), path.stem, entries, alphabet, outputs)


def machine_of(
    place: str, name: str, entries: Mapping[str, Mapping[str, tuple[str, str]]], alphabet: tuple[str, ...], outputs: tuple[str, ...]
) -> Machine:
    """Put a machine together: ``state -> symbol -> (state after, output)`` by names, the start first. ``place`` is for messages."""
    for kind, names in (("alphabet", alphabet), ("outputs", outputs)):
        if not names or len(set(names)) != len(names):
            raise MachineError(f"{place}: {kind}: expected different names, got {list(names)}")
    transitions = {}
    for state, row in entries.items():
        for symbol in alphabet:
            if symbol not in row:
                raise MachineError(f"{place}: transitions.{state}: expected one for each symbol of the alphabet, got none for '{symbol}'")
            after, output = row[symbol]
            if after not in entries:
                raise MachineError(f"{place}: transitions.{state}.{symbol}: expected a state ({', '.join(entries)}), got '{after}'")
            if output not in outputs:
                raise MachineError(f"{place}: transitions.{state}.{symbol}: expected an output ({', '.join(outputs)}), got '{output}'")
            transitions[state, alphabet.index(symbol)] = (after, outputs.index(output))
        strange = set(row) - set(alphabet)
        if strange:
            raise MachineError(f"{place}: transitions.{state}: expected symbols of the alphabet, got '{min(strange)}'")
    return Machine(name, Transducer(tuple(entries), len(alphabet), transitions), alphabet, outputs)


def _read_yaml(path: Path, alphabet: tuple[str, ...], outputs: tuple[str, ...]) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """Read YAML with every scalar as text, so that 0, no and 1.0 are names as they stand."""
    try:
        # BaseLoader makes text, lists and dicts, and nothing else.
        found = yaml.load(text_of(path.read_bytes(), str(path), kind=MachineError), yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise MachineError(f"{path}: expected YAML, got {' '.join(str(error).split())}") from None
    if not isinstance(found, dict):
        raise MachineError(f"{path}: expected the keys states, start, alphabet, transitions, and outputs or accepting, got no keys")
    _require_keys(path, found)
    states, start = _names(path, found, "states"), found["start"]
    if start not in states:
        raise MachineError(f"{path}: start: expected one of the states ({', '.join(states)}), got '{start}'")
    accepting = _names(path, found, "accepting") if "accepting" in found else None
    for state in accepting or ():
        if state not in states:
            raise MachineError(f"{path}: accepting: expected states ({', '.join(states)}), got '{state}'")
    table = found["transitions"]
    if not isinstance(table, dict) or set(table) != set(states):
        raise MachineError(f"{path}: transitions: expected an entry for each state ({', '.join(states)}), got {_shown(table)}")
    ordered = [start, *(state for state in states if state != start)]
    entries = {state: _row(path, state, table[state], accepting) for state in ordered}
    outputs = outputs or (("0", "1") if accepting is not None else _names(path, found, "outputs"))
    return entries, alphabet or _names(path, found, "alphabet"), outputs


def _row(path: Path, state: str, row: Any, accepting: tuple[str, ...] | None) -> dict[str, tuple[str, str]]:
    if not isinstance(row, dict):
        raise MachineError(f"{path}: transitions.{state}: expected symbols with what they lead to, got {_shown(row)}")
    found = {}
    for symbol, entry in row.items():
        if accepting is not None and isinstance(entry, str):
            found[symbol] = (entry, "1" if entry in accepting else "0")
        elif accepting is None and isinstance(entry, list) and len(entry) == 2 and all(isinstance(part, str) for part in entry):
            found[symbol] = (entry[0], entry[1])
        else:
            expected = "a state" if accepting is not None else "[state, output]"
            raise MachineError(f"{path}: transitions.{state}.{symbol}: expected {expected}, got {_shown(entry)}")
    return found


def _require_keys(path: Path, found: dict[str, Any]) -> None:
    strange = sorted(set(found) - KEYS)
    if strange:
        raise MachineError(
            f"{path}: expected the keys {', '.join(sorted(KEYS))}, got '{strange[0]}'{registry.nearest(strange[0], sorted(KEYS))}"
        )
    missing = [key for key in ("states", "start", "alphabet", "transitions") if key not in found]
    if missing:
        raise MachineError(f"{path}: expected the key {missing[0]}, got none")
    if ("outputs" in found) == ("accepting" in found):
        got = "both" if "outputs" in found else "neither"
        raise MachineError(f"{path}: expected either outputs (a Mealy machine) or accepting (an acceptor), got {got}")


def _names(path: Path, found: dict[str, Any], key: str) -> tuple[str, ...]:
    value = found[key]
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise MachineError(f"{path}: {key}: expected a list of names, got {_shown(value)}")
    return tuple(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:60]}…"
