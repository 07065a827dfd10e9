"""Prove that a recurrent net computes a transducer on every input of every length, or say where the proof got stuck.

The proof is by k-induction. Every context (a way in which the past can end) has a set of states; the start's holds zeros; every ``k``
symbols take every set into the set of the context that follows, rounding included, and on the way the right logit is above all others.
So every state that any input can reach after a multiple of ``k`` symbols lies in its context's set, and every output is right. It is
the inductive invariant of program analysis (Floyd 1967; Cousot and Cousot 1977), with the transducer as the program's control.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pipeline.certification.certificate import Certificate, Node
from pipeline.certification.nets.base import Net, NotCertifiable
from pipeline.certification.prover import counterexamples
from pipeline.certification.prover.contexts import Context, alike_symbols, contexts_of, describe, reachable
from pipeline.certification.prover.counterexamples import Counterexample
from pipeline.certification.prover.induction import Widening, fixpoint
from pipeline.core.transducer import Transducer

# This share of a margin is claimed, so that a checker that rounds in its own way agrees.
CLAIMED = 0.999


@dataclass(frozen=True)
class Effort:
    """How long the prover tries.

    Attributes:
        ks: Symbols read per step of the induction; one attempt after the other.
        splits: How often the widest contexts are split by what came before, in each attempt.
        images: Images in one round above which an attempt is given up.
        work: Images in all attempts with one ``k`` above which that ``k`` is given up: the same on every machine, as seconds are not. The
            proofs of increment and parity take up to 20,000, most of them fewer than 3,000.
        widening: How the sets are widened.
        search_first: Look for a counterexample before a proof is tried, which is quicker where many nets are wrong.
    """

    ks: tuple[int, ...] = (1, 2)
    splits: int = 15
    images: int = 3_000
    work: int = 30_000
    widening: Widening = field(default_factory=Widening)
    search_first: bool = False

    @classmethod
    def for_machine(cls, transducer: Transducer, ks: tuple[int, ...], splits: int, search_first: bool = False) -> "Effort":
        """Choose how many images may be computed: more where one step of the induction alone needs many."""
        pairs = len(transducer.states) * transducer.symbols
        images = max(3_000, 4 * pairs, min(25_000, 12 * pairs * len(set(alike_symbols(transducer)))))
        return cls(ks, splits, images, 10 * images, search_first=search_first)


@dataclass(frozen=True)
class Refusal:
    """No proof: the net may be right all the same unless there is a counterexample.

    Attributes:
        reasons: Where the attempt with each ``k`` got stuck.
        counterexample: An input that the net, in NumPy's float32, answers wrongly.
    """

    reasons: tuple[str, ...]
    counterexample: Counterexample | None

    def __bool__(self) -> bool:
        return False


def prove(
    net: Net, transducer: Transducer, task: str = "", effort: Effort | None = None, told: Callable[[str], None] | None = None
) -> Certificate | Refusal:
    """Certify ``net`` or refuse.

    Args:
        net: The net; its weights are float32.
        transducer: What it should compute.
        task: The name that the certificate carries.
        effort: How long to try.
        told: Called with a line whenever something new begins.

    Returns:
        A certificate, which ``checker.check`` verifies, or a refusal (false in an ``if``).

    Raises:
        NotCertifiable: The transducer's symbols are not the net's.
    """
    effort = effort or Effort()
    writes = 1 + max(output for _, output in transducer.transitions.values())
    if transducer.symbols != net.symbols or writes > net.outputs:
        raise NotCertifiable(
            f"expected a net of {transducer.symbols} symbols and at least {writes} outputs, got {net.symbols} and {net.outputs}"
        )
    told = told or (lambda line: None)
    told("trying all short inputs")
    found = counterexamples.shortest(net, transducer)
    if found:
        return Refusal(("a short input is answered wrongly",), found)
    if effort.search_first:
        told("trying long inputs")
        found = counterexamples.search(net, transducer)
        if found:
            return Refusal(("a long input is answered wrongly",), found)
    reasons = []
    for k in effort.ks:
        outcome = _refine(net, transducer, task, k, effort, told)
        if isinstance(outcome, Certificate):
            return outcome
        reasons.append(f"stride {k}: {outcome}")
    return Refusal(tuple(reasons), None if effort.search_first else counterexamples.search(net, transducer))


def _refine(net: Net, transducer: Transducer, task: str, k: int, effort: Effort, told: Callable[[str], None]) -> Certificate | str:
    split: frozenset[Context] = frozenset()
    stuck, left = "no attempt was made", effort.work
    states, words = len(reachable(transducer)), transducer.symbols**k
    by_symbol = (1 + states * len(set(alike_symbols(transducer)))) * words <= effort.images
    if not by_symbol and (1 + states) * words > effort.images:
        return f"{stuck}; it would need {(1 + states) * words} images, and {effort.images} are allowed"
    for number in range(effort.splits + 1):
        told(f"k = {k}, attempt {number + 1} of {effort.splits + 1}{'' if number == 0 else f': {stuck}'}")
        contexts = contexts_of(transducer, split, k, by_symbol)
        if contexts.targets.size > effort.images:
            return f"{stuck}; more sets would need {contexts.targets.size} images, and {effort.images} are allowed"
        with np.errstate(over="ignore", invalid="ignore"):  # sets that run away; what is not finite proves nothing
            attempt = fixpoint(net, contexts, effort.widening, left)
        left -= attempt.images
        if not attempt.stuck:
            nodes = tuple(
                Node(describe(contexts.names[at]), contexts.states[at], cell, float(margin) * CLAIMED, tuple(targets))
                for at, cell, margin, targets in zip(
                    attempt.contexts, attempt.cells, attempt.margins, attempt.targets.tolist(), strict=True
                )
            )
            length = max(len(last) for _, last in contexts.names)
            return Certificate(task, net.description(), net.digest(), transducer, k, length, nodes)
        stuck = f"with {len(contexts.names)} sets, {attempt.stuck}"
        if not attempt.widest or left <= 0:
            return stuck
        limit = 0.6 * attempt.widest[0][0]
        split = contexts.split | {context for width, context in attempt.widest[:4] if width >= limit}
    return stuck
