"""The command that checks: proofs of experiments, a certificate as a file, and what proofs assume of this machine's arithmetic."""

from pathlib import Path
from typing import Annotated

import typer

Subject = Annotated[
    list[str] | None, typer.Argument(metavar="[EXPERIMENT | CERTIFICATE WEIGHTS]", help="One experiment's proofs, or two files; else all.")
]
CheckerFile = Annotated[
    Path | None, typer.Option("--write-checker", help="Write the checker as one file that needs NumPy and nothing else, and end.")
]


def verify(subject: Subject = None, write_checker: CheckerFile = None) -> None:
    """Check proofs against weights, with a checker that shares no code with the prover.

    A certificate and its weights, as 'nines prove --out' writes them, are checked likewise: exit code 0 accepted, 1 rejected, 2 unreadable.

    Example: nines verify increment-rnn
    """
    if write_checker is not None:
        from pipeline.commands.one_file import write

        write(write_checker)
        print(write_checker)
        return
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
