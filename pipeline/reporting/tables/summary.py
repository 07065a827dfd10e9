"""``summary.csv``: how trainings ended, and what was proved. With ``accuracy.csv``, which has the scores, it is what is committed."""

import csv
import io
from collections.abc import Iterable, Mapping

from pipeline.files.scores import Metrics
from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.results import Results

Figures = dict[str, float | None]
COLUMNS = ("experiment", "figure", "value")
# What accuracy.csv says of each test set.
AGGREGATES = ("median", "worst", "share")


def figures(metrics: Metrics, proved_share: float | None = None) -> Figures:
    """Name every figure with dots between its keys, as ``scores.rmse.random.10.median``; ``None``: there is no number.

    Args:
        metrics: An experiment's ``metrics.json``.
        proved_share: The share of its seeds that are proved right at every length; ``None``: it is not certified.
    """
    named: Figures = {} if proved_share is None else {"proved_share": proved_share}
    for length, ended in metrics.training.items():
        named |= {f"training.{length}.{key}": value for key, value in ended.model_dump().items()}
    for metric, families in metrics.scores.items():
        for family, by_length in families.items():
            for length, aggregate in by_length.items():
                named |= {f"scores.{metric}.{family}.{length}.{key}": getattr(aggregate, key) for key in AGGREGATES}
    return named


def summary_csv(group: Iterable[Results], certificates: Mapping[str, Certificates]) -> str:
    """Write the figures of all experiments but their scores; a figure that is ``None`` has an empty value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for results in group:
        certified = certificates.get(results.experiment)
        named = figures(results.metrics.model_copy(update={"scores": {}}), certified.found.proved_share if certified else None)
        writer.writerows((results.experiment, name, "" if value is None else value) for name, value in named.items())
    return text.getvalue()


def read_figures(summary: str, accuracy: str) -> dict[str, Figures]:
    """Read all figures by experiment.

    Args:
        summary: What ``summary_csv`` wrote.
        accuracy: What ``scores.accuracy_csv`` wrote.
    """
    found: dict[str, Figures] = {}
    for row in csv.DictReader(io.StringIO(summary)):
        found.setdefault(row["experiment"], {})[row["figure"]] = _number(row["value"])
    for row in csv.DictReader(io.StringIO(accuracy)):
        name = f"scores.{row['metric']}.{row['family']}.{row['length']}"
        found.setdefault(row["experiment"], {}).update({f"{name}.{key}": _number(row[key]) for key in AGGREGATES})
    return found


def _number(text: str) -> float | None:
    return float(text) if text else None
