"""The figures of README.md against those that git keeps (``data/report/``): whoever commits others is told which sentence to change.

What was made anew here, on another processor perhaps, and not added, decides nothing.
"""

import math
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from dvc.utils.hydra import get_hydra_sweeps

from pipeline.reporting.judging.intervals import of_share
from pipeline.reporting.tables.summary import Figures, read_figures

ROOT = Path(__file__).parent.parent
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
CERTIFIED = ("increment-rnn", "increment-lstm", "parity-rnn", "parity-lstm")
SEEDS = 10


def kept(path: str) -> str:
    """Read a file as git's index has it; where there is no repository, as it lies here."""
    shown = subprocess.run(["git", "show", f":{path}"], cwd=ROOT, capture_output=True, text=True, check=False)
    return shown.stdout if shown.returncode == 0 else (ROOT / path).read_text(encoding="utf-8")


def figures_of(study: str = ".") -> dict[str, Figures]:
    folder = Path(study) / "data/report"
    return read_figures(kept((folder / "summary.csv").as_posix()), kept((folder / "accuracy.csv").as_posix()))


HERE, PAPER, BOARD = figures_of(), figures_of("studies/1997"), figures_of("studies/regular")
HUNDRED = figures_of("studies/hundred")["increment-rnn"]


def right(figures: Figures, lengths: tuple[int, int]) -> int:
    """Count the seeds of which no test set between two lengths shows a mistake: at most the least share of any."""
    shares = [
        value
        for name, value in figures.items()
        if (m := re.fullmatch(r"scores\.sequence_accuracy\.(?!training)\w+\.(\d+)\.share", name)) and lengths[0] <= int(m[1]) <= lengths[1]
    ]
    return round(SEEDS * min(value or 0.0 for value in shares))


def solved(figures: Figures, length: int, key: str = "solved_share") -> float:
    value = figures[f"training.{length}.{key}"]
    assert value is not None
    return value


def nines() -> dict[int, int]:
    """Seeds of the post's net that are right, by how many nines the number consists of."""
    found = HERE["increment-rnn-post"].items()
    shares = {int(m[1]): v for name, v in found if (m := re.fullmatch(r"scores\.sequence_accuracy\.all_nines\.(\d+)\.share", name))}
    return {length: round(SEEDS * (share or 0.0)) for length, share in sorted(shares.items())}


def last_failure() -> int:
    """The length at which the last of the nets that fail begins to fail."""
    counts = nines()
    return max(b for a, b in zip(counts, list(counts)[1:], strict=False) if counts[b] < counts[a])


def percent_of_persistence() -> float:
    """The median error of the differencing net in percent of persistence's, which the goal of the claims states: 0.943."""
    return 100 * (HERE["curve-differencing"]["scores.rmse_from_8.extrapolation.10.median"] or math.nan) / 0.943


