"""What the stage ``certify`` left behind for one experiment: for each seed a proof that it is right at every length, or a refusal."""

import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipeline.core.errors import Mendable
from pipeline.files.json_files import UnreadableFile, read_json

# A counterexample longer than this is told by its length and its two ends.
LONGEST = 30


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Counterexample(_Record):
    """An input that a net answers wrongly, as a person writes it, with the right answer and the net's."""

    input: str
    expected: str
    got: str


class Ruling(_Record):
    """One seed: proved, with the least ``margin`` in logits, or refused for ``reasons``; ``seconds`` is how long it took to say so."""

    proved: bool
    margin: float | None
    sets: int | None
    stride: int | None
    memory: int | None
    seconds: float
    reasons: tuple[str, ...]
    counterexample: Counterexample | None

    @property
    def verdict(self) -> str:
        return "proved" if self.proved else "wrong" if self.counterexample else "refused"


class Certificates(_Record):
    """``verdicts.json``: the rulings on all seeds."""

    verdicts: dict[int, Ruling]

    @property
    def proved(self) -> list[int]:
        return sorted(seed for seed, ruling in self.verdicts.items() if ruling.proved)

    @property
    def seeds(self) -> int:
        return len(self.verdicts)

    @property
    def wrong(self) -> int:
        return sum(ruling.counterexample is not None for ruling in self.verdicts.values())

    @property
    def open(self) -> int:
        return self.seeds - len(self.proved) - self.wrong

    @property
    def least_margin(self) -> float:
        """The least margin of the proofs, infinite where there is none."""
        return min((ruling.margin for ruling in self.verdicts.values() if ruling.margin is not None), default=math.inf)

    @property
    def seconds(self) -> float:
        return sum(ruling.seconds for ruling in self.verdicts.values())

    @property
    def slowest(self) -> float:
        return max((ruling.seconds for ruling in self.verdicts.values()), default=0.0)


class CertificateError(Mendable):
    """Verdicts that cannot be read; the message names the file and the command that makes it."""


def read_certificates(experiment: str, folder: Path) -> Certificates | None:
    """Read an experiment's verdicts; ``None`` if there are none.

    Raises:
        CertificateError: The file is not what ``certify`` writes.
    """
    path = folder / "verdicts.json"
    if not path.is_file():
        return None
    try:
        return read_json(path, Certificates, f"certify@{experiment}")
    except UnreadableFile as error:
        raise CertificateError(str(error)) from error


def shortened(text: str) -> str:
    """Write a long input as its two ends.

    Example:
        >>> shortened("1" * 3), shortened("9" * 1000)
        ('111', '999999999999…999999999999 (1,000 symbols)')
    """
    return text if len(text) <= LONGEST else f"{text[:12]}…{text[-12:]} ({len(text):,} symbols)"
