"""The checker as one file, copied out: it runs with NumPy alone and says to the letter what 'nines verify' says."""

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hand_built import latch, parity_net
from layered_nets import gru_parity, own_gru, stacked_parity
from test_checker import sealed
from typer.testing import CliRunner

from pipeline.certification.nets.tanh_net import PATHS
from pipeline.certification.prover.prove import prove
from pipeline.cli import app
from pipeline.tasks.parity import TASK

NETS = {
    "tanh": parity_net(4),
    "lstm": latch(),
    "after": gru_parity(),
    "before": gru_parity(reset="before"),
    "own": own_gru("after"),
    "stacked": stacked_parity(),
}


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checker, and one with NumPy in it and nothing else that is not Python's own."""
    folder, numpy = tmp_path_factory.mktemp("apart"), Path(np.__file__).parent
    (folder / "path").mkdir()
    for part in numpy.parent.glob("numpy*"):
        if part.name in ("numpy", "numpy.libs"):
            (folder / "path" / part.name).symlink_to(part)
    told = CliRunner().invoke(app, ["verify", "--write-checker", str(folder / "checker.py")])
    assert (told.exit_code, told.stdout.strip()) == (0, str(folder / "checker.py"))
    return folder


@pytest.fixture(scope="module", params=NETS)
def proof(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    net, folder = NETS[request.param], tmp_path_factory.mktemp("proof")
    prove(net, TASK.transducer, "parity").save(folder / "certificate.json")
    weights = net.weights()
    np.savez(folder / "weights.npz", **(weights if isinstance(weights, dict) else dict(zip(PATHS, weights, strict=True))))
    return folder / "certificate.json", folder / "weights.npz"


def alone(apart: Path, *words: object) -> tuple[int, str, str]:
    environment = {"PYTHONPATH": str(apart / "path"), "PATH": os.defpath}
    command = [sys.executable, "-S", "-s", *map(str, words)]
    done = subprocess.run(command, cwd=apart, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def verified(*words: object) -> tuple[int, str, str]:
    told = CliRunner().invoke(app, ["verify", *map(str, words)])
    return told.exit_code, told.stdout, told.stderr


def test_nothing_of_ours_is_on_its_path(apart: Path) -> None:
    for module in ("pipeline", "keras", "flint"):
        code, _, said = alone(apart, "-c", f"import {module}")
        assert code == 1
        assert f"No module named '{module}'" in said


def test_it_says_what_the_command_says(apart: Path, proof: tuple[Path, Path]) -> None:
    code, told, said = alone(apart, "checker.py", *proof)
    assert (code, told, said) == verified(*proof)
    assert (code, said) == (0, "")
    for word in ("task ", "machine ", "net ", "assumed ", "margin "):
        assert f"\n  {word}" in told


def test_it_rejects_what_the_command_rejects(apart: Path, proof: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, weights = proof
    found = json.loads(certificate.read_text())
    found["nodes"][-1]["low"][0] += 0.5
    forged = sealed(found, tmp_path / "forged.json")
    for words in ((forged, weights), (certificate, certificate), (tmp_path / "nothing", weights)):
        answer = alone(apart, "checker.py", *words)
        assert answer == verified(*words)
        assert (answer[0], answer[2].count("\n")) == (1 if words[0] == forged else 2, 1)


def test_its_help_names_the_file_and_no_module_of_ours(apart: Path) -> None:
    assert alone(apart, "checker.py") == (2, "", "usage: python checker.py certificate.json weights.npz\n")
    assert "pipeline" not in "\n".join(line for line in (apart / "checker.py").read_text().splitlines() if "import" in line)


def test_no_module_takes_a_name_that_another_one_has(apart: Path) -> None:
    body = ast.parse((apart / "checker.py").read_text()).body
    defined = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    defined += [ast.unparse(node.targets[0]) for node in body if isinstance(node, ast.Assign)]
    assert {name for name, count in Counter(defined).items() if count > 1} == {"Array"}


@pytest.mark.parametrize("path", ["checker.txt", "no/such/checker.py"])
def test_a_file_that_it_cannot_be_written_to_is_refused(path: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["verify", "--write-checker", str(tmp_path / path)])
    assert "--write-checker: expected a file ending with .py" in str(told.exception)
    assert list(tmp_path.iterdir()) == []
