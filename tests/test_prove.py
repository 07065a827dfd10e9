"""``nines prove``, ``discover`` and ``export`` as a person types them, and what they write."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from layered_nets import KINDS, gru_parity, random_net, singles, stacked_parity
from typer.testing import CliRunner

from pipeline.certification.checker.checker import main as checker
from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.cli import app
from pipeline.core import registry
from pipeline.core.errors import Mendable
from pipeline.core.examples import TaskSpec
from pipeline.foreign.export import write
from pipeline.foreign.machines import of_task, read
from pipeline.foreign.nets import ForeignNet, Reading
from pipeline.foreign.nets import read as read_net
from pipeline.foreign.ours import NotExportable, layered
from pipeline.foreign.proving import PROVED, REFUTED, UNDECIDED, Outcome, effort_for, prove

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
pytest.importorskip("safetensors")

ROOT = Path(__file__).parent.parent
EXPORTED = Path(__file__).parent / "exported"
PARITY = of_task("parity")


def nines(*words):
    """Run a command; return its exit code, what it printed, and the line of what is wrong."""
    done = CliRunner().invoke(app, [*map(str, words)])
    if isinstance(done.exception, Mendable):
        return done.exception.exit_code, done.stdout, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, ""


@pytest.fixture
def saved(tmp_path):
    def saved(net, name="net.safetensors"):
        write(net, tmp_path / name)
        return tmp_path / name

    return saved


def test_a_net_of_pytorch_is_proved_and_the_checker_copied_out_alone_accepts_the_proof(tmp_path):
    code, told, _ = nines("prove", EXPORTED / "gru-parity.safetensors", "--task", "parity", "--out", tmp_path / "proof.json")
    assert code == 0
    assert told.startswith("proved: gru-parity.safetensors, PyTorch, gru of 8 units, and parity (2 states)")
    alone = tmp_path / "alone"
    checker_of = alone / "pipeline" / "certification" / "checker"
    checker_of.mkdir(parents=True)
    for file in (ROOT / "pipeline" / "certification" / "checker").glob("*.py"):
        (checker_of / file.name).write_bytes(file.read_bytes())
    files = [str(tmp_path / name) for name in ("proof.json", "proof.npz")]
    command = [sys.executable, "-m", "pipeline.certification.checker.checker", *files]
    done = subprocess.run(command, cwd=alone, env={"PYTHONPATH": str(alone)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"kind": "gru", "reset": "after"' in done.stdout
    changed = dict(np.load(files[1]))
    changed["layer_0/bias"][0] += 1
    np.savez(files[1], **changed)
    done = subprocess.run(command, cwd=alone, env={"PYTHONPATH": str(alone)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "other weights" in done.stderr


def test_as_json_it_says_the_same(saved):
    code, told, _ = nines("prove", saved(gru_parity()), "--task", "parity", "--json")
    found = json.loads(told)
    assert (code, found["verdict"], found["machine"]["name"]) == (0, "proved", "parity")
    assert found["margin"] > 0
    assert any("logistic" in line for line in found["assumptions"])


def broken(net, by=0.9):
    """Let the units of a net of parity hear each other less, so that states fade."""
    (layer,) = net.layers
    return LayeredNet(
        (Layer(layer.kind, layer.kernel, layer.recurrent * np.float32(by), layer.bias, layer.recurrent_bias, layer.reset),),
        net.readout,
        net.offset,
    )


def test_a_wrong_net_is_refuted_by_an_input_that_its_own_framework_answers_wrongly(saved):
    pytest.importorskip("onnxruntime")
    path = saved(broken(gru_parity(1.3), 0.8), "net.onnx")
    code, told, _ = nines("prove", path, "--task", "parity")
    assert code == 1
    assert told.startswith("refuted: net.onnx, ONNX")
    assert "run in ONNX" in told
    outcome = prove(read_net(path, Reading(symbols=2)), PARITY)
    wrong, net = outcome.wrong, outcome.net
    assert net.answers(np.array([wrong.inputs]))[0] == wrong.got[-1] != wrong.expected[-1]
    assert tuple(PARITY.transducer.run(np.array([wrong.inputs]))[0]) == wrong.expected
    for end in range(1, len(wrong.inputs)):
        assert net.answers(np.array([wrong.inputs[:end]]))[0] == wrong.expected[end - 1]


def test_a_net_that_every_random_test_passes_and_that_is_wrong_is_called_so(saved):
    """A GRU that holds what it knows for some twenty zeros: among random bits they hardly ever come."""
    pytest.importorskip("onnxruntime")
    outcome = prove(read_net(saved(fading(), "net.onnx"), Reading(symbols=2)), PARITY)
    assert outcome.verdict == REFUTED
    assert "every random test passes" in outcome.random_tests
    assert len(outcome.wrong.inputs) > 12


def fading():
    """Parity, in units whose states shrink a little at every symbol, until after some twenty zeros they are gone."""
    return gru_parity(1.145)


def test_where_the_framework_is_not_installed_the_replay_says_what_it_is(saved):
    path = saved(broken(gru_parity(1.3), 0.8))
    net = read_net(path, Reading(symbols=2))
    bare = ForeignNet(path, "PyTorch", net.net, unreplayed="PyTorch is not installed")
    assert prove(bare, PARITY).wrong.replayed == "NumPy in float32 (PyTorch is not installed)"
    assert any("was not run in PyTorch" in line for line in bare_assumptions(bare))


def bare_assumptions(net):
    return Outcome(UNDECIDED, net, PARITY, 0.0).assumptions


def test_a_net_that_is_neither_is_undecided_with_where_it_got_stuck(saved):
    code, told, _ = nines("prove", saved(gru_parity(1.17)), "--task", "parity", "--effort", "0.05")
    assert code == 3
    assert told.startswith("undecided: ")
    assert "stride 1: " in told
    assert "  try          " in told
    code, told, _ = nines("prove", saved(gru_parity(1.17)), "--task", "parity", "--effort", "0.05", "--json")
    assert (code, json.loads(told)["verdict"]) == (3, "undecided")


def test_a_softmax_that_may_round_a_margin_away_is_not_claimed(saved):
    net = gru_parity()
    faint = LayeredNet(net.layers, net.readout * np.float32(3e-5), net.offset * np.float32(3e-5))
    found = read_net(saved(faint), Reading(symbols=2))
    assert prove(found, PARITY).verdict == PROVED
    outcome = prove(ForeignNet(found.path, "Keras", faint, "softmax"), PARITY)
    assert outcome.verdict == UNDECIDED
    assert "softmax" in outcome.reasons[0]


def test_a_replay_that_disagrees_with_numpy_refutes_nothing(saved):
    path = saved(broken(gru_parity(1.3), 0.8))
    net = read_net(path, Reading(symbols=2))

    def right(inputs):
        return np.eye(2)[PARITY.transducer.run(inputs)[:, -1]]

    outcome = prove(ForeignNet(path, "a framework", net.net, replay=right), PARITY)
    assert outcome.verdict == UNDECIDED
    assert "rounding decides" in outcome.reasons[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected either --task or --machine, got neither"),
        (["--task", "parity", "--machine", "m.yaml"], "got both"),
        (["--task", "sort"], "expected a task with a finite-state machine"),
        (["--task", "parrity"], "did you mean 'parity'?"),
        (["--machine", "none.yaml"], "none.yaml: expected a machine"),
        (["--task", "increment"], "expected 10 inputs (one-hot) or 1 (a number) for 10 symbols, got 2"),
        (["--task", "parity", "--values", "a,b"], "--values: expected numbers"),
        (["--task", "parity", "--values", "0,1"], "--values: expected a net of one input for numbers, got 2 inputs"),
        (["--task", "parity", "--nonlinearity", "sine"], "--nonlinearity: expected tanh or relu"),
        (["--task", "parity", "--readout", "other"], "--readout: expected a linear layer of 2 inputs (readout)"),
        (["--task", "parity", "--effort", "0"], "--effort: expected a number above 0"),
        (["--task", "parity", "--out", "none/proof.json"], "--out: expected a file in a folder that is there"),
    ],
)
def test_invalid_input_is_one_line_and_exit_code_2(saved, words, message):
    code, told, error = nines("prove", saved(gru_parity()), *words)
    assert (code, told) == (2, "")
    assert message in error
    assert "\n" not in error


def test_a_machine_that_does_not_fit_the_net_is_refused(saved, tmp_path):
    (tmp_path / "m.yaml").write_text(
        "states: [a]\nstart: a\nalphabet: [x, y]\noutputs: [p, q, r]\ntransitions:\n  a: {x: [a, p], y: [a, r]}\n"
    )
    code, _, error = nines("prove", saved(gru_parity()), "--machine", tmp_path / "m.yaml")
    assert code == 2
    assert "expected a net of at least 3 outputs for m, got one of 2" in error


@pytest.mark.parametrize("net", [gru_parity(), stacked_parity()], ids=["gru", "stacked"])
def test_the_machine_of_a_net_is_learnt_from_the_net_alone_and_proved(saved, tmp_path, net):
    pytest.importorskip("aalpy")
    pytest.importorskip("onnxruntime")
    code, told, _ = nines("discover", saved(net, "net.onnx"), "--out", tmp_path)
    assert code == 0
    assert told.startswith("the machine: net.onnx")
    assert "computes a machine of 2 states over 2 symbols" in told
    inputs = np.array(list(itertools.product(range(2), repeat=9)))
    for ending in ("yaml", "dot"):
        machine = read(tmp_path / f"net.{ending}").transducer
        np.testing.assert_array_equal(machine.run(inputs), PARITY.transducer.run(inputs))
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG")
    assert checker([str(tmp_path / "net-proof.json"), str(tmp_path / "net-proof.npz")]) == 0


def test_a_net_that_counts_is_no_machine_and_a_hypothesis_is_called_so(saved):
    pytest.importorskip("aalpy")
    pytest.importorskip("onnxruntime")
    code, told, _ = nines("discover", saved(counter(), "net.onnx"), "--states", "5", "--json")
    found = json.loads(told)
    assert (code, found["verdict"]) == (3, "undecided")
    assert found["unfinished"].startswith("more than 5 states")


def counter():
    """An LSTM whose cell adds one for a 1 and takes one for a 0; the output says whether it is above zero."""
    kernel = singles([[0, 0, -20, 0], [0, 0, 20, 0]])
    layer = Layer("lstm", kernel, np.zeros((1, 4), np.float32), singles([30, 30, 0, 30]), np.zeros(4, np.float32))
    return LayeredNet((layer,), singles([[0, 8]]), singles([0, -1]))


STACKS = [*[(kind,) for kind in KINDS], (("gru", "after"), ("gru", "after")), (("lstm", None), ("tanh", None))]


@pytest.mark.parametrize("ending", [".keras", ".safetensors", ".onnx"])
@pytest.mark.parametrize("table", [None, 1, 3])
@pytest.mark.parametrize("kinds", STACKS, ids=lambda kinds: "-".join(filter(None, itertools.chain(*kinds))))
def test_an_exported_net_computes_the_same_in_its_own_framework(tmp_path, kinds, table, ending):
    if ending == ".onnx":
        pytest.importorskip("onnxruntime")
    net = random_net(np.random.default_rng(0), kinds, symbols=4, table=table, scale=0.6)
    path = tmp_path / f"net{ending}"
    if ending == ".safetensors" and (len({kind for kind, _ in kinds}) > 1 or kinds[0][1] == "before"):
        with pytest.raises(NotExportable, match="for PyTorch"):
            write(net, path)
        return
    write(net, path)
    values = tuple(map(float, net.table[:, 0])) if table == 1 else None
    found = read_net(path, Reading(symbols=4, values=values))
    inputs = np.random.default_rng(1).integers(4, size=(5, 13))
    own = ForeignNet(path, "", net).own_scores(inputs)
    if found.replay is None:
        found.own_scores(inputs)
        np.testing.assert_allclose(found.own_scores(inputs), own, atol=1e-5)
        pytest.skip("PyTorch is not installed: the file is read back by this project alone")
    np.testing.assert_allclose(found.replay(inputs), own, atol=1e-5)


def test_nets_of_this_project_that_other_frameworks_have_not_are_refused():
    weights = {"recurrent/kernel": np.zeros((2, 4), np.float32)}
    for model, message in (({"name": "pointer"}, "got pointer"), ({"name": "lstm", "gates": "hard_sigmoid"}, "model.gates"),
                           ({"name": "lstm", "projection": True}, "model.projection")):  # fmt: skip
        with pytest.raises(NotExportable, match=message):
            layered(model, weights, 2)


@pytest.mark.parametrize("name", ["simple_rnn", "lstm", "gru", "gru before"])
def test_this_projects_layers_are_the_layers_that_are_exported(name):
    kind, _, reset = name.partition(" ")
    module = registry.load("models", kind)
    told = {"lstm": {"forget_bias": 0.7, "input_bias": -0.3}, "gru": {"reset": reset or "after"}}.get(kind, {})
    model = module.Params(name=kind, units=5, kernels="fused", readout="glorot_uniform", **told)
    network = module.build(TaskSpec(inputs=2, outputs=2, answer="sequence"), model, (0,))
    rng = np.random.default_rng(0)
    weights = {path: rng.normal(scale=0.5, size=weight.shape).astype(np.float32) for path, weight in network.weights_of(0).items()}
    network.assign([weights])
    inputs = rng.integers(2, size=(4, 9))
    net = ForeignNet(Path(), "", layered(model.model_dump(), weights, 2))
    np.testing.assert_allclose(net.own_scores(inputs), np.asarray(network(inputs[None].astype(np.int32)))[0][:, -1], atol=1e-5)


def test_the_effort_grows_with_the_alphabet():
    efforts = [effort_for(of_task(name)) for name in ("parity", "increment", "words_s5", "addition", "sum_of_three")]
    assert [effort.images for effort in efforts] == [3_000, 3_000, 5_760, 25_000, 25_000]
    assert all(effort.search_first and effort.work == 10 * effort.images for effort in efforts)
