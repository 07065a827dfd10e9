"""What a change did to a study, as short Markdown for a pull request: params, how far nets stay right, proofs, claims."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pipeline.core.words import number
from pipeline.reporting.tables.summary import Figures
from pipeline.reporting.verdict_rows import Row

BARS = "▁▂▃▄▅▆▇█"
SHARE = re.compile(r"^scores\.(?P<metric>\w+_accuracy)\.\w+\.(?P<length>\d+)\.share$")
# Rows of a table that are printed.
MOST = 60


@dataclass(frozen=True)
class Side:
    """One of the two: its name, and what its committed files say.

    Attributes:
        params: ``params.yaml``.
        headlines: ``metrics.json``, which ``dvc exp show`` reads, by experiment.
        figures: ``summary.csv`` and ``accuracy.csv``, by experiment.
        claims: ``claims.csv``; empty where there is none.
    """

    name: str
    params: Mapping[str, Any]
    headlines: Mapping[str, Any]
    figures: Mapping[str, Figures]
    claims: Sequence[Row]


def comparison(before: Side, after: Side) -> str:
    """Write what differs between two sides."""
    sections = [
        _section("Params", ("key", before.name, after.name), _params(before, after)),
        _section("Headlines, as `dvc exp show` has them", ("experiment", "figure", before.name, after.name), _headlines(before, after)),
        _section(
            "Share of seeds without an error, the mean over input families, short inputs to long ones",
            ("experiment", "lengths", before.name, after.name), _pictures(before, after),
        ),
        _section("Proved right at every length", ("experiment", before.name, after.name), _proofs(before, after)),
        _section("Claims", ("task", "claim", before.name, after.name), _claims(before, after)),
    ]  # fmt: skip
    told = [section for section in sections if section]
    return "\n\n".join([f"# {before.name} → {after.name}", *(told or ["No param, figure or claim differs."])]) + "\n"


def spark(values: Sequence[float]) -> str:
    """Draw values from 0 to 1 as a row of bars.

    Example:
        >>> spark([0, 0.5, 1])
        '▁▅█'
    """
    return "".join(BARS[min(len(BARS) - 1, int(value * len(BARS)))] for value in values)


def _section(title: str, head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    found = list(rows)
    if not found:
        return ""
    lines = [f"| {' | '.join(_cell(text) for text in row)} |" for row in found[:MOST]]
    if len(found) > MOST:
        lines.append(f"\n{len(found) - MOST} more rows.")
    return "\n".join([f"## {title}", "", f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |", *lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _params(before: Side, after: Side) -> Iterator[tuple[str, ...]]:
    one, other = _flat(before.params), _flat(after.params)
    for key in dict.fromkeys([*one, *other]):
        if one.get(key) != other.get(key):
            yield f"`{key}`", _value(one.get(key)), _value(other.get(key))


def _headlines(before: Side, after: Side) -> Iterator[tuple[str, ...]]:
    for experiment in dict.fromkeys([*before.headlines, *after.headlines]):
        one, other = (_flat(side.headlines.get(experiment, {})) for side in (before, after))
        for key in dict.fromkeys([*one, *other]):
            if one.get(key) != other.get(key):
                yield experiment, key, _value(one.get(key)), _value(other.get(key))


def _pictures(before: Side, after: Side) -> Iterator[tuple[str, ...]]:
    for experiment in dict.fromkeys([*before.figures, *after.figures]):
        one, other = (_by_length(side.figures.get(experiment, {})) for side in (before, after))
        if one == other:
            continue
        lengths = sorted({*one, *other})
        # A length that one side lacks leaves a gap.
        yield (
            experiment,
            f"{lengths[0]:,}–{lengths[-1]:,}",
            *("".join(spark([side[n]]) if n in side else " " for n in lengths) if side else "" for side in (one, other)),
        )


def _by_length(figures: Figures) -> dict[int, float]:
    found: dict[str, dict[int, list[float]]] = {}
    for name, value in figures.items():
        if (hit := SHARE.match(name)) and value is not None:
            found.setdefault(hit["metric"], {}).setdefault(int(hit["length"]), []).append(value)
    strictest = found.get("sequence_accuracy") or next(iter(found.values()), {})
    return {length: fmean(values) for length, values in strictest.items()}


def _proofs(before: Side, after: Side) -> Iterator[tuple[str, ...]]:
    for experiment in dict.fromkeys([*before.figures, *after.figures]):
        one, other = (side.figures.get(experiment, {}).get("proved_share") for side in (before, after))
        if one != other:
            yield experiment, *("not tried" if share is None else f"{share:.0%} of the seeds" for share in (one, other))


def _claims(before: Side, after: Side) -> Iterator[tuple[str, ...]]:
    one, other = ({(row.task, row.claim): row for row in side.claims} for side in (before, after))
    if not (one and other):
        return
    for key in dict.fromkeys([*one, *other]):
        verdicts = [f"{row.status}: {row.verdict}" if (row := side.get(key)) else "" for side in (one, other)]
        if verdicts[0] != verdicts[1]:
            yield *key, *verdicts


def _flat(section: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in section.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def _value(value: Any) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, float) else str(value)
