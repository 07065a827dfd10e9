"""Finite-state transducers: the algorithm behind a finite-state task, as a table.

A transducer reads one symbol at a time and writes one symbol for each (a Mealy machine; Mealy 1955, "A Method for Synthesizing
Sequential Circuits"). Increment has two states (carry, no carry), parity two (even, odd).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Transducer:
    """A finite-state transducer over symbols ``0 … symbols - 1``.

    Attributes:
        states: The states' names; the first one is the start.
        symbols: Number of input symbols.
        transitions: ``(state, symbol) -> (next state, output symbol)``, one entry for every pair.

    Raises:
        ValueError: A pair is missing, or a transition leads to an unknown state.
    """

    states: tuple[str, ...]
    symbols: int
    transitions: Mapping[tuple[str, int], tuple[str, int]]

    def __post_init__(self) -> None:
        expected = {(state, symbol) for state in self.states for symbol in range(self.symbols)}
        if set(self.transitions) != expected:
            raise ValueError(f"expected one transition for each of {len(expected)} (state, symbol) pairs, got {len(self.transitions)}")
        unknown = {state for state, _ in self.transitions.values()} - set(self.states)
        if unknown:
            raise ValueError(f"expected transitions between {self.states}, got the unknown {sorted(unknown)}")

    @property
    def start(self) -> str:
        return self.states[0]

    def step(self, state: str, symbol: int) -> tuple[str, int]:
        """Read one symbol in ``state``; return the next state and the output symbol."""
        return self.transitions[state, symbol]

    def run(self, inputs: NDArray[np.integer]) -> NDArray[np.int64]:
        """Transduce ``[n, time]`` input symbols from the start state into ``[n, time]`` output symbols."""
        index = {state: i for i, state in enumerate(self.states)}
        after = np.empty((len(self.states), self.symbols), dtype=np.int64)
        write = np.empty_like(after)
        for (state, symbol), (target, output) in self.transitions.items():
            after[index[state], symbol] = index[target]
            write[index[state], symbol] = output
        outputs = np.empty(inputs.shape, dtype=np.int64)
        state_of = np.zeros(len(inputs), dtype=np.int64)
        for t in range(inputs.shape[1]):
            outputs[:, t] = write[state_of, inputs[:, t]]
            state_of = after[state_of, inputs[:, t]]
        return outputs
