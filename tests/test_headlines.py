"""The few numbers that DVC sets side by side."""

from pathlib import Path

import pytest
from report_files import ended, results_of, write_rows

from pipeline.reporting.inputs.results import read
from pipeline.reporting.judging.headlines import headlines

HEADER = "family,length,seed,in_range,sequences,metric,value,baseline"


def numbers(tmp_path: Path, *rows: tuple[object, ...]) -> dict[str, object]:
    """Headlines of an experiment with these rows ``(family, length, seed, in_range, sequences, value)``."""
    results_of(tmp_path, scores={("sequence_accuracy", "random", 1): ([1.0], 0.1)}, endings={10: [ended(5)] * 3})
    scores = [(*row[:5], "sequence_accuracy", row[5], 0.1) for row in rows]
    write_rows(tmp_path / "results/net/scores.csv", HEADER, scores)
    return headlines([read("net", tmp_path / "models/net", tmp_path / "results/net")])["net"]


def test_a_seed_is_right_up_to_its_first_mistake_on_any_kind_of_input(tmp_path: Path) -> None:
    reach = {0: (1, 1, 1), 1: (1, 0.5, 1), 2: (1, 1, 0)}
    rows = [("random", n, seed, "true", 2, 1.0) for seed in reach for n in (10, 20, 1000)]
    rows += [
        ("all_ones", n, seed, "true", 2, value) for seed, values in reach.items() for n, value in zip((10, 20, 1000), values, strict=True)
    ]
    assert numbers(tmp_path, *rows)["right_to"] == {"median": 20, "worst": 10}


def test_shares_are_pooled_over_sequences_and_split_at_the_trained_lengths(tmp_path: Path) -> None:
    rows = [("random", 10, 0, "true", 30, 1.0), ("held_out", 10, 0, "true", 10, 0.0), ("random", 50, 0, "false", 4, 0.25)]
    assert numbers(tmp_path, *rows)["right"] == {"trained": pytest.approx(0.75), "beyond": pytest.approx(0.25)}
