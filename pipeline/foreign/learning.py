"""The machine that a net computes, learnt from the net alone: L* (Angluin 1987), as AALpy has it, and the prover as its teacher.

L* asks the net about words, guesses the smallest machine that agrees, and asks whether the guess is right. Here the search for
counterexamples answers that, and where it finds none, the prover: a guess that is proved is the machine, at every length; one that is not
stays a hypothesis.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from aalpy import SUL, Oracle, run_Lstar

from pipeline.certification.prover import counterexamples
from pipeline.core.transducer import Transducer
from pipeline.foreign import proving
from pipeline.foreign.machines import Machine
from pipeline.foreign.nets import ForeignNet
from pipeline.foreign.proving import Outcome


@dataclass(frozen=True)
class Discovery:
    """What was learnt of a net.

    Attributes:
        machine: The smallest machine that agrees with the net on all that was asked.
        outcome: What came of proving the net by it; ``None`` where the search was cut short.
        unfinished: Why it was cut short; empty where it was not.
        words: How many words the net was asked.
        seconds: How long it took.
    """

    machine: Machine
    outcome: Outcome | None
    unfinished: str
    words: int
    seconds: float


def discover(net: ForeignNet, most: int = 60, told: Callable[[str], None] = lambda line: None) -> Discovery:
    """Learn the machine that a net computes.

    Args:
        net: What ``nets.read`` has read.
        most: States above which the search ends: a net that counts has no end of them.
        told: Called with a line whenever something new begins.

    Returns:
        The machine, and whether the net is proved to compute it at every length.
    """
    begun = time.monotonic()
    alphabet = tuple(map(str, range(net.net.symbols)))
    outputs = tuple(map(str, range(net.net.outputs)))
    asked = _Net(net, len(alphabet))
    teacher = _Teacher(net, asked, alphabet, outputs, most, told)
    found = run_Lstar([*alphabet], asked, teacher, "mealy", print_level=0, max_learning_rounds=200)
    machine = _machine(net.path.stem, found, alphabet, outputs)
    return Discovery(machine, teacher.outcome, teacher.unfinished, asked.num_queries, time.monotonic() - begun)


class _Net(SUL):
    """The net as AALpy asks it: a symbol at a time, from a state of zeros, in NumPy's float32."""

    def __init__(self, net: ForeignNet, symbols: int) -> None:
        super().__init__()
        self.net = net.net
        self.state = np.zeros((1, self.net.width), np.float32)

    def pre(self) -> None:
        self.state = np.zeros((1, self.net.width), np.float32)

    def post(self) -> None:
        """Nothing has to be put away."""

    def step(self, letter: Any) -> str:
        self.state, outputs = self.net.step(self.state, np.array([int(letter)]))
        return str(int(outputs[0]))


class _Teacher(Oracle):
    """Says where a hypothesis and the net differ, or proves that they do not."""

    def __init__(
        self, net: ForeignNet, asked: _Net, alphabet: tuple[str, ...], outputs: tuple[str, ...], most: int, told: Callable[[str], None]
    ) -> None:  # fmt: skip
        super().__init__([*alphabet], asked)
        self.net, self.names, self.outputs, self.most, self.told = net, alphabet, outputs, most, told
        self.outcome: Outcome | None = None
        self.unfinished = ""

    def find_cex(self, hypothesis: Any) -> tuple[str, ...] | None:
        """Return a word on which they differ; ``None`` ends the search."""
        machine = _machine(self.net.path.stem, hypothesis, self.names, self.outputs)
        states = len(machine.transducer.states)
        self.told(f"a hypothesis of {states} states")
        if states > self.most:
            self.unfinished = f"more than {self.most} states, and no end: see --states"
            return None
        for search in (counterexamples.shortest, counterexamples.search):
            hit = search(self.net.net, machine.transducer)
            if hit is not None:
                return tuple(self.names[symbol] for symbol in hit.inputs)
        self.outcome = proving.prove(self.net, machine, told=self.told)
        return None


def _machine(name: str, found: Any, alphabet: tuple[str, ...], outputs: tuple[str, ...]) -> Machine:
    ordered = [found.initial_state, *(state for state in found.states if state is not found.initial_state)]
    names = {id(state): f"q{number}" for number, state in enumerate(ordered)}
    transitions = {
        (names[id(state)], symbol): (names[id(state.transitions[letter])], outputs.index(state.output_fun[letter]))
        for state in ordered
        for symbol, letter in enumerate(alphabet)
    }
    return Machine(name, Transducer(tuple(names.values()), len(alphabet), transitions), alphabet, outputs)
