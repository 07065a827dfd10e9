"""What ``certify`` found about each seed of an experiment: ``verdicts.json``, and beside it ``proofs/seed-<seed>.json``.

The same nets give the same bytes: how long the proofs took lies elsewhere (``timings``). In the file, ``k`` is
called ``stride`` and ``context_length`` is called ``memory``.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from pipeline.files.stage_files import Record, read_json

NAME = "verdicts.json"


class Counterexample(Record):
    """An input that a net, as it is served, answers wrongly at its last position.

    Attributes:
        input: The input, as a person writes it.
        expected: The right answer.
        got: The net's.
        lead: By how many logits the wrong output leads the right one there.
    """

    input: str
    expected: str
    got: str
    lead: float | None = None


class Verdict(Record):
    """One seed: proved, or not for ``reasons``, perhaps with a counterexample.

    Attributes:
        margin: By how many logits the right output leads, at least; ``None``, as all of the proof's figures, where there is no proof.
        sets: Sets that the proof is made of.
        k: Symbols that each step of its induction reads.
        context_length: The most symbols of the past that tell its sets apart.
        weights_file_sha256: Of the file of weights that the verdict is about.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    proved: bool
    margin: float | None
    sets: int | None
    k: int | None = Field(validation_alias="stride", serialization_alias="stride")
    context_length: int | None = Field(validation_alias="memory", serialization_alias="memory")
    reasons: tuple[str, ...]
    counterexample: Counterexample | None
    weights_file_sha256: str

    @property
    def verdict(self) -> str:
        """``proved``, ``wrong`` with a counterexample, or ``refused``, which leaves it open."""
        return "proved" if self.proved else "wrong" if self.counterexample else "refused"


class Verdicts(Record):
    """The verdicts on all seeds of an experiment, by seed."""

    verdicts: dict[int, Verdict]

    @property
    def proved(self) -> list[int]:
        """The seeds that are proved."""
        return sorted(seed for seed, verdict in self.verdicts.items() if verdict.proved)

    @property
    def proved_share(self) -> float:
        """Their share of all seeds, to six decimals."""
        return round(len(self.proved) / len(self.verdicts), 6)

    @property
    def least_margin(self) -> float | None:
        """The least margin of the proofs, in logits; ``None`` where there is none."""
        return min((verdict.margin for verdict in self.verdicts.values() if verdict.margin is not None), default=None)

    def document(self) -> dict[str, Any]:
        """Return what the file holds: figures that sum it up, which are not read again, and the verdicts by seed."""
        return {
            "proved": len(self.proved),
            "seeds": len(self.verdicts),
            "proved_share": self.proved_share,
            "least_margin": self.least_margin,
            "verdicts": {str(seed): verdict.model_dump(mode="json", by_alias=True) for seed, verdict in self.verdicts.items()},
        }


def proof_of(folder: Path, seed: int) -> Path:
    """Name the file of a seed's proof in an experiment's folder of certificates."""
    return folder / "proofs" / f"seed-{seed}.json"


def write(folder: Path, verdicts: Verdicts) -> None:
    """Write ``<folder>/verdicts.json``; the same verdicts give the same bytes."""
    text = json.dumps(verdicts.document(), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read(folder: Path, experiment: str) -> Verdicts | None:
    """Read ``<folder>/verdicts.json``; ``None`` if it is not there.

    Args:
        folder: The experiment's folder of certificates.
        experiment: Its name, for the error.

    Raises:
        UnreadableFile: The file is not what ``certify`` writes.
    """
    path = folder / NAME
    return read_json(path, Verdicts, f"certify@{experiment}") if path.is_file() else None
