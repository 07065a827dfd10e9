"""``nines prove --finetune``: copies of a net that are trained on until one is proved."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hand_built import forgetful, parity_net
from layered_nets import gru_parity, singles, stacked_parity
from test_prove import PARITY, fading, nines

from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.foreign import finetuning
from pipeline.foreign.export import write
from pipeline.foreign.finetuning import finetune, strings
from pipeline.foreign.nets import Reading, read
from pipeline.foreign.ours import layered
from pipeline.foreign.proving import PROVED, prove

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
pytest.importorskip("safetensors")


def plain(table=None):
    """Parity by a tanh layer with a bias in each of both places; ``table``: what it reads for each symbol."""
    net = parity_net(4.0)
    kernel = net.kernel if table is None else np.linalg.lstsq(singles(table), net.kernel, rcond=None)[0]
    bias, more = net.bias - singles(0.25), np.full_like(net.bias, 0.25)
    fed = None if table is None else singles(table)
    return LayeredNet((Layer("tanh", singles(kernel), net.recurrent, bias, more),), net.readout, net.offset, fed)


def gru(reset):
    """Parity by a GRU whose two biases of the candidate take each other back."""
    net, own = gru_parity(reset=reset), singles([0, 0, 0, 0, 4.0, -3.0])
    (layer,) = net.layers
    return LayeredNet((replace(layer, bias=layer.bias - own, recurrent_bias=layer.recurrent_bias + own),), net.readout, net.offset)


def lstm():
    net = forgetful(parity_net(4.0), shut=12.0)
    weights = {f"recurrent/{name}": value for name, value in zip(("kernel", "recurrent_kernel", "bias"), net.weights(), strict=False)}
    weights |= {"readout/kernel": net.readout, "readout/bias": net.offset}
    return layered({"name": "lstm", "forget_bias": -12.0}, weights, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("net", "ending"),
    [
        pytest.param(plain(), ".keras", id="two biases"),
        pytest.param(plain([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), ".safetensors", id="embedded"),
        pytest.param(gru("after"), ".safetensors", id="gru, reset after"),
        pytest.param(gru("before"), ".keras", id="gru, reset before"),
        pytest.param(stacked_parity(), ".keras", id="stacked"),
        pytest.param(lstm(), ".keras", id="lstm"),
    ],
)
def test_a_copy_is_the_same_net_before_it_is_trained(net, ending, tmp_path, monkeypatch):
    """A few steps hardly move a net of these sizes, and so its proof stands; a weight in another place would lose it."""
    assert prove(_as_read(net, tmp_path / f"net{ending}"), PARITY).verdict == PROVED
    monkeypatch.setattr(finetuning, "ROUNDS", ((1e-6, 4),))
    found = finetune(net, PARITY, tmp_path / f"copy{ending}")
    assert found is not None
    assert found.moved.changed == 0
    assert found.moved.logits[1] < 0.3
    again = read(tmp_path / f"copy{ending}", Reading(2))
    assert again.net.digest() == found.outcome.net.net.digest() != _as_read(net, tmp_path / f"net{ending}").net.digest()
    assert {path.name for path in tmp_path.iterdir()} == {f"net{ending}", f"copy{ending}"}


def _as_read(net, path):
    write(net, path)
    return read(path, Reading(2))


@pytest.mark.slow
def test_a_net_that_forgets_is_trained_on_until_it_is_proved(tmp_path):
    write(fading(), tmp_path / "net.safetensors")
    words = ("--task", "parity", "--finetune", tmp_path / "copy.safetensors", "--out", tmp_path / "proof.json", "--json")
    code, told, _ = nines("prove", tmp_path / "net.safetensors", *words)
    found = json.loads(told)
    assert (code, found["verdict"], found["finetuned"]["verdict"]) == (0, "refuted", "proved")
    assert found["finetuned"]["moved"]["outputs"] == 20_000
    assert [path.rsplit("/", 1)[1] for path in found["files"]] == ["copy.safetensors", "proof.json", "proof.npz"]
    code, told, _ = nines("prove", tmp_path / "copy.safetensors", "--task", "parity")
    assert (code, told.split(":")[0]) == (0, "proved")


@pytest.mark.slow
def test_where_no_copy_is_proved_nothing_is_written_and_it_is_said(tmp_path, monkeypatch):
    write(gru_parity(1.145), tmp_path / "net.safetensors")
    monkeypatch.setattr(finetuning, "ROUNDS", ((1e-6, 4),))
    code, told, _ = nines("prove", tmp_path / "net.safetensors", "--task", "parity", "--finetune", tmp_path / "copy.keras")
    assert code == 1
    assert "fine-tuned: no copy was proved, and none is written" in told
    assert [path.name for path in tmp_path.iterdir()] == ["net.safetensors"]


def test_a_net_that_is_proved_is_not_trained_on(tmp_path):
    write(gru_parity(), tmp_path / "net.safetensors")
    code, told, _ = nines("prove", tmp_path / "net.safetensors", "--task", "parity", "--finetune", tmp_path / "copy.keras")
    assert code == 0
    assert "fine-tuned" not in told
    assert not (tmp_path / "copy.keras").exists()


@pytest.mark.parametrize(
    ("copy", "message"),
    [
        ("copy.pt", "--finetune: expected a file that ends with .keras, .safetensors, .onnx, got "),
        ("nowhere/copy.keras", "--finetune: expected a file in a folder that is there, got "),
        ("net.safetensors", "--finetune: expected another file than that of the net, got "),
    ],
)
def test_a_file_that_cannot_be_the_copys_is_refused_before_the_work(copy, message, tmp_path):
    write(fading(), tmp_path / "net.safetensors")
    code, _, fault = nines("prove", tmp_path / "net.safetensors", "--task", "parity", "--finetune", tmp_path / copy)
    assert code == 2
    assert fault.startswith(message)


def test_training_strings_have_long_runs_and_all_symbols():
    drawn = strings(PARITY.transducer, 400, 20)
    assert set(np.unique(drawn)) == {0, 1}
    runs = (drawn[:, 1:] == drawn[:, :-1]).mean(axis=1)
    assert runs.min() < 0.4
    assert runs.max() == 1.0
