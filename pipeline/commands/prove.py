"""``nines prove``: what came of it, as a person and as a script reads it."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.commands import finetuned
from pipeline.commands.lines import telling
from pipeline.commands.streams import shortened
from pipeline.commands.terminal import console
from pipeline.core.errors import WrongInput
from pipeline.core.folders import replace_file
from pipeline.foreign import machines, nets, proving
from pipeline.foreign.export import ENDINGS
from pipeline.foreign.machines import Machine
from pipeline.foreign.nets import ForeignNet, Reading
from pipeline.foreign.proving import PROVED, REFUTED, UNDECIDED, Outcome

EXIT_CODES = {PROVED: 0, REFUTED: 1, UNDECIDED: 3}
LONGEST = 200


def machine_named(task: str | None, file: Path | None, alphabet: str | None, outputs: str | None) -> Machine:
    """Return the machine of a task or of a file; exactly one of them is given. Raises ``WrongInput``."""
    if (task is None) == (file is None):
        raise WrongInput(f"expected either --task or --machine, got {'neither' if task is None else 'both'}")
    if task is not None:
        return machines.of_task(task)
    return machines.read(Path(str(file)), *(tuple(names.split(",")) if names else () for names in (alphabet, outputs)))


def reading(symbols: int | None, values: str | None, threshold: float, readout: str | None, nonlinearity: str) -> Reading:
    """Take what a file of a net does not say. Raises ``WrongInput``."""
    if nonlinearity not in ("tanh", "relu"):
        raise WrongInput(f"--nonlinearity: expected tanh or relu, got '{nonlinearity}'")
    try:
        numbers = tuple(map(float, values.split(","))) if values else None
    except ValueError:
        raise WrongInput(f"--values: expected numbers with commas between them, such as -1,1, got '{values}'") from None
    return Reading(symbols, numbers, threshold, readout, nonlinearity == "relu")


def prove(net: Path, machine: Machine, given: Reading, out: Path | None, effort: float, as_json: bool, copy: Path | None = None) -> int:
    """Prove, print what came of it, write the proof if there is one, and return the exit code.

    With ``copy``, a net that is not proved is trained on (``foreign.finetuning``); the exit code and the proof then are those of the copy.

    Raises:
        WrongInput: An option is not valid, or a file cannot be read.
    """
    if not effort > 0:
        raise WrongInput(f"--effort: expected a number above 0, got {effort:g}")
    if out is not None and not out.parent.is_dir():
        raise WrongInput(f"--out: expected a file in a folder that is there, got {out}")
    _require_other(copy, net)
    better = None
    with watching() as told:
        told(f"reading {net.name}")
        found = nets.read(net, given)
        usual = proving.effort_for(machine)
        tried = replace(usual, splits=int(usual.splits * effort), work=int(usual.work * effort), images=int(usual.images * effort))
        outcome = proving.prove(found, machine, tried, told)
        if copy is not None and outcome.verdict != PROVED:
            from pipeline.foreign.finetuning import finetune

            better = finetune(found.net, machine, copy, tried, told)
    last = better.outcome if better else outcome
    written = (*((last.net.path,) if better else ()), *(save(last, out) if out is not None and last.certificate is not None else ()))
    if as_json:
        more = {"finetuned": better and finetuned.document(better)} if copy is not None else {}
        print(json.dumps(proving.document(outcome) | more | {"files": [str(path) for path in written]}))
    else:
        print("\n".join(lines(outcome)))
        if copy is not None and outcome.verdict != PROVED:
            print("\n".join(["", *(finetuned.lines(better) + lines(better.outcome)[1:] if better else [finetuned.NONE])]))
        print("".join(f"  written      {path}\n" for path in written), end="")
    return EXIT_CODES[last.verdict]


def _require_other(copy: Path | None, net: Path) -> None:
    """Refuse a file for a fine-tuned copy that cannot be written, or that is the net itself."""
    if copy is None:
        return
    if copy.suffix not in ENDINGS:
        raise WrongInput(f"--finetune: expected a file that ends with {', '.join(ENDINGS)}, got {copy}")
    if not copy.parent.is_dir():
        raise WrongInput(f"--finetune: expected a file in a folder that is there, got {copy}")
    if copy.resolve() == net.resolve():
        raise WrongInput(f"--finetune: expected another file than that of the net, got {copy}")


def save(outcome: Outcome, path: Path) -> tuple[Path, Path]:
    """Write the certificate, and the weights that it is about beside it, for a checker that knows NumPy only."""
    if outcome.certificate is None:
        raise ValueError("expected a proof, got none")
    weights = path.with_suffix(".npz")
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, **outcome.net.net.weights())
    replace_file(weights, arrays.getvalue())
    replace_file(path, outcome.certificate.text().encode())
    return path, weights


def lines(outcome: Outcome) -> list[str]:
    """Say what came of it."""
    net, machine = outcome.net, outcome.machine
    first = f"{outcome.verdict}: {net.path.name}, {described(net)}, and {machine.name} ({len(machine.transducer.states)} states)"
    took = f"  took         {outcome.seconds:.1f} s"
    if outcome.certificate is not None:
        proof = outcome.certificate
        assumed = [f"  {'assumed' if not at else '':12} {line}" for at, line in enumerate(outcome.assumptions)]
        return [
            first, "  means        it answers every input of every length as the machine does, if what is assumed holds",
            f"  margin       the right score leads every other one by at least {proof.margin:.4g}",
            f"  proof        {len(proof.nodes)} sets of states, {proof.k} symbols a step; the checker accepts it", took, *assumed,
        ]  # fmt: skip
    if outcome.wrong is not None:
        return [first, *_wrong(outcome), took]
    stuck = [f"  {'stuck' if not at else '':12} {reason}" for at, reason in enumerate(outcome.reasons)]
    advice = [f"  {'try' if not at else '':12} {line}" for at, line in enumerate(outcome.advice)]
    return [first, "  means        no proof and no wrong answer was found: it may be right or wrong", *stuck, took, *advice]


def _wrong(outcome: Outcome) -> list[str]:
    wrong, machine = outcome.wrong, outcome.machine
    if wrong is None:
        return []
    return [
        f"  input        {shortened(machine.word(wrong.inputs), LONGEST)}  ({len(wrong.inputs)} symbols, the shortest found)",
        f"  expected     {machine.answers(wrong.expected[-1:])} after the last symbol",
        f"  got          {machine.answers(wrong.got[-1:])}, run in {wrong.replayed}",
        f"  random tests {outcome.random_tests}",
    ]


def described(net: ForeignNet) -> str:
    """Say what a net is, such as ``Keras, gru of 16 units``."""
    layers = " and ".join(f"{layer.kind} of {layer.units}" for layer in net.net.layers)
    return f"{net.framework}, {layers} units"


@contextmanager
def watching() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done; elsewhere say it now and then."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        said = [""]
        with telling(lambda: said[-1], {}):
            yield said.append
        return
    with screen.status("") as status:
        yield lambda line: status.update(shortened(line, max(20, screen.width - 4)))
        sys.stderr.flush()
