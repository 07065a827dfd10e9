"""``nines solve``: arguments, files and standard input; alone, as a table, as JSON; nothing half-printed; a terminal and a pipe."""

import io
import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import handmade
import numpy as np
import pytest

from pipeline import cli
from pipeline.answering import Answerer, _best_seeds, with_keras
from pipeline.commands import ask
from pipeline.commands.inputs import Inputs
from pipeline.config import settings
from pipeline.core import registry
from pipeline.core.notation import InputError
from pipeline.files import checkpoints, curves, recipes
from pipeline.files.checkpoints import CheckpointError
from pipeline.recording import ranking
from pipeline.trained import build

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    handmade.put(folder)
    return folder


def aggregate(median: float, worst: float, share: float) -> dict[str, dict[str, dict[str, float]]]:
    return {"random": {"10": {"median": median, "worst": worst, "share": share, "baseline": 0.1}}}


ENDED = {"seeds": 10, "diverged": 0, "solved_share": 0.0}


@pytest.mark.parametrize(
    ("figures", "proved", "expected"),
    [
        ([(1.0, 0.5, 0.9), (0.9, 0.9, 0.9)], [10, 10], "increment-rnn-post"),  # the median first
        ([(1.0, 0.5, 0.9), (1.0, 0.6, 0.8)], [10, 0], "increment-rnn"),  # then the worst
        ([(1.0, 0.5, 0.8), (1.0, 0.5, 0.9)], [10, 0], "increment-rnn"),  # then the share of seeds that are right everywhere
        ([(1.0, 1.0, 1.0), (1.0, 1.0, 1.0)], [9, 10], "increment-rnn"),  # then the share that is proved
        ([(1.0, 1.0, 1.0), (1.0, 1.0, 1.0)], [10, 10], "increment-rnn-post"),  # of equals the first
    ],
)
def test_a_task_is_answered_by_its_best_experiment(
    figures: list[tuple[float, float, float]], proved: list[int], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, of_seeds, right in zip(("increment-rnn-post", "increment-rnn"), figures, proved, strict=True):
        folder = Path("data/results", name)
        folder.mkdir(parents=True)
        found = {"scores": {"sequence_accuracy": aggregate(*of_seeds)}, "training": {"10": ENDED}}
        (folder / "metrics.json").write_text(json.dumps(found))
        handmade.put_verdicts(Path("data/certificates", name), right)
    assert ranking.best(settings.read(ROOT / "params.yaml"), "increment").name == expected


def test_nets_for_more_lengths_come_first_and_reals_are_ranked_by_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    right, wrong = {"sequence_accuracy": aggregate(1.0, 1.0, 1.0)}, {"sequence_accuracy": aggregate(0.5, 0.0, 0.0)}
    near, far = ({"rmse": aggregate(error, error, 0.0) | {"free_run": aggregate(1e9 - error, 0, 0)["random"]}} for error in (0.1, 0.2))
    for name, found in {
        "long_lag-lstm": right, "long_lag-lstm-post": wrong, "curve-lstm-post": far, "curve-differencing": near,
    }.items():  # fmt: skip
        path = Path("data/results", name, "metrics.json")
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"scores": found, "training": {}}))
    known = settings.read(ROOT / "params.yaml")
    assert ranking.best(known, "long_lag").name == "long_lag-lstm-post"  # answers at eight lengths, ours at one
    assert ranking.best(known, "curve").name == "curve-differencing"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def nines(checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command line, run here and not as a process of its own, which would load TensorFlow each time."""

    def run(*words: str, given: bytes = b"") -> Done:
        monkeypatch.chdir(checkout)
        monkeypatch.setattr(sys, "argv", ["nines", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return run


def on_a_terminal(*words: str, cwd: Path, program: tuple[str, ...] = ("-m", "pipeline"), **environment: str) -> str:
    """Run the command with a terminal of 80 columns for its output and errors, and return all that was drawn there."""
    master, slave = pty.openpty()
    command = [sys.executable, *program, *words]
    settled = ENVIRONMENT | {"TERM": "xterm-256color", "COLUMNS": "80"} | environment
    process = subprocess.Popen(command, cwd=cwd, env=settled, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    drawn = b""
    while True:
        try:
            part = os.read(master, 1 << 16)
        except OSError:  # Linux's way to say that the other side is closed
            part = b""
        if not part:
            break
        drawn += part
    os.close(master)
    assert process.wait() == 0, drawn
    return drawn.decode()


COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|9)\d")


# --- what comes in ----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_lines_of_standard_input_and_files_are_a_table(nines: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_bytes(b"1999\r\n\n  41 \n")
    table = "input\tanswer\texact\tright\n9\t10\t10\tyes\n10\t11\t11\tyes\n"
    assert nines("solve", "increment", "-", "--check", given=b"9\n10\n") == Done(0, table, "")
    done = nines("solve", "increment", "-f", str(tmp_path / "numbers.txt"), "--json", "--check")
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"input": "1999", "answer": "2000", "exact": "2000", "right": True, "experiment": handmade.EXPERIMENT},
        {"input": "41", "answer": "42", "exact": "42", "right": True, "experiment": handmade.EXPERIMENT},
    ]


@pytest.mark.slow
def test_one_line_is_answered_like_an_argument(nines: Callable[..., Done]) -> None:
    assert nines("solve", "increment", "-", given=b"1476233999\n") == Done(0, "1476234000\n", "")
    checked = "1476234000\n1476234000  exact; the net is right (increment-rnn-post)\n"
    assert nines("solve", "increment", "1476233999", "--check") == Done(0, checked, "")


@pytest.mark.slow
def test_a_pipe_is_read_too(nines: Callable[..., Done], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("8\n9\n"))
    writer.start()
    assert nines("solve", "increment", "-f", str(tmp_path / "pipe")).out == "input\tanswer\n8\t9\n9\t10\n"
    writer.join()


@pytest.mark.slow
def test_a_wrong_net_is_told(nines: Callable[..., Done], checkout: Path) -> None:
    path = checkpoints.path_of(checkout / "data/models" / handmade.EXPERIMENT, 10, 0)
    forgetful = handmade.weights()
    forgetful["recurrent/recurrent_kernel"] *= 0
    forgetful["recurrent/bias"][10:] -= 20
    checkpoints.save(forgetful, path)
    try:
        done = nines("solve", "increment", "-", "--check", given=b"9\n10\n")
    finally:
        checkpoints.save(handmade.weights(), path)
    assert [line.split("\t")[3] for line in done.out.splitlines()[1:]] == ["NO", "NO"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"12\n1x\n13\n", "standard input, line 2: expected a number in decimal digits such as 1476233999, got '1x'"),
        (b"12\n\n\n 1.5\n", "standard input, line 4: expected a number in decimal digits"),
        (b"12\n\xff\n", "standard input, line 2: expected text in UTF-8, got the byte 0xff"),
        (b"", "expected an input a line, got none"),
        (b"\n \n", "expected an input a line, got none"),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"], ["--check"]])
def test_a_bad_line_is_named_and_nothing_is_printed(nines: Callable[..., Done], given: bytes, said: str, form: list[str]) -> None:
    done = nines("solve", "increment", "-", *form, given=given)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"error: {said}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["increment"], "expected either an INPUT (or - for standard input) or files with --file, and not both"),
        (["increment", "12", "-f", "numbers.txt"], "expected either an INPUT"),
        (["increment", "-f", "nonesuch.txt"], "nonesuch.txt: expected a file with an input a line (No such file or directory)"),
        (["increment", "12", "--experiment", "parity-lstm-post"], "expected an experiment on increment, got parity-lstm-post"),
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(nines: Callable[..., Done], words: list[str], said: str) -> None:
    done = nines("solve", *words)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"error: {said}")


def test_a_length_without_a_net_is_named_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answerer, "load", lambda folder, params: Answerer(settings.read().task("long_lag"), folder, {}, {4: 0, 5: 0}))
    (tmp_path / "lags.txt").write_text("x a1 a2\nx a1 a2 a3\nx a1 a2 a3 a4 a5\n")
    with Inputs(None, [tmp_path / "lags.txt"]) as inputs, pytest.raises(InputError) as caught:
        ask.ask(settings.read(), "long_lag", inputs, "long_lag-rnn-post")
    assert str(caught.value) == f"{tmp_path / 'lags.txt'}, line 3: expected a length with a net of its own (4, 5), got 7"


# --- what goes out ----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_terminal_gets_a_drawn_table_and_a_bar(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text(f"41\n{'9' * 300}\n")
    drawn = on_a_terminal("solve", "increment", "-f", str(tmp_path / "numbers.txt"), "--check", cwd=checkout)
    assert "asking increment-rnn-post" in drawn
    assert "2 of 2 right" in drawn
    assert re.search(r"│ 99+…99+ \(300\) +│ 10+…00+ \(301\) +│", drawn), drawn
    assert COLOUR.search(drawn)


def test_no_color_means_no_colour(checkout: Path) -> None:
    for words in (["explain", "increment-rnn-post"], ["--help"]):
        assert COLOUR.search(on_a_terminal(*words, cwd=checkout))
        assert not COLOUR.search(on_a_terminal(*words, cwd=checkout, NO_COLOR="1"))


def test_a_bar_leaves_standard_output_alone(checkout: Path) -> None:
    program = "from pipeline.commands.streams import watched\nfor x in watched(iter('ab'), 'asking', 2): print(x)"
    master, slave = pty.openpty()
    words = [sys.executable, "-c", program]
    piped = subprocess.run(words, cwd=checkout, env=ENVIRONMENT | {"TERM": "xterm"}, stdout=subprocess.PIPE, stderr=slave, check=True)
    os.close(slave)
    drawn = os.read(master, 1 << 16)
    os.close(master)
    assert piped.stdout == b"a\nb\n"
    assert b"asking" in drawn


def test_training_draws_a_bar_on_a_terminal_alone(checkout: Path) -> None:
    program = (
        "from pipeline.commands.progress import progress\n"
        "with progress('increment-rnn-post') as watch: watch('length 10', 90, 900, {'loss': [0.25]})"
    )
    drawn = on_a_terminal(program, cwd=checkout, program=("-c",))
    assert "increment-rnn-post" in drawn
    assert "90/900" in drawn
    piped = subprocess.run([sys.executable, "-c", program], cwd=checkout, env=ENVIRONMENT, capture_output=True, check=True)
    assert (piped.stdout, piped.stderr) == (b"", b"")


@pytest.mark.slow
def test_memory_grows_neither_with_the_lines_nor_with_what_a_net_holds_of_a_long_one(checkout: Path) -> None:
    """Ten thousand nines as an argument, then 50,000 in a line and 2,000 lines more, in one process: its peaks, in MB."""
    program = (
        "import resource, sys; from pipeline.cli import app\n"
        "for text in ('9' * 10_000, '-'):\n"
        "    app(['solve', 'increment', text, *(['--json'] if text == '-' else [])], standalone_mode=False)\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)"
    )
    given = b"9" * 50_000 + b"\n" + b"19\n" * 2_000
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, cwd=checkout, env=ENVIRONMENT, input=given, capture_output=True, check=True)
    alone, *lines = done.stdout.decode().splitlines()
    assert alone == "1" + "0" * 10_000
    assert [json.loads(line)["answer"] for line in lines] == ["1" + "0" * 50_000, *["20"] * 2_000]
    before, after = map(int, done.stderr.split())
    # Answered at once and not in segments, the long line takes 30 MB more.
    assert after - before < 20


def test_reals_are_right_within_the_tasks_tolerance_or_not_counted() -> None:
    adding, curve = settings.read(ROOT / "studies/1997/params.yaml").task("adding"), settings.read(ROOT / "params.yaml").task("curve")
    pairs = adding.parse("0.5 -0.2* 0.1 0.3* 0.9")
    exact = adding.oracle(pairs[None])[0]
    assert ask._right(adding, pairs, exact + 0.039, exact) is True
    assert ask._right(adding, pairs, exact + 0.041, exact) is False
    values = curve.parse("2 2 2 2 2 2 2 2")
    assert ask._right(curve, values, values, values) is None


def test_a_seed_that_diverged_in_its_first_step_is_asked_last(tmp_path: Path) -> None:
    """It has scores and no loss; a folder in which no seed has any row is named."""
    points = [(10, 0, 5, 1, "training_token_accuracy", 0.5), (10, 1, 5, 1, "loss", 2), (10, 1, 5, 1, "training_token_accuracy", 0.5)]
    curves.write(tmp_path, points)
    assert _best_seeds(curves.read_lines("net", tmp_path)) == {10: 1}
    curves.write(tmp_path, [])
    recipes.write(tmp_path, handmade.recipe("parity"))
    with pytest.raises(CheckpointError, match="expected a net with training curves, got none"):
        Answerer.load(tmp_path, {})


@pytest.mark.parametrize("model", [{}, {"scalar_input": True}, {"gates": "hard_sigmoid", "input_bias": -1.0}])
def test_numpy_answers_as_keras_does(model: dict[str, Any], tmp_path: Path) -> None:
    task = settings.read(ROOT / "params.yaml").task("parity")
    params = registry.load("models", "lstm").Params.model_validate(
        {"name": "lstm", "units": 8, "kernels": "fused", "forget_bias": 1.0, "readout": "glorot_uniform"} | model
    )
    network = build(task, params, 12, (0,))
    rng = np.random.default_rng(1)
    sizes = {"recurrent/kernel": 3.0, "readout/bias": 0.0}  # the input decides, and not the readout's bias alone
    weights = {
        name: (rng.normal(size=values.shape) * sizes.get(name, 0.5)).astype(np.float32) for name, values in network.weights_of(0).items()
    }
    checkpoints.save(weights, checkpoints.path_of(tmp_path, 12, 0))
    answerer = Answerer(task, tmp_path, handmade.recipe("parity", params.model_dump()), {12: 0})
    bits = rng.integers(0, 2, (1, 1, 300))
    answers = ask._opened(answerer, 12)(bits, 250)
    assert answers.shape == (1, 1, 250)
    assert len(np.unique(answers)) == 2
    np.testing.assert_array_equal(answers, with_keras(answerer, 12)(bits, 250))


def test_a_net_that_the_prover_knows_is_asked_without_keras(checkout: Path) -> None:
    program = (
        "import sys; from pipeline.cli import app; app(['solve', 'increment', '1999'], standalone_mode=False); "
        "print(sorted({'keras', 'tensorflow', 'mlflow', 'jax'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=checkout, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["2000", "[]"]
