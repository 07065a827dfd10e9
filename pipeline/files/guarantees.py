"""What ``guarantee`` found about each seed of an experiment: ``guarantees.json``, and beside it ``guarantees/seed-<seed>.json``.

The same nets give the same bytes.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pipeline.files.stage_files import Record, read_json
from pipeline.files.verdicts import Counterexample

NAME = "guarantees.json"


class Guarantee(Record):
    """One seed.

    Attributes:
        verdict: ``proved``; ``wrong``, with a counterexample; or ``refused``, which leaves it open.
        said: What the checker accepts, a fact a line; empty where nothing is proved.
        counterexample: An input that a proof searched for and the net answers wrongly.
        fails: So many ones are counted wrongly, by a net of which it is proved up to where it counts right.
    """

    verdict: Literal["proved", "wrong", "refused"]
    said: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    fails: int | None = None

    @property
    def sentence(self) -> str:
        """All of it in a line."""
        if self.counterexample:
            hit = self.counterexample
            return f"refuted: asked {hit.input} it answers {hit.got}, and not {hit.expected}"
        if not self.said:
            return "undecided: neither a proof nor a wrong answer was found"
        first, *rest = self.said
        # Further lines begin with what they are about.
        return "; ".join([first, *(": ".join(part.split(maxsplit=1)) for part in rest)])


class Guarantees(Record):
    """Those of all seeds of an experiment, by seed."""

    guarantees: dict[int, Guarantee]

    def of(self, verdict: str) -> list[int]:
        """The seeds of a verdict."""
        return sorted(seed for seed, own in self.guarantees.items() if own.verdict == verdict)

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each seed."""
        return tuple(f"seed {seed}: {own.sentence}" for seed, own in sorted(self.guarantees.items()))


def proof_of(folder: Path, seed: int) -> Path:
    """Name the file of a seed's guarantee in an experiment's folder of certificates."""
    return folder / "guarantees" / f"seed-{seed}.json"


def write(folder: Path, found: Mapping[int, Guarantee]) -> None:
    """Write ``<folder>/guarantees.json``; the same guarantees give the same bytes."""
    text = json.dumps(Guarantees(guarantees=dict(found)).model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read(folder: Path, experiment: str) -> Guarantees | None:
    """Read ``<folder>/guarantees.json``; ``None`` if it is not there.

    Args:
        folder: The experiment's folder of certificates.
        experiment: Its name, for the error.

    Raises:
        UnreadableFile: The file is not what ``guarantee`` writes.
    """
    path = folder / NAME
    return read_json(path, Guarantees, f"guarantee@{experiment}") if path.is_file() else None
