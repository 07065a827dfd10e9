"""CI's comparison of reproduced with committed figures: what may differ, by how much, and what fails."""

import importlib.util
import json
import shutil
from pathlib import Path

import handmade
import pytest
from checkouts import commit, git

_spec = importlib.util.spec_from_file_location("compare", Path(__file__).parent.parent / ".ci" / "compare.py")
assert _spec is not None
assert _spec.loader is not None
compare = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compare)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("scores.token_accuracy.random.10.median", 1.0, 0.9),
        ("scores.sequence_accuracy.all_nines.50.share", 0.4, 0.7),
        ("scores.sequence_accuracy.all_nines.50.worst", 1.0, 0.0),
        ("scores.rmse.interpolation.10.median", 0.1, 0.25),
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
        ("scores.token_accuracy.random.10.median", 1.0, 0.4, "expected 1 ± 0.5, got 0.4"),
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


def write(study: Path, experiment: str, right: float, proved: int) -> None:
    scores = {"sequence_accuracy": {"random": {"10": {"share": right, "worst": right, "median": right, "baseline": 0.1}}}}
    ended = {"seeds": 10, "diverged": 0, "solved_share": 1.0, "solved_after_median": 5.0, "solved_after_worst": 7.0}
    folder = study / "data/results" / experiment
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps({"scores": scores, "training": {"10": ended}}))
    handmade.put_verdicts(study / "data/certificates" / experiment, proved)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Figures of two experiments at the top and of one in a study, committed; what they were made from lies here no more."""
    monkeypatch.chdir(tmp_path)
    for study, names in ((Path(), ("a", "b")), (Path("studies/more"), ("a",))):
        rows = ["experiment,figure,value"]
        accuracy = ["task,experiment,family,length,metric,median,worst,share"]
        for name in names:
            write(study, name, 1.0, 10)
            found = compare.reproduced(study, name)
            assert found is not None
            rows += [f"{name},{figure},{value}" for figure, value in found.items() if not figure.startswith("scores")]
            accuracy.append(f"t,{name},random,10,sequence_accuracy,1.0,1.0,1.0")
        shutil.rmtree(study / "data")
        path = study / "data/report/summary.csv"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(rows) + "\n")
        path.with_name("accuracy.csv").write_text("\n".join(accuracy) + "\n")
    git(tmp_path, "init", "-q")
    commit(tmp_path, "figures")
    return tmp_path


def put_claims(study: Path, status: str, kind: str) -> Path:
    path = study / compare.CLAIMS
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"t,a is right,a,{status},{status}: so many,{kind}", f"t,b is right,b,{status},{status}: so many,{kind}"]
    path.write_text("\n".join(["task,claim,experiments,status,verdict,processor", *rows]) + "\n")
    return path


@pytest.mark.parametrize("reference", [True, False])
def test_a_claim_or_a_seed_lost_fails_on_the_reference_kind_of_processor_alone(
    checkout: Path, reference: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    put_claims(Path(), "confirmed", compare.processor.kind() if reference else "another kind")
    commit(checkout, "claims")
    put_claims(Path(), "depends", compare.processor.kind())
    write(Path(), "a", 0.9, 9)
    assert compare.main() == (1 if reference else 0)
    out = capsys.readouterr().out.splitlines()
    assert "t: claim “a is right”: confirmed: so many -> depends: so many" in out
    assert not any("b is right" in line for line in out)  # its experiment was not reproduced
    on = f"on this kind of processor ({compare.processor.kind()})"
    lost = [f"a: proved_share: expected 1.0 {on}, got 0.9", f"a: scores.sequence_accuracy.random.10.share: expected 1.0 {on}, got 0.9"]
    assert [line in out for line in lost] == [reference, reference]
    named = ["a: proved_share: 1.0 -> 0.9", "a: scores.sequence_accuracy.random.10.share: 1.0 -> 0.9"]
    assert [line in out for line in named] == [not reference, not reference]
    write(Path(), "a", 1.0, 10)
    assert compare.main() == (1 if reference else 0)  # the claim alone
    put_claims(Path(), "confirmed", compare.processor.kind())
    assert compare.main() == 0


@pytest.mark.parametrize(
    ("flags", "xla", "kind"),
    [("fpu avx2 avx512f", "", "AVX-512"), ("fpu avx2", "", "AVX2"), ("avx2 avx512f", "--xla_cpu_max_isa=AVX2", "AVX2")],
)
def test_the_kind_of_processor_is_the_vectors_that_programs_use(flags: str, xla: str, kind: str) -> None:
    assert compare.processor.kind(f"model name : a\nflags : {flags}\nbugs :\n", {"XLA_FLAGS": xla}) == kind


def test_what_was_not_reproduced_is_named_and_not_taken_for_the_same(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main() == 1
    assert "expected figures that were reproduced" in capsys.readouterr().out
    write(Path(), "a", 1.0, 10)
    shutil.rmtree("data/certificates")
    assert compare.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "8 figures as committed, 0 within tolerance, 0 outside",
        "not reproduced: the proofs of a, b, studies/more/a",
    ]


def test_of_few_seeds_nothing_is_decided(checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path(), "b", 0.0, 0)
    assert compare.main() == 1
    monkeypatch.setattr(compare, "FEWEST", 11)
    capsys.readouterr()
    assert compare.main() == 0
    assert "b: proved_share: 1.0 -> 0.0" in capsys.readouterr().out


def test_a_share_that_moved_is_listed_and_one_that_moved_far_fails(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Path(), "a", 0.9, 9)
    write(Path(), "b", 1.0, 5)
    write(Path("studies/more"), "a", 0.5, 10)
    assert compare.main() == 1
    out = capsys.readouterr().out
    assert "b: proved_share: expected 1 ± 0.3, got 0.5" in out
    assert "studies/more/a: scores.sequence_accuracy.random.10.share: expected 1 ± 0.4, got 0.5" in out
    assert "\na: proved_share: 1.0 -> 0.9\n" in out
    assert "\na: scores.sequence_accuracy.random.10.share: 1.0 -> 0.9\n" in out
