"""The hundred ordinary nets: which they are, and that some of them, trained briefly, come to rows that say what was decided."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ordinary_nets import COUNT, LENGTH, Ordinary, hundred, judged, main, strings
from pipeline.core.transducer import Transducer
from pipeline.foreign.machines import of_task

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own

EXPORTED = Path(__file__).parent / "exported"


def test_they_are_a_hundred_and_no_two_are_the_same() -> None:
    nets = hundred()
    assert len({net.name for net in nets}) == COUNT == 100
    for field, least in (("framework", 50), ("layer", 32), ("units", 28), ("task", 28)):
        counts = Counter(getattr(net, field) for net in nets)
        assert min(counts.values()) >= least, counts


def test_a_seed_draws_the_same_strings_again_and_tests_draw_others() -> None:
    net, machine = Ordinary("keras", "gru", 16, "parity", 3), of_task("parity")
    first, again, other = (strings(net, machine, 50, LENGTH, stream) for stream in (0, 0, LENGTH))
    np.testing.assert_array_equal(first[0], again[0])
    assert (first[0] != other[0]).any()
    np.testing.assert_array_equal(first[1], np.cumsum(first[0], axis=1) % 2)


def test_a_row_says_what_the_prover_decides() -> None:
    net = Ordinary("torch", "gru", 5, "parity", 0)
    row = judged(net, EXPORTED / "gru-parity.safetensors", of_task("parity"))
    assert (row.net, row.verdict, row.right_at_16, row.right_at_100, row.counterexample, row.stuck) == (
        net.name,
        "proved",
        1.0,
        1.0,
        "",
        "",
    )
    assert float(row.margin) > 0 < int(row.sets)
    upside_down = of_task("parity").transducer
    moves = {pair: (after, 1 - output) for pair, (after, output) in upside_down.transitions.items()}
    other = type(of_task("parity"))("not parity", Transducer(upside_down.states, 2, moves), ("0", "1"), ("0", "1"))
    row = judged(net, EXPORTED / "gru-parity.safetensors", other)
    assert (row.verdict, row.counterexample, row.right_at_16, row.sets) == ("refuted", "1", 0.0, "")


@pytest.mark.slow
def test_rows_that_are_there_are_not_made_anew(tmp_path: Path) -> None:
    results = tmp_path / "rows.csv"
    for _ in range(2):
        main(tmp_path / "nets", "keras", 1, 1, results, False)
    rows = list(csv.DictReader(results.read_text().splitlines()))
    assert [row["net"] for row in rows] == [net.name for net in hundred() if net.framework == "keras"][:2]
    assert {row["verdict"] for row in rows} <= {"proved", "refuted", "undecided"}
    before = results.read_bytes()
    (tmp_path / "nets" / f"{rows[0]['net']}.keras").unlink()
    rows[0]["seconds"] = "kept"
    with results.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    main(tmp_path / "nets", "keras", 1, 1, results, False)
    found = list(csv.DictReader(results.read_text().splitlines()))
    assert (found[0]["seconds"], len(found)) == ("kept", 3)
    assert results.read_bytes() != before
