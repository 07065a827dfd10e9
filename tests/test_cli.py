"""The command line: help with examples, one clear line for what is wrong, and no heavy library where none is needed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commands.doctor import in_short
from pipeline.tracking.store import open_store

ROOT = Path(__file__).parent.parent
COMMANDS = [
    "freeze", "train", "evaluate", "certify", "verify", "report", "solve", "explain", "tune", "schema", "tasks", "experiments", "ui",
    "sync", "relocate", "pull", "push", "doctor", "prove", "discover", "export", "guarantee", "repro", "compare", "bundle",
]  # fmt: skip


def nines(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(cwd)}
    return subprocess.run([sys.executable, "-m", "pipeline", *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: nines {command}" in shown.output


def test_the_list_of_commands_is_whole() -> None:
    assert sorted(command.name or command.callback.__name__ for command in app.registered_commands) == sorted(COMMANDS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["solve", "increment", "12a4"], "expected a number in decimal digits"),
        (["solve", "increment", ""], "expected a number in decimal digits"),
        (["guarantee", "sort-pointer", "--write", "--out", "."], "--write: expected no --out beside it"),
        (["solve", "increment", "-3"], "expected a number in decimal digits"),
        (["solve", "parity", "1021"], "got '1021'"),
        (["solve", "incremnt", "3"], "did you mean 'increment'?"),
        (["solve", "increment", "3", "--experiment", "increment-rn-post"], "did you mean 'increment-rnn-post'?"),
        (["train", "increment-rnn-pst"], "did you mean 'increment-rnn-post'?"),
        (["freeze", "srot"], "did you mean 'sort'?"),
        (["explain", "increment-rnn-pst"], "did you mean 'increment-rnn-post'?"),
        (["tune"], "expected the name of an experiment, or --row"),
        (["tune", "--row", "3", "--set", "model.units=4"], "--set: expected no changes beside --row"),
        (["verify", "parity-rnn-post"], "expected one of the experiments under certificates in params.yaml"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words: list[str], expected: str) -> None:
    done = nines(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr
    assert done.stdout == ""


def test_what_is_not_there_yet_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    (tmp_path / ".dvc").mkdir()
    for words, remedy in ((["solve", "increment", "3"], "dvc repro"), (["train", "curve-lstm-post"], "dvc repro freeze@curve")):
        done = nines(*words, cwd=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert remedy in done.stderr
    assert not (tmp_path / "data").exists()


def test_outside_the_checkout_is_one_line(tmp_path: Path) -> None:
    done = nines("tasks", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "params.yaml: expected this file in the current folder" in done.stderr


def test_lists_name_every_task_and_experiment() -> None:
    assert "long_lag" in nines("tasks").stdout
    assert "long_lag-lstm-post" in nines("experiments").stdout


def test_lists_are_lines_with_tabs_where_there_is_no_terminal() -> None:
    lines = [line.split("\t") for line in nines("experiments").stdout.splitlines()]
    assert lines[0] == ["experiment", "task", "model", "optimizer", "seeds"]
    assert ["parity-lstm-post", "parity", "lstm", "adam 0.1", "10"] in lines
    assert {len(line) for line in lines} == {5}


def test_the_schema_is_printed_as_the_file_has_it() -> None:
    assert nines("schema").stdout == (ROOT / "params.schema.json").read_text(encoding="utf-8")


COMPLETE = """
nines() { python -m pipeline "$@"; }
eval "$(_NINES_COMPLETE=source_bash nines)"
COMP_WORDS=(%s) COMP_CWORD=%d
_nines_completion nines
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words: str, cwd: Path = ROOT) -> list[str]:
    """Ask bash what it completes the last word to."""
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    script = COMPLETE % (" ".join(f"'{word}'" for word in words), len(words) - 1)
    done = subprocess.run(["bash", "-c", script], cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_tasks_and_experiments() -> None:
    assert completed("nines", "expl") == ["explain"]
    assert completed("nines", "freeze", "co") == ["count_ones"]
    assert completed("nines", "train", "sort-seq2seq-p") == ["sort-seq2seq-post"]
    of_parity = completed("nines", "solve", "parity", "--experiment", "")
    assert "parity-lstm-post" in of_parity
    assert all(name.startswith("parity-") for name in of_parity)


def test_a_broken_params_file_completes_nothing_and_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("tasks: [\n")
    for params in ("tasks: [\n", "tasks: 3\n", None):
        (tmp_path / "params.yaml").unlink()
        if params:
            (tmp_path / "params.yaml").write_text(params)
        assert completed("nines", "freeze", "", cwd=tmp_path) == []
        (tmp_path / "params.yaml").touch()


def loaded(*words: str, cwd: Path = ROOT, **variables: str) -> tuple[str, set[str]]:
    """What a command prints, and the packages that it loads."""
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('LOADED', *{name.partition('.')[0] for name in sys.modules}))\n"
        "sys.argv[0] = 'nines'\n"
        "from pipeline.cli import main\n"
        "main()"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(cwd)} | variables
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said, _, packages = done.stdout.rpartition("LOADED")
    return said, set(packages.split())


