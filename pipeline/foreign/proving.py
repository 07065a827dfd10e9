"""Prove that a net from a file computes a machine on every input of every length, or find an input that it answers wrongly."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pipeline.certification.certificate import Certificate
from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.prover.counterexamples import Counterexample
from pipeline.certification.prover.prove import Effort, Refusal
from pipeline.certification.prover.prove import prove as prove_net
from pipeline.certification.sets.rounding import SIGMOID_ERROR, SINGLE, TANH_ERROR
from pipeline.core.errors import WrongInput
from pipeline.foreign.machines import Machine
from pipeline.foreign.nets import ForeignNet

# Softmax and sigmoid round; scores that are this far apart in logits are apart after them as well.
LEAST_MARGIN = 2.0**-10

PROVED, REFUTED, UNDECIDED = "proved", "refuted", "undecided"


class Mismatch(WrongInput):
    """A net and a machine that do not have as many symbols or outputs."""


@dataclass(frozen=True)
class Wrong:
    """An input that a net answers wrongly after its last symbol.

    Attributes:
        inputs: The symbols by number.
        expected: The machine's outputs, one for each symbol.
        got: The net's.
        replayed: What has run it: the framework, or NumPy in float32.
    """

    inputs: tuple[int, ...]
    expected: tuple[int, ...]
    got: tuple[int, ...]
    replayed: str


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt to prove a net.

    Attributes:
        verdict: ``proved``, ``refuted`` or ``undecided``.
        net: The net.
        machine: The machine.
        seconds: How long it took.
        certificate: The proof, where there is one; the checker has accepted it.
        wrong: An input that the net answers wrongly, where there is one.
        reasons: Where each attempt got stuck, where it is undecided.
        random_tests: How many random inputs of which length all came out right before; for a refuted net.
    """

    verdict: str
    net: ForeignNet
    machine: Machine
    seconds: float
    certificate: Certificate | None = None
    wrong: Wrong | None = None
    reasons: tuple[str, ...] = ()
    random_tests: str = ""
    advice: tuple[str, ...] = field(default_factory=tuple)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What a proof rests on beside the checker, a sentence each."""
        lines = [
            f"float32 arithmetic rounded to nearest, sums in any order, no matrix product in less (relative error up to {SINGLE:.3g})",
            f"tanh within {TANH_ERROR:.3g} and the logistic function within {SIGMOID_ERROR:.3g} of the exact ones",
            f"the answer is the largest score{'' if self.net.threshold is None else f', or 1 above {self.net.threshold:g}'}",
            *self.net.told,
        ]
        if self.net.replay is None:
            lines.append(f"the file was read rightly: it was not run in {self.net.framework} ({self.net.unreplayed})")
        return tuple(lines)


def prove(net: ForeignNet, machine: Machine, effort: Effort | None = None, told: Callable[[str], None] = lambda line: None) -> Outcome:
    """Decide whether a net answers every input of every length as a machine does.

    The proof is by induction: for each way in which the past can end there is a set of states, and a step takes each set into the set that
    follows, rounding of float32 included, with the right score above all others. A checker that shares no code with the prover verifies it.
    A net that answers only at the end is asked after every prefix. The empty input is not asked.

    Example::

        from pathlib import Path
        from pipeline.foreign.machines import of_task
        from pipeline.foreign.nets import Reading, read
        from pipeline.foreign.proving import prove

        machine = of_task("parity")
        net = read(Path("my_net.keras"), Reading(symbols=machine.transducer.symbols))
        outcome = prove(net, machine)
        print(outcome.verdict, outcome.wrong or outcome.certificate.margin)

    Args:
        net: What ``nets.read`` has read from a ``.keras``, ``.safetensors`` or ``.onnx`` file.
        machine: What the net should compute: ``machines.of_task`` or ``machines.read``.
        effort: How long to try; the default suits nets of up to 64 units and ten symbols.
        told: Called with a line whenever something new begins.

    Returns:
        Proved, with a certificate; refuted, with an input that the net itself answers wrongly when its framework runs it (or NumPy in
        float32, where that framework is not installed: ``Wrong.replayed`` says which); or undecided, with where the proof got stuck.

    Raises:
        Mismatch: The net does not have the machine's symbols, or too few outputs.
    """
    begun = time.monotonic()
    _require_fitting(net, machine)
    effort = effort or effort_for(machine)
    told("searching for a wrong answer, and for a proof")
    found = prove_net(net.net, machine.transducer, machine.name, effort, told)
    if isinstance(found, Certificate):
        reasons = _objections(net, found, machine)
        verdict = UNDECIDED if reasons else PROVED
        return Outcome(verdict, net, machine, time.monotonic() - begun, None if reasons else found, None, reasons)
    if found.counterexample is None:
        return Outcome(UNDECIDED, net, machine, time.monotonic() - begun, None, None, found.reasons, advice=_advice(net))
    told("an input is answered wrongly; running it in the framework")
    return _refuted(net, machine, found, found.counterexample, begun)


def effort_for(machine: Machine) -> Effort:
    """Choose how long to try; a net from elsewhere is more often wrong than one that was trained to be proved."""
    return Effort.for_machine(machine.transducer, ks=(1, 2, 3), splits=25, search_first=True)


def _refuted(net: ForeignNet, machine: Machine, refusal: Refusal, hit: Counterexample, begun: float) -> Outcome:
    wrong = _replayed(net, hit)
    if wrong is None:
        reason = f"NumPy's float32 answers {machine.word(hit.inputs)} wrongly, and {net.framework} answers it rightly: rounding decides"
        return Outcome(UNDECIDED, net, machine, time.monotonic() - begun, None, None, (reason, *refusal.reasons))
    tests = _random_tests(net, machine)
    return Outcome(REFUTED, net, machine, time.monotonic() - begun, None, wrong, (), tests)


def _replayed(net: ForeignNet, hit: Counterexample) -> Wrong | None:
    """Run the input where it counts: prefix by prefix in the framework, up to the first wrong answer."""
    if net.replay is None:
        return Wrong(hit.inputs, hit.expected, hit.got, f"NumPy in float32 ({net.unreplayed})")
    got: list[int] = []
    for end in range(1, len(hit.inputs) + 1):
        if end < len(hit.inputs) and len(hit.inputs) > 200:  # long ones would take a run for each prefix
            got.append(hit.got[end - 1])
            continue
        got.append(int(net.answers(np.array([hit.inputs[:end]]))[0]))
        if got[-1] != hit.expected[end - 1]:
            return Wrong(hit.inputs[:end], hit.expected[:end], tuple(got), net.framework)
    return None


def _random_tests(net: ForeignNet, machine: Machine, count: int = 500, length: int = 100) -> str:
    """Say how many of random inputs a usual test would have found right at their end."""
    inputs = np.random.default_rng(0).integers(machine.transducer.symbols, size=(count, length))
    state, right = np.zeros((count, net.net.width), np.float32), np.ones(count, bool)
    expected = machine.transducer.run(inputs)
    for t in range(length):
        state, outputs = net.net.step(state, inputs[:, t])
        right &= outputs == expected[:, t]
    if right.all():
        return (
            f"all of {count} random inputs of {length} symbols are answered rightly: a net that every random test passes, and it is wrong"
        )
    return f"of {count} random inputs of {length} symbols it answers {int(right.sum())} rightly throughout"


def _objections(net: ForeignNet, found: Certificate, machine: Machine) -> tuple[str, ...]:
    """Say why a proof is not claimed: the checker rejects it, or scores may come out alike."""
    with TemporaryDirectory() as folder:
        certificate, weights = Path(folder) / "certificate.json", Path(folder) / "weights.npz"
        found.save(certificate)
        np.savez(weights, allow_pickle=False, **net.net.weights())
        try:
            check(certificate, weights, machine.transducer, net.net.description())
        except Rejected as error:
            return (f"a proof was found and the checker rejects it ({error}); one of the two is wrong",)
    if net.final != "none" and not found.margin > LEAST_MARGIN:
        return (f"the right logit leads by {found.margin:.3g} only, which a {net.final} in float32 may round away",)
    return ()


def _require_fitting(net: ForeignNet, machine: Machine) -> None:
    writes = 1 + max(output for _, output in machine.transducer.transitions.values())
    if net.net.symbols != machine.transducer.symbols:
        raise Mismatch(
            f"{net.path}: expected a net of {machine.transducer.symbols} symbols for {machine.name}, got one of {net.net.symbols}"
        )
    if net.net.outputs < writes:
        raise Mismatch(f"{net.path}: expected a net of at least {writes} outputs for {machine.name}, got one of {net.net.outputs}")


def _advice(net: ForeignNet) -> tuple[str, ...]:
    return (
        "try longer: --effort 4",
        "train on with noise on the states, longer runs of one symbol, or a penalty on the recurrent weights: "
        "a proof needs states after the same past to stay close together",
    )


def document(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON has it."""
    wrong, machine = outcome.wrong, outcome.machine
    found: dict[str, Any] = {
        "verdict": outcome.verdict,
        "net": {"file": outcome.net.path.name, "sha256": outcome.net.sha256, "framework": outcome.net.framework},
        "machine": {"name": machine.name, "states": len(machine.transducer.states), "symbols": machine.transducer.symbols},
        "seconds": round(outcome.seconds, 2),
    }
    if outcome.certificate is not None:
        proof = {"margin": outcome.certificate.margin, "sets": len(outcome.certificate.nodes), "k": outcome.certificate.k}
        return found | proof | {"assumptions": list(outcome.assumptions)}
    if wrong is not None:
        shown = {"input": list(wrong.inputs), "text": machine.word(wrong.inputs), "expected": wrong.expected[-1], "got": wrong.got[-1]}
        return found | {"counterexample": shown | {"replayed": wrong.replayed}, "random_tests": outcome.random_tests}
    return found | {"reasons": list(outcome.reasons), "advice": list(outcome.advice)}
