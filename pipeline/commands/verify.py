"""The command that checks: proofs of experiments, a certificate as a file, and what proofs assume of this machine's arithmetic."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Subject = Annotated[
    list[str] | None, typer.Argument(metavar="[EXPERIMENT | CERTIFICATE WEIGHTS]", help="One experiment's proofs, or two files; else all.")
]
CheckerFile = Annotated[
    Path | None, typer.Option("--write-checker", help="Write the checker as one file that needs NumPy and nothing else, and end.")
]
Exhaustive = Annotated[
    bool, typer.Option("--exhaustive", help="Measure tanh and the logistic function of all backends here on all float32 numbers (minutes).")
]
Sample = Annotated[int | None, typer.Option("--sample", min=1, help="With --exhaustive: on so many numbers only.")]


def verify(subject: Subject = None, write_checker: CheckerFile = None, exhaustive: Exhaustive = False, sample: Sample = None) -> None:
    """Check proofs against weights, with a checker that shares no code with the prover.

    A certificate and its weights, as 'nines prove --out' writes them, are checked likewise: exit code 0 accepted, 1 rejected, 2 unreadable.

    Example: nines verify increment-rnn
    """
    if write_checker is not None:
        from pipeline.commands.one_file import write

        write(write_checker)
        print(write_checker)
        return
    if exhaustive or sample is not None:
        raise typer.Exit(_measured(sample))
    words = subject or []
    if len(words) > 1:
        from pipeline.certification.checker.checker import main

        raise typer.Exit(main(words))
    from pipeline.config import settings
    from pipeline.stages.certify import verify

    known = settings.read()
    for name in words or known.certificates:
        known.certificate(name)
        for proof in verify(known.experiment(name)):
            print(f"{proof.experiment}, seed {proof.seed}: right on every input of every length, by {proof.margin:.3f} logits or more")


def _measured(sample: int | None) -> int:
    """Print how far tanh and the logistic function stray; return the exit code: 0 where proofs' assumptions hold."""
    from pipeline.commands.activations import ALLOWED, measure
    from pipeline.commands.streams import print_table

    found = measure(sample)
    columns = ("backend", "function", "numbers", "largest error", "at", "allowed", "share", "largest error in ulp")
    print_table(
        columns,
        (
            (
                one.backend, one.function, str(one.numbers), f"{one.error:.4g}", f"{one.at:.9g}", f"{ALLOWED[one.function]:.4g}",
                f"{one.error / ALLOWED[one.function]:.1%}", f"{one.ulps:.3g}",
            )
            for one in found
        ),
    )  # fmt: skip
    broken = [f"{one.function} of {one.backend}" for one in found if not one.holds]
    if broken:
        print(f"proofs do not hold here: {', '.join(broken)} strays further than they allow for", file=sys.stderr)
    return 1 if broken else 0