HEAVY = {"tensorflow", "keras", "jax", "mlflow", "sqlalchemy", "matplotlib", "scipy", "pandas", "dvc", "rich"}


def test_completing_loads_nothing_that_computes() -> None:
    said, packages = loaded(_NINES_COMPLETE="complete_bash", COMP_WORDS="nines explain par", COMP_CWORD="2")
    assert "parity-lstm-post" in said
    assert not packages & (HEAVY | {"numpy"})


def test_help_loads_nothing_that_checks_or_computes() -> None:
    said, packages = loaded("--help")
    assert "doctor" in said
    assert not packages & (HEAVY | {"pydantic", "numpy", "yaml", "ruamel"})


@pytest.mark.parametrize("command", ["tasks", "experiments"])
def test_lists_load_nothing_that_computes(command: str) -> None:
    said, packages = loaded(command)
    assert "long_lag" in said
    assert not packages & HEAVY


def test_tasks_are_listed_whatever_the_experiments_are(tmp_path: Path) -> None:
    document = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe").dump({"tasks": document["tasks"], "experiments": {"x": 3}}, file)
    assert sorted(nines("tasks", cwd=tmp_path).stdout.splitlines()) == sorted(nines("tasks").stdout.splitlines())
    document["tasks"]["sort"]["lenght"] = 3
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe").dump({"tasks": document["tasks"]}, file)
    done = nines("tasks", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: params.yaml: tasks.sort.lenght: unknown key")


def test_freezing_loads_no_deep_learning_library_and_no_tracker(tmp_path: Path) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    _, packages = loaded("freeze", "curve", cwd=tmp_path)
    assert not packages & HEAVY
    assert (tmp_path / "data/datasets/curve/manifest.json").is_file()


def test_the_doctor_asks_neither_tensorflow_nor_mlflow_where_all_is_well(tmp_path: Path) -> None:
    """A store that MLflow has made, and a machine whose driver names no GPU."""
    (tmp_path / ".dvc").mkdir()
    store = open_store(tmp_path)
    experiment = store.experiment_id("increment")
    for name in "abc":
        store.client.create_run(experiment, run_name=name)
    said, packages = loaded("doctor", cwd=tmp_path)
    assert re.search(r"^tensorflow +\d", said, re.MULTILINE)
    assert re.search(r"^MLflow store +sqlite:\S+mlflow.db \(3 runs\)$", said, re.MULTILINE)
    if shutil.which("nvidia-smi", path="/usr/bin:/bin") is None and not Path("/dev/nvidiactl").exists():
        assert re.search(r"^device +cpu:0$", said, re.MULTILINE)
        assert not packages & {"tensorflow", "keras", "jax", "mlflow"}


@pytest.mark.parametrize("port", ["0", "99999999", "x"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    done = nines("ui", "--port", port)
    assert done.returncode == 2
    assert "Invalid value for '--port'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("", "all stages are up to date"),
        ("a", "1 stage is not up to date: a ('dvc status' says why, 'dvc repro' runs them)"),
        ("abcde", "5 stages are not up to date: a, b, c and 2 more ('dvc status' says"),
    ],
)
def test_the_doctor_sums_up_what_dvc_says(changed: str, expected: str) -> None:
    assert in_short({stage: ["changed deps"] for stage in changed}).startswith(expected)
