"""The checker as a stranger runs it, and forged certificates whose digests are right: every one is rejected."""

import copy
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hand_built import latch, net_of, parity_net

from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.checker.steps import Step
from pipeline.certification.nets.base import NotCertifiable, run
from pipeline.certification.nets.lstm_net import LSTMNet
from pipeline.certification.nets.tanh_net import PATHS, TanhNet
from pipeline.certification.prover.prove import prove
from pipeline.core.transducer import Transducer
from pipeline.tasks.parity import TASK

ROOT = Path(__file__).parent.parent
PARITY = TASK.transducer
NETS = {"tanh": parity_net(4), "lstm": latch()}


def save_weights(path, net):
    np.savez(path, **dict(zip(PATHS, net.weights(), strict=True)))
    return path


@pytest.fixture(scope="module", params=NETS)
def proof(request, tmp_path_factory):
    folder, net = tmp_path_factory.mktemp("proof"), NETS[request.param]
    prove(net, PARITY, "parity").save(folder / "certificate.json")
    return folder / "certificate.json", save_weights(folder / "weights.npz", net)


def sealed(found, path):
    body = {key: value for key, value in found.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    path.write_text(json.dumps(body | {"digest": hashlib.sha256(text.encode()).hexdigest()}))
    return path


def alone(*words):
    command = [sys.executable, "-m", "pipeline.certification.checker.checker", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_alone_it_says_what_is_proved_of_which_net_and_under_which_assumptions(proof):
    certificate, weights = proof
    found, told = json.loads(certificate.read_text()), alone(certificate, weights)
    assert (told.returncode, told.stderr) == (0, "")
    table = found["transducer"]
    machine = json.dumps([table["states"], 2, sorted(table["transitions"])], separators=(",", ":"))
    for words in (
        "proved: this net answers every input of every length as this machine does",
        'task         "parity"',
        'states ["even", "odd"], the first one is the start; symbols 0 to 1',
        hashlib.sha256(machine.encode()).hexdigest(),
        '"odd" reads 1: writes 0, "even"',
        f"net          {found['net']['kind']}",
        f"{2 if found['net']['kind'] == 'tanh' else 1} units, 2 logits",
        f"file SHA-256 {hashlib.sha256(weights.read_bytes()).hexdigest()}",
        "float32 arithmetic as in IEEE 754",
        "no fast-math",
        "tanh to within 2^-18",
        "logistic function to within 2^-20",
        f"by at least {found['margin']:.6g}",
        f"{len(found['nodes'])} sets of states; k = 1",
    ):
        assert words in told.stdout
    assert all(f"{key} {json.dumps(value)}" in told.stdout for key, value in found["net"].items() if key != "kind")


def test_alone_it_rejects_in_one_line(proof, tmp_path):
    found = json.loads(proof[0].read_text())
    found["nodes"][1]["margin"] *= 2
    found["nodes"][1]["name"] = "two\nlines"
    told = alone(sealed(found, tmp_path / "certificate.json"), proof[1])
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (1, "", 1)
    assert told.stderr.startswith("rejected: two lines: the margin is ")


@pytest.mark.parametrize("words", [[], ["one"], ["a", "b", "c"]])
def test_alone_wrong_arguments_are_one_line_of_usage(words):
    told = alone(*words)
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert told.stderr.startswith("usage: ")


@pytest.mark.parametrize(
    "damage", ["no certificate", "no weights", "no JSON", "deep", "no zip", "empty", "a cut zip", "one array", "a folder"]
)
def test_alone_an_unreadable_file_is_one_line(proof, tmp_path, damage):
    certificate, weights = tmp_path / "certificate.json", tmp_path / "weights.npz"
    certificate.write_bytes(proof[0].read_bytes())
    weights.write_bytes(proof[1].read_bytes())
    match damage:
        case "no certificate":
            certificate.unlink()
        case "no weights":
            weights.unlink()
        case "no JSON":
            certificate.write_bytes(b"\xff\xfe{")
        case "deep":
            certificate.write_text("[" * 100_000)
        case "no zip":
            weights.write_text("weights")
        case "empty":
            weights.write_bytes(b"")
        case "a cut zip":
            weights.write_bytes(proof[1].read_bytes()[:-40])
        case "one array":
            with weights.open("wb") as file:
                np.save(file, np.zeros(3))
        case "a folder":
            weights.unlink()
            weights.mkdir()
    told = alone(certificate, weights)
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert told.stderr.startswith("unreadable: ")
    with pytest.raises(Rejected):
        check(certificate, weights)


def test_a_set_so_wide_that_its_images_are_no_numbers_is_rejected_as_that(proof, tmp_path):
    found = json.loads(proof[0].read_text())
    found["nodes"][1]["axes"] = (1e308 * np.eye(2)).tolist()
    with pytest.raises(Rejected, match="is not a number"):
        check(sealed(found, tmp_path / "certificate.json"), proof[1], PARITY)


def test_one_margin_that_is_no_number_is_rejected(proof, monkeypatch):
    true, calls = Step.margin, []

    def spoilt(step, image, output):
        calls.append(output)
        return float("nan") if len(calls) == 4 else true(step, image, output)

    monkeypatch.setattr(Step, "margin", spoilt)
    with pytest.raises(Rejected, match="is not a number"):
        check(*proof, PARITY)


def set_number(found, part, value):
    found["nodes"][1][part][0] = value


def twice(found):
    found["transducer"]["transitions"].append(["odd", 1, "odd", 1])


def relabel(found):
    """The machine that always writes zero: the net does not compute it."""
    found["transducer"]["transitions"] = [[state, symbol, after, 0] for state, symbol, after, _ in found["transducer"]["transitions"]]


def width_of(found):
    return len(found["nodes"][0]["center"])


FORGERIES = {
    "a NaN in a center": lambda f: set_number(f, "center", float("nan")),
    "an infinite bound": lambda f: set_number(f, "high", float("inf")),
    "a margin that is no number": lambda f: f["nodes"][1].update(margin=float("nan")),
    "an infinite margin": lambda f: f["nodes"][1].update(margin=float("inf")),
    "text for a number": lambda f: set_number(f, "center", str(f["nodes"][1]["center"][0])),
    "nothing for a number": lambda f: set_number(f, "low", None),
    "no sets": lambda f: f.update(nodes=[]),
    "no start": lambda f: f.update(nodes=f["nodes"][1:]),
    "a target before the first": lambda f: f["nodes"][1].update(targets=[-1, -1]),
    "a target that is true": lambda f: f["nodes"][1].update(targets=[True, True]),
    "steps of no symbol": lambda f: f.update(stride=0),
    "steps of half a symbol": lambda f: f.update(stride=0.5),
    "steps of true symbols": lambda f: f.update(stride=True),
    "no symbols": lambda f: f["transducer"].update(symbols=0, transitions=[]),
    "one symbol fewer": lambda f: f["transducer"].update(symbols=1),
    "a transition twice": twice,
    "another machine": relabel,
    "an output that the net lacks": lambda f: f["transducer"]["transitions"][0].__setitem__(3, 7),
    "an output from the other end": lambda f: f["transducer"]["transitions"][0].__setitem__(3, -2),
    "other assumptions": lambda f: f["assumptions"].update(tanh_error=0.0),
    "another format": lambda f: f.update(format="trailing-nines certificate 9"),
    "a list for the net": lambda f: f.update(net=[]),
    "a margin below the sets'": lambda f: f.update(margin=f["margin"] / 2),
    "a wide start": lambda f: f["nodes"][0].update(high=[1.0] * width_of(f), axes=np.eye(width_of(f)).tolist()),
    "all sets the first one": lambda f: [node.update(targets=[0, 0]) for node in f["nodes"]],
    "a thin set": lambda f: f["nodes"][1].update(axes=(np.array(f["nodes"][1]["axes"]) * 1e-9).tolist()),
    "a flat set": lambda f: f["nodes"][1].update(axes=[f["nodes"][1]["axes"][0]] * width_of(f)),
    "a set turned inside out": lambda f: f["nodes"][1].update(low=f["nodes"][1]["high"], high=f["nodes"][1]["low"]),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_certificate_is_rejected_although_its_digest_is_right(proof, tmp_path, forgery):
    found = copy.deepcopy(json.loads(proof[0].read_text()))
    FORGERIES[forgery](found)
    with pytest.raises(Rejected) as rejected:
        check(sealed(found, tmp_path / "certificate.json"), proof[1])
    assert "changed after" not in str(rejected.value)


def test_a_certificate_that_says_a_thing_twice_is_rejected(proof, tmp_path):
    path = tmp_path / "certificate.json"
    path.write_text(proof[0].read_text().replace('{"format"', '{"task": "another", "format"', 1))
    with pytest.raises(Rejected, match="twice"):
        check(path, proof[1])


# What the model of rounding leaves out: sums that leave the range of float32


COPY = Transducer(("any",), 2, {("any", 0): ("any", 0), ("any", 1): ("any", 1)})


def overflowing():
    """Copy the input, by 2e38 logits and more in exact arithmetic; in float32 both logits of a one are infinite, and the first is taken."""
    return [[[9, -9], [9, 9]], np.zeros((2, 2)), [0, 0], [[3e38, 3e38], [0, 2e38]], [2e38, 2e38]]


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_net_whose_sums_leave_float32_is_not_accepted_although_its_equations_are_right(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.certification.nets.base.LARGEST_SUM", np.inf)
    monkeypatch.setattr("pipeline.certification.prover.counterexamples.shortest", lambda net, transducer: None)
    net = net_of(*overflowing())
    prove(net, COPY).save(tmp_path / "certificate.json")
    assert run(net, np.array([[0, 1]])).tolist() == [[0, 0]]
    with pytest.raises(Rejected, match="range of float32"):
        check(tmp_path / "certificate.json", save_weights(tmp_path / "weights.npz", net), COPY)


def test_nets_whose_sums_leave_float32_are_refused():
    kernel, recurrent, bias, readout, offset = (np.array(weight, np.float32) for weight in overflowing())
    with pytest.raises(NotCertifiable, match=r"2\^127"):
        TanhNet(kernel, recurrent, bias, readout, offset)
    with pytest.raises(NotCertifiable, match=r"2\^127"):
        TanhNet(kernel * np.float32(3e37), recurrent, bias, readout / 2, offset)
    with pytest.raises(NotCertifiable, match=r"2\^127"):
        LSTMNet(np.tile(kernel, 4), np.tile(recurrent, 4), np.tile(bias, 4), readout, offset)