# What README says (a pattern with a group for each figure), and the same figures as they are committed.
SAID: list[tuple[str, Callable[[], list[float]]]] = [
    (r"(\d+) of 10 nets carry through plain nines of every tested length", lambda: [min(nines().values())]),
    (r"the others fail at (\d+) nines or fewer", lambda: [last_failure()]),
    (r"(\d+) of 40 nets \(RNN and LSTM\) right on every test to 10,000", lambda: [sum(right(HERE[e], (1, 10000)) for e in CERTIFIED)]),
    (r"(\d+) of them proved right at every length", lambda: [round(SEEDS * sum(HERE[e]["proved_share"] or 0 for e in CERTIFIED))]),
    (r"(\d+) of 10 right on every test list of up to 1,000 numbers", lambda: [right(HERE["sort-pointer"], (1, 1000))]),
    (r"(\d+) of 10 right on every test string of up to 1,000 bits", lambda: [right(HERE["count_ones-rnn"], (1, 1000))]),
    (r"the error is ([\d.]+) % of persistence's", lambda: [float(f"{percent_of_persistence():.2f}")]),
    (r"a free run leaves the curve after ([\d.]+) steps", lambda: [HERE["curve-differencing"]["scores.horizon.free_run.999.median"] or 0]),
    (
        r"long lag, p = 100 \| (\d+) of 10 meet the criterion of 1997, .*?: median ([\d,]+) sequences with that run, ([\d,]+) before it",
        lambda: [SEEDS * solved(HERE["long_lag-lstm"], 101), *with_and_without(HERE["long_lag-lstm"], 101, 1, 10_000)],
    ),
    (
        r"p = 1,000 \| (\d+) of 10 meet the criterion of the post, .*?: median ([\d,]+) sequences with that run, ([\d,]+) before it",
        lambda: [SEEDS * solved(PAPER["long_lag-lstm-1000"], 1001), *with_and_without(PAPER["long_lag-lstm-1000"], 1001, 1, 1000)],
    ),
    (
        r"adding, T = 100 \| (\d+) of 10 meet the criterion of 1997: median ([\d,]+) sequences",
        lambda: [SEEDS * solved(PAPER["adding-lstm"], 100), with_and_without(PAPER["adding-lstm"], 100, 20, 0)[0]],
    ),
    (
        r"temporal order, T = 100 \| (\d+) of 10 meet the criterion of 1997 \(median ([\d,]+) sequences",
        lambda: [SEEDS * solved(HERE["temporal_order-lstm"], 100), with_and_without(HERE["temporal_order-lstm"], 100, 20, 0)[0]],
    ),
    (
        r"right at every length: (\d+) of (\d+) are proved so",
        lambda: [round(SEEDS * sum(cell["proved_share"] or 0 for cell in BOARD.values())), SEEDS * len(BOARD)],
    ),
    (
        r"(\d+) of 100 nets of increment-rnn are proved, at least (\d+) % by that interval",
        lambda: [HUNDRED["proved_share"] * 100, math.floor(100 * of_share(round(HUNDRED["proved_share"] * 100), 100)[0])],
    ),
    (r"10 of 10 seeds say that at least (\d+) % of all seeds are so", lambda: [math.floor(100 * of_share(10, 10)[0])]),
]


def with_and_without(figures: Figures, length: int, batch: int, run: int) -> list[float]:
    """The median of sequences until solved, with the run of successes and without it."""
    counted = batch * solved(figures, length, "solved_after_median")
    return [counted, counted - run]


@pytest.mark.parametrize(("pattern", "committed"), SAID, ids=[pattern[:50] for pattern, _ in SAID])
def test_readme_says_what_was_measured(pattern: str, committed: Callable[[], list[float]]) -> None:
    said = re.search(pattern, README)
    assert said, f"README.md: expected a sentence like {pattern!r}, got none; say it, or take the row out of {Path(__file__).name}"
    assert [float(figure.replace(",", "")) for figure in said.groups()] == pytest.approx(committed(), abs=0.5 if "," in said[0] else 1e-9)


def test_a_text_with_commas_is_one_value_as_it_is_quoted() -> None:
    """DVC makes an experiment for each part of a value with commas, unless it is quoted within the shell's quotes."""
    (line,) = re.findall(r"dvc exp run (-S '\S*test_lengths=\S*)", README)
    _, override = shlex.split(line)
    (one,) = get_hydra_sweeps({"params.yaml": [override]})
    assert one == {"params.yaml": [override]}
    assert len(get_hydra_sweeps({"params.yaml": [override.replace('"', "")]})) > 1


def test_what_another_kind_of_processor_may_change_is_named_where_figures_are_stated() -> None:
    """Beside the count of proofs stands the kind of processor that it holds on, and what came out on the other kind."""
    assert re.search(r"The figures of both tables were measured on processors without AVX-512", README)
    (other,) = re.findall(r"with AVX-512 (\d+) of the (\d+) nets were proved", README)
    certified = len(CERTIFIED) * SEEDS
    assert int(other[1]) == certified
    assert int(other[0]) <= certified
