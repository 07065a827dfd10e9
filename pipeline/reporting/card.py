"""The card of an experiment's nets, as Markdown: what they compute, how they were made, how far they are right, how to load them.

After Mitchell et al. 2019, "Model cards for model reporting". Every figure comes from the files of the stages.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.core.words import number, numeral, share, spell
from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.claims import Subject
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.tables.scores import baselines, recipe_items, recipe_sentence

# The most lengths that a table shows.
LENGTHS = 12


@dataclass(frozen=True)
class Layers:
    """A net as other frameworks have it: its one recurrent layer, and what it reads and writes.

    Attributes:
        kind: ``tanh``, ``lstm`` or ``gru``.
        numbers: Whether it is fed numbers ``[batch, time, 1]``, and not one-hot rows ``[batch, time, symbols]``.
    """

    kind: str
    units: int
    symbols: int
    outputs: int
    numbers: bool


@dataclass(frozen=True)
class About:
    """What a card says beside scores.

    Attributes:
        summary: What the task asks, in a line.
        examples: Inputs as a person writes them, each with its exact answer.
        subject: What the study says about the task.
        params: The task's section of ``params.yaml``.
        certificates: Verdicts, where the nets were to be proved right.
        assumed: By how much each function of float32 may be off, as proofs assume.
        layers: The net as other frameworks have it, or why they do not.
        guarantees: What is proved of nets that are no finite-state machines, a line for each seed; none where nobody has asked.
    """

    summary: str
    examples: tuple[tuple[str, str], ...]
    subject: Subject | None
    params: Mapping[str, Any]
    certificates: Certificates | None
    layers: Layers | str
    assumed: Mapping[str, float]
    guarantees: tuple[str, ...] = ()


def card(results: Results, about: About) -> str:
    """Write the card."""
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    # Markdown: nothing is escaped.
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(spell=spell, number=number, numeral=numeral, cell=_cell, power=_power)
    text = environment.get_template("card.md.j2").render(
        results=results, about=about, recipe=recipe_sentence(results), items=recipe_items(results), tables=_tables(results),
        baseline=baselines(results, about.subject.baselines if about.subject else {}),
    )  # fmt: skip
    return text.strip() + "\n"


@dataclass(frozen=True)
class Table:
    """One metric: its lengths, and for each input family what stands below them."""

    metric: str
    error: bool
    lengths: tuple[int, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def _tables(results: Results) -> list[Table]:
    """Return, for the strictest accuracy, how many seeds are perfect, and for each error the median seed's, by input family and length."""
    found = []
    strict = "sequence_accuracy" if "sequence_accuracy" in results.metrics.scores else ""
    for metric, families in results.metrics.scores.items():
        error = not metric.endswith("accuracy")
        if strict and not error and metric != strict:
            continue
        known = sorted({length for by_length in families.values() for length in by_length})
        lengths = _spread(known, results.training_lengths)
        rows = tuple(
            (spell(family), tuple(_figure(by.get(n), error, results.seeds) for n in lengths))
            for family in results.families
            if (by := families.get(family))
        )
        found.append(Table(spell(metric), error, lengths, rows))
    return found


def _figure(found: Any, error: bool, seeds: int) -> str:
    if found is None:
        return ""
    return number(found.median) if error else f"{share(found.share, seeds)}; {number(found.worst)}"


def _spread(lengths: list[int], trained: list[int]) -> tuple[int, ...]:
    """Choose some of many lengths, evenly; those that nets were trained at stay."""
    if len(lengths) <= LENGTHS:
        return tuple(lengths)
    step = (len(lengths) - 1) / (LENGTHS - 1)
    return tuple(sorted({*(lengths[round(i * step)] for i in range(LENGTHS)), *(n for n in trained[-1:] if n in lengths)}))


def _cell(text: object) -> str:
    """Write a text so that it fits into a cell of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def _power(value: float) -> str:
    """Write a power of two: ``2⁻¹⁸``."""
    return f"2{str(round(math.log2(value))).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
