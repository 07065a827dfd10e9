"""What the stage ``certify`` left behind for one experiment: for each seed a proof that it is right at every length, or a refusal."""

import math
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import timings
from pipeline.files import verdicts as verdict_files
from pipeline.files.timings import Timing
from pipeline.files.verdicts import Verdict, Verdicts

# A counterexample longer than this is written as its length and its two ends.
LONGEST = 30


@dataclass(frozen=True)
class Certificates:
    """The verdicts on all seeds, and how long they took, as far as that is known."""

    found: Verdicts
    timing: Timing | None = None

    @property
    def verdicts(self) -> dict[int, Verdict]:
        return self.found.verdicts

    @property
    def proved(self) -> list[int]:
        return self.found.proved

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
        return math.inf if self.found.least_margin is None else self.found.least_margin

    def seconds_of(self, seed: int) -> float | None:
        return self.timing.seeds.get(seed) if self.timing else None

    @property
    def seconds(self) -> float | None:
        """Seconds of all proofs and refusals together."""
        return sum(self.timing.seeds.values()) if self.timing else None

    @property
    def slowest(self) -> float | None:
        return max(self.timing.seeds.values(), default=None) if self.timing else None


def read_certificates(experiment: str, data: Path) -> Certificates | None:
    """Read an experiment's verdicts under ``<data>/certificates`` and their times under ``<data>/timings``; ``None`` without verdicts.

    Raises:
        UnreadableFile: A file is not what ``certify`` writes.
    """
    found = verdict_files.read(data / "certificates" / experiment, experiment)
    return Certificates(found, timings.read(data / "timings", "certify", experiment)) if found else None


def shortened(text: str) -> str:
    """Write a long input as its two ends.

    Example:
        >>> shortened("1" * 3), shortened("9" * 1000)
        ('111', '999999999999…999999999999 (1,000 symbols)')
    """
    return text if len(text) <= LONGEST else f"{text[:12]}…{text[-12:]} ({len(text):,} symbols)"
