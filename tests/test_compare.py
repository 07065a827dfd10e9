"""CI's comparison of reproduced with committed figures: what may differ, by how much, and what fails."""

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("compare", Path(__file__).parent.parent / ".ci" / "compare.py")
assert _spec is not None
assert _spec.loader is not None
compare = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compare)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("scores.token_accuracy.random.10.baseline", 0.1, 0.1),
        ("scores.token_accuracy.random.10.median", 1.0, 0.9),
        ("scores.sequence_accuracy.all_nines.50.share", 0.4, 0.7),
        ("scores.sequence_accuracy.all_nines.50.worst", 1.0, 0.0),
        ("scores.rmse.interpolation.10.median", 0.1, 0.25),
        ("verdicts.5.margin", 4.3, None),
        ("scores.rmse.free_run.999.worst", 1e37, None),
        ("scores.rmse.free_run.999.median", 2.9e27, 1e3),
        ("scores.rmse.random.1000.median", 0.17, 0.04),
        ("training.8.solved_after_median", 1500, 3000),
        ("training.9.solved_after_median", 5000, None),
    ],
)
def test_within_tolerance(name: str, old: float, new: float | None) -> None:
    assert compare.fault(name, old, new) is None


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("scores.token_accuracy.random.10.baseline", 0.1, 0.2, "expected 0.1"),
        ("scores.token_accuracy.random.10.median", 1.0, 0.6, "expected 1 ± 0.3, got 0.6"),
        ("scores.sequence_accuracy.all_nines.50.share", 0.2, 0.9, "expected 0.2 ± 0.4"),
        ("scores.sequence_accuracy.all_nines.50.share", 0.2, None, "expected 0.2, got None"),
        ("scores.rmse.interpolation.10.median", 0.1, 2.0, "within a factor of 3, got 2"),
        ("scores.sequence_accuracy.all_nines.50.worst", 1.0, None, "expected a figure like 1.0, got none"),
        ("training.8.seeds", 10, 9, "expected 10"),
        ("proved_share", 1.0, 0.6, "expected 1 ± 0.3"),
        ("scores.rmse.extrapolation.10.median", 0.4, None, "expected 0.4, got None"),
    ],
)
def test_outside_tolerance(name: str, old: float, new: float | None, said: str) -> None:
    assert said in compare.fault(name, old, new)


def test_what_was_not_reproduced_is_not_taken_for_the_same(tmp_path: Path) -> None:
    figures = tmp_path / "metrics.json"
    figures.write_text("{}")
    assert not compare.reproduced(figures, {figures})
    (tmp_path / "predictions.npz").touch()
    assert compare.reproduced(figures, {figures})
    assert not compare.reproduced(tmp_path / "gone" / "metrics.json", set())
