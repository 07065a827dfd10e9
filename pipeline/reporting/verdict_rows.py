"""``claims.csv``: the verdict on every claim, a row each, and the kind of processor that it was found on. It is committed."""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from pipeline.reporting.blocks import JudgedClaim


@dataclass(frozen=True)
class Row:
    """One claim: its task, its words, the experiments that it hangs on (with ``+`` between), its verdict in short and in words."""

    task: str
    claim: str
    experiments: str
    status: str
    verdict: str
    processor: str


def claims_csv(claims: Iterable[JudgedClaim], processor: str) -> str:
    """Write the verdicts that were found on a kind of ``processor``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    for judged in claims:
        row = Row(judged.task, judged.claim.says, "+".join(judged.about), judged.verdict.status, judged.verdict.words, processor)
        writer.writerow(astuple(row))
    return text.getvalue()


def read_claims(text: str) -> list[Row]:
    """Read what ``claims_csv`` wrote."""
    return [Row(**row) for row in csv.DictReader(io.StringIO(text))]
