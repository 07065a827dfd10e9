"""Proofs of nets that are made by hand, so that size alone differs: trained ones fail for reasons of their own.

The machine adds its symbols modulo the number of states and says the sum. The net is the construction for a finite automaton (Minsky
1967, "Computation: Finite and Infinite Machines", section 3.5) with tanh units: one for each pair of a state and a symbol, which is near
1 when that symbol has just been read in that state, and else near -1. Units beyond those pairs are copies, which share what one sends.
"""

import numpy as np

from benchmarks.growth.clock import timed
from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.tanh_net import TanhNet
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.core.transducer import Transducer

GAIN = 4.0
UNITS = 64


def units(count: int) -> dict[str, float]:
    """Time the proof of a net of so many units, with two states and two symbols."""
    return _measured(2, 2, count)


def symbols(count: int) -> dict[str, float]:
    """Time the proof of a net of 64 units, with two states and so many symbols."""
    return _measured(2, count, UNITS)


def states(count: int) -> dict[str, float]:
    """Time the proof of a net of 64 units, with so many states and two symbols."""
    return _measured(count, 2, UNITS)


def machine_of(states: int, symbols: int) -> Transducer:
    """Make the machine that adds up modulo ``states``."""
    names = tuple(str(state) for state in range(states))
    moves = {(str(q), a): (str((q + a) % states), (q + a) % states) for q in range(states) for a in range(symbols)}
    return Transducer(names, symbols, moves)


def net_of(states: int, symbols: int, units: int) -> TanhNet:
    """Make the net of ``machine_of`` with ``units``, a multiple of ``states * symbols``.

    Before a unit's tanh, times the gain, stand two indicators and a bias: whether the symbol is its own, worth 2 or 0, and whether the
    state is, which is 2 or 0 from the units that lead to it, and -3. At the start all units are 0: a state's indicator is shifted so that
    this too means 0, and for the state that the machine starts in 2.

    Raises:
        ValueError: There is no such net.
    """
    pairs = states * symbols
    if pairs < 4 or units % pairs:
        raise ValueError(f"expected two states and two symbols or more, and a multiple of {pairs} units, got {states}, {symbols}, {units}")
    at = np.arange(pairs)
    before, symbol = at // symbols, at % symbols
    after = (before + symbol) % states
    leading = np.bincount(after, minlength=states)[before]  # units that lead to a unit's state
    whole = np.where(before == 0, 0.0, 2.0)  # what the units' weighted sum is in its state; 2 less in others
    others = (whole + leading - 2) / (pairs - 2)
    recurrent = np.where(after[:, None] == before, 1.0 - others, -others)
    kernel = 2.0 * (np.arange(symbols)[:, None] == symbol)
    bias = np.where(before == 0, -1.0, -3.0)
    readout = np.eye(states)[after]
    copies = units // pairs
    weights = (
        np.tile(GAIN * kernel, (1, copies)),
        np.tile(GAIN * recurrent, (copies, copies)) / copies,
        np.tile(GAIN * bias, copies),
        np.tile(readout, (copies, 1)) / copies,
        np.zeros(states),
    )
    return TanhNet(*(weight.astype(np.float32) for weight in weights))


def effort_of(machine: Transducer) -> Effort:
    """Try as long as the studies do."""
    return Effort.for_machine(machine, ks=(1, 2), splits=15)


def _measured(states: int, symbols: int, units: int) -> dict[str, float]:
    machine, net = machine_of(states, symbols), net_of(states, symbols, units)
    outcome: list[Certificate | Refusal] = []
    time = timed(lambda: outcome.append(prove(net, machine, effort=effort_of(machine))))
    if not isinstance(proof := outcome[0], Certificate):
        raise ValueError(f"expected a proof of the net of {units} units, {states} states and {symbols} symbols, got {proof.reasons}")
    return time | {"sets": len(proof.nodes), "k": proof.k}
