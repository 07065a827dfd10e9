"""How cost grows: the nets made for proofs, the fitted exponents, and the page."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import table
from benchmarks.growth import page, proofs
from benchmarks.growth.curves import CURVES, main
from pipeline.certification.certificate import Certificate
from pipeline.certification.prover.prove import prove

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(("states", "symbols", "units"), [(2, 2, 4), (2, 4, 16), (4, 2, 16), (3, 5, 30), (5, 3, 15)])
def test_a_net_made_by_hand_adds_up(states: int, symbols: int, units: int) -> None:
    net, machine = proofs.net_of(states, symbols, units), proofs.machine_of(states, symbols)
    inputs = np.random.default_rng(0).integers(symbols, size=(30, 50))
    np.testing.assert_array_equal(machine.run(inputs), np.cumsum(inputs, axis=1) % states)
    hidden = np.zeros((30, units), np.float32)
    for t, sums in enumerate(machine.run(inputs).T):
        hidden = np.tanh(net.kernel[inputs[:, t]] + hidden @ net.recurrent + net.bias)
        np.testing.assert_array_equal((hidden @ net.readout + net.offset).argmax(axis=1), sums, err_msg=f"position {t}")


def test_a_net_made_by_hand_is_proved_and_one_with_a_wrong_start_is_not() -> None:
    net, machine = proofs.net_of(2, 2, 8), proofs.machine_of(2, 2)
    outcome = prove(net, machine, effort=proofs.effort_of(machine))
    assert isinstance(outcome, Certificate)
    assert (outcome.k, len(outcome.nodes)) == (1, 5)
    upside_down = type(net)(net.kernel, net.recurrent, -net.bias, net.readout, net.offset)
    assert not prove(upside_down, machine, effort=proofs.effort_of(machine))


@pytest.mark.parametrize("size", [(2, 2, 6), (1, 2, 4)])
def test_there_is_no_net_of_some_sizes(size: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="expected two states and two symbols or more"):
        proofs.net_of(*size)


def points(*pairs: tuple[int, float]) -> page.Points:
    return [{"size": size, "processor_seconds": seconds, "peak_mib": 100.0 * size} for size, seconds in pairs]


def results() -> dict[str, Any]:
    return {
        "date": "2026-01-02",
        "machine": {"processor": "Abacus", "cores": 2},
        "curves": {
            "proof-units": {"load_before": 0.5, "points": points((8, 0.5), (16, 2.0), (64, 2.0))},
            "evaluation-length": {"load_before": 3, "points": points((10, 1.0), (1000, 100.0))},
        },
    }


def test_the_table_has_exponents_of_all_points_and_of_the_last() -> None:
    rows = page.rows(results())
    assert rows[0] == ("testing", "length", "10 and 1,000", "1 s and 100 s", "1.00", "1.00")
    assert rows[1] == ("testing, memory", "length", "10 and 1,000", "1,000 MiB and 100,000 MiB", "1.00", "1.00")
    # By hand: logarithms of two to (3, -1), (4, 1), (6, 1); slope 3.333 / 4.667.
    assert rows[2] == ("a proof", "units", "8 and 64", "500 ms and 2 s", "0.57", "0.00")


def test_curves_of_the_same_machine_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert page.former({"cores": 2}) == {}
    (tmp_path / "benchmarks").mkdir()
    page.RESULTS.write_text(json.dumps(results()))
    assert page.former(results()["machine"]) == results()["curves"]
    assert page.former({"processor": "Abacus", "cores": 4}) == {}


def test_the_place_in_the_readme_has_the_load() -> None:
    assert "2026-01-02, Abacus, 2 cores, load 0.5 to 3 before each curve." in page.block(results())


def test_the_picture_has_a_panel_for_each_series(tmp_path: Path) -> None:
    page.picture(results(), tmp_path / "growth.svg")
    text = (tmp_path / "growth.svg").read_text(encoding="utf-8")
    for title in ("testing: exponent 1.00", "testing, memory: exponent 1.00", "a proof: exponent 0.57"):
        assert title in text
    page.picture(results(), tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "growth.svg").read_bytes()


def test_a_curve_is_a_line_for_each_size(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["curves", "proof-symbols", "2"])
    monkeypatch.setattr("os.dup2", lambda *of: None)  # leaves the tests their stdout
    monkeypatch.setattr(proofs, "UNITS", 4)
    main()
    (line,) = map(json.loads, capfd.readouterr().out.splitlines())
    assert (line["size"], line["sets"], line["k"]) == (2, 5, 1)
    assert line["seconds"] > 0
    assert line["processor_seconds"] > 0
    assert line["peak_mib"] >= line["loaded_mib"] > 10


def test_the_readme_shows_the_results_that_are_committed() -> None:
    committed = json.loads((ROOT / page.RESULTS).read_text(encoding="utf-8"))
    assert {name: [point["size"] for point in of["points"]] for name, of in committed["curves"].items()} == {
        name: list(curve.sizes) for name, curve in CURVES.items()
    }
    text = (ROOT / page.README).read_text(encoding="utf-8")
    assert table.replaced(text, page.block(committed), *page.MARKERS) == text
