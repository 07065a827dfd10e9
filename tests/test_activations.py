"""What proofs assume of tanh and the logistic function, measured; and arithmetic that no proof speaks of, refused."""

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.certification.sets.rounding import SIGMOID_ERROR, TANH_ERROR
from pipeline.cli import app
from pipeline.commands import activations
from pipeline.commands.activations import CHUNK, PATTERNS, Measured, measure, refuse_loose_arithmetic
from pipeline.core.errors import WrongInput


def test_every_backend_here_is_as_proofs_assume() -> None:
    told = CliRunner().invoke(app, ["verify", "--exhaustive", "--sample", "100000"])
    assert told.exit_code == 0, told.output
    rows = [line.split("\t") for line in told.stdout.splitlines()[1:]]
    named = {(row[0].split()[0], "XLA" in row[0], row[1]) for row in rows}
    assert named >= {
        (backend, xla, function)
        for backend, xla in (("numpy", False), ("tensorflow", False), ("tensorflow", True), ("jax", False))
        for function in ("tanh", "logistic")
    }
    for row in rows:
        assert 0 < float(row[3]) < {"tanh": TANH_ERROR, "logistic": SIGMOID_ERROR}[row[1]]
        assert 99_000 < int(row[2]) < 100_000  # those that are no number, or infinite, are left out


def test_numbers_are_all_bit_patterns_that_are_finite() -> None:
    first = activations._numbers(0, 3, PATTERNS)
    assert first.view(np.uint32).tolist() == [0, 1, 2]
    last_finite = 0x7F7FFFFF
    assert activations._numbers(last_finite - 1, last_finite + 3, PATTERNS).view(np.uint32).tolist() == [last_finite - 1, last_finite]
    assert len(activations._numbers(PATTERNS - CHUNK, PATTERNS, PATTERNS)) == 0
    sample = activations._numbers(0, 10_000, 10_000)
    assert (np.diff(sample[sample > 0]) > 0).all()
    assert (np.abs(sample) < 2.0**-126).any()
    assert sample.min() < -1e30 < 1e30 < sample.max()


@pytest.mark.parametrize(
    ("function", "strays"),
    [
        ("tanh", lambda x: np.tanh(x) + np.float32(2 * TANH_ERROR) * (np.abs(x) < 2)),
        ("tanh", lambda x: np.where(x == 0, np.float32(np.nan), np.tanh(x))),
        ("logistic", lambda x: np.maximum(activations._as_prover(x), np.float32(-1)) - np.float32(2.0**-22)),
        ("logistic", lambda x: activations._as_prover(x) + np.float32(2.0**-19) * (np.abs(x) < 1)),
    ],
)  # fmt: skip
def test_what_strays_further_is_named(function: str, strays: activations.Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "backends", lambda: iter([("a backend", {function: strays})]))
    told = CliRunner().invoke(app, ["verify", "--exhaustive", "--sample", "1000"])
    assert told.exit_code == 1
    assert f"proofs do not hold here: {function} of a backend strays" in told.stderr


def test_a_small_error_is_found_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def off_at_one(numbers: activations.Singles) -> activations.Singles:
        return np.tanh(numbers) + np.where(numbers == 1, np.float32(2.0**-20), np.float32(0))

    one = int(np.float32(1).view(np.uint32))
    monkeypatch.setattr(activations, "backends", lambda: iter([("a backend", {"tanh": off_at_one})]))
    monkeypatch.setattr(activations, "_numbers", lambda start, end, count: np.array([one - 1, one], np.uint32).view(np.float32))
    (found,) = measure(2)
    assert (found.at, found.numbers, found.holds) == (1.0, 2, True)
    assert found.error == pytest.approx(2.0**-20, rel=0.1)
    assert found.ulps == pytest.approx(16, abs=1)  # of 2^-24, since tanh(1) lies between a half and one


def test_nothing_measured_or_no_number_does_not_hold() -> None:
    assert not Measured("a backend", "tanh", error=np.nan).holds


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("XLA_FLAGS", "--xla_cpu_enable_fast_math=true"),
        ("XLA_FLAGS", "--xla_force_host_platform_device_count=2 --xla_cpu_enable_fast_math"),
        ("XLA_FLAGS", "--xla_cpu_enable_fast_min_max=1"),
        ("ONEDNN_DEFAULT_FPMATH_MODE", "BF16"),
        ("JAX_DEFAULT_MATMUL_PRECISION", "bfloat16"),
    ],
)
def test_arithmetic_in_less_is_refused(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    told = CliRunner().invoke(app, ["verify", "--sample", "10"])
    assert isinstance(told.exception, WrongInput)
    assert str(told.exception).startswith(f"{variable}: expected no arithmetic in less")


@pytest.mark.parametrize("flags", ["", "--xla_cpu_max_isa=AVX2", "--xla_cpu_enable_fast_math=false --xla_cpu_fast_math_honor_nans=true"])
def test_flags_that_loosen_nothing_are_allowed(flags: str) -> None:
    refuse_loose_arithmetic({"XLA_FLAGS": flags})
