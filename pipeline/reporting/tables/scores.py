"""The tables of one experiment, as rows of finished text: the recipe, scores by input family and length, the long CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.words import number, numeral, ranges, share, spell
from pipeline.files.scores import Aggregate
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.judging.times import Planned, criterion

# An experiment with more test sets than this has an overview, and its full table folded.
FEW_TEST_SETS = 14


CHANCE = "chance: the best answer that does not look at the input, on that test set (a set of one input shows nothing)"


@dataclass(frozen=True)
class Overview:
    """How many of ``seeds`` are perfect, and their share: a row for each input family, a column for each length; ``None``: no test set."""

    metric: str
    seeds: int
    lengths: tuple[int, ...]
    rows: tuple[tuple[str, tuple[tuple[int, float] | None, ...]], ...]


@dataclass(frozen=True)
class ScoreTable:
    """Share, worst, median and baseline by input family and length, side by side for each metric."""

    metrics: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[tuple[str, str, str, str] | None, ...]], ...]


def overview(results: Results) -> Overview | None:
    """Return the share of seeds that are perfect, for the strictest accuracy; ``None`` if the full table is short enough."""
    accuracies = [name for name in results.metrics.scores if name.endswith("accuracy")]
    if not accuracies or len(_test_sets(results)) <= FEW_TEST_SETS:
        return None
    metric = next((name for name in accuracies if name.startswith("sequence")), accuracies[0])
    families = results.metrics.scores[metric]
    lengths = tuple(sorted({length for by_length in families.values() for length in by_length}))
    rows = tuple(
        (spell(family), tuple((round(by[n].share * results.seeds), by[n].share) if n in by else None for n in lengths))
        for family in results.families
        if (by := families.get(family))
    )
    return Overview(spell(metric), results.seeds, lengths, rows)


def score_table(results: Results) -> ScoreTable:
    """Return every aggregate of ``metrics.json`` as text."""
    metrics = tuple(results.metrics.scores)
    rows = tuple(
        (spell(family), length, tuple(_cells(results, results.metrics.scores[m].get(family, {}).get(length)) for m in metrics))
        for family, length in _test_sets(results)
    )
    return ScoreTable(tuple(spell(metric) for metric in metrics), rows)


def baselines(results: Results, known: Mapping[str, str]) -> str:
    """Say what the metrics' baselines are; ``known`` names those that are not chance."""
    metrics_by_words: dict[str, list[str]] = {}
    for name in results.metrics.scores:
        words = known.get(name, CHANCE if name.endswith("accuracy") else "a simple guess")
        metrics_by_words.setdefault(words, []).append(spell(name))
    if len(metrics_by_words) == 1:
        return next(iter(metrics_by_words))
    return "; ".join(f"for {' and '.join(metrics)}, {words}" for words, metrics in metrics_by_words.items())


def _test_sets(results: Results) -> list[tuple[str, int]]:
    return [
        (family, length)
        for family in results.families
        for length in sorted({n for by_family in results.metrics.scores.values() for n in by_family.get(family, {})})
    ]


def _cells(results: Results, found: Aggregate | None) -> tuple[str, str, str, str] | None:
    if found is None:
        return None
    return share(found.share, results.seeds), number(found.median), number(found.worst), number(found.baseline)


def recipe_sentence(results: Planned) -> str:
    """Say in words how the nets of an experiment are trained."""
    model, training = results.recipe.model, results.recipe.training
    settings = ", ".join(f"{spell(key)} {_text(value)}" for key, value in model.items() if key != "name")
    duration = f"{_text(training['epochs'])} epochs" if training.get("epochs") else f"{_text(training.get('steps'))} steps"
    stop = training.get("stop")
    ends = bool(stop and stop.get("ends", True))
    parts = [
        f"Net: {_text(model.get('name'))}{f' ({settings})' if settings else ''}, trained at {_lengths(results.training_lengths)}",
        f"with {_text(training.get('optimizer'))} at learning rate {_text(training.get('learning_rate'))}",
        f"on {spell(_text(training.get('loss')))}, in batches of {_text(training.get('batch_size'))},",
        f"for {'at most ' if ends else ''}{duration}, from {results.seeds} seeds.",
    ]
    if solved := criterion(results):
        parts.append(
            f"The task is solved{', and training ends,' if ends else ''} once {solved}{'' if ends else '; training goes on after that'}."
        )
    return " ".join(parts)


def recipe_items(results: Results) -> list[tuple[str, str]]:
    """List every key of the recipe with its value, nested keys with dots; keys that are not set are left out."""
    recipe = results.recipe
    sections = {"source": results.source, "tuned_on": results.tuned_on or None, "model": recipe.model, "training": recipe.training}
    return [(key, _text(value)) for key, value in _flat(sections, "") if value is not None]


def accuracy_csv(group: Iterable[Results]) -> str:
    """Write all aggregates of all experiments as one long CSV, for plots."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["task", "experiment", "family", "length", "metric", "median", "worst", "share"])
    for results in group:
        for metric, by_family in results.metrics.scores.items():
            for family, by_length in by_family.items():
                for length, a in sorted(by_length.items()):
                    writer.writerow([results.task, results.experiment, family, length, metric, a.median, a.worst, a.share])
    return file.getvalue()


def _flat(section: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in section.items():
        pairs.extend(_flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)])
    return pairs


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        if all(isinstance(item, int) for item in value):
            return ranges(value, numeral)
        return ", ".join(_text(item) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return numeral(value) if isinstance(value, int) else f"{value:g}"
    return value if isinstance(value, str) else str(value).lower()


def _lengths(lengths: list[int]) -> str:
    return f"length{'s' if len(lengths) > 1 else ''} {ranges(lengths, numeral)}"
