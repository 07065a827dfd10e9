"""The card of an experiment: what it says comes from the files, and the code in it loads what ``nines export`` writes."""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from proved_files import GAINS, write_proved
from report_files import asked_for

from pipeline.certification.nets import base, reading
from pipeline.core import registry
from pipeline.foreign import export
from pipeline.foreign.ours import layered
from pipeline.reporting.inputs.certificates import read_certificates
from pipeline.reporting.inputs.results import Results, read
from pipeline.stages.cards import card

NAME = "parity-rnn"
BLOCKS = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODELS = {
    "simple_rnn": {"units": 5, "kernels": "fused", "readout": "glorot_uniform"},
    "lstm": {"units": 5, "kernels": "fused", "readout": "glorot_uniform", "forget_bias": 1.0},
    "gru": {"units": 5, "kernels": "fused", "readout": "glorot_uniform"},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    data = tmp_path_factory.mktemp("data")
    write_proved(data)
    return data, read(NAME, data / "models" / NAME, data / "results" / NAME)


def test_scores_verdicts_and_examples_are_those_of_the_files(results: tuple[Path, Results]) -> None:
    data, own = results
    (experiment,) = asked_for([NAME])
    found = read_certificates(NAME, data)
    assert found
    text = card(own, experiment.task, {}, {NAME: found}, {})
    assert "1 of 3 nets is proved right on every input of every length" in text
    assert "1 answers some input wrongly; 1 is undecided." in text
    assert "tanh is off by at most 2⁻¹⁸" in text
    hit = found.verdicts[1].counterexample
    assert hit
    assert f"| 1 | `{hit.input}` | `{hit.expected}` | `{hit.got}` |" in text
    assert "| inputs | 4 | 12 | 1,000 |\n| --- | ---: | ---: | ---: |\n| random | 3/3; 1 | 3/3; 1 | 3/3; 1 |" in text
    for shown, answer in re.findall(r"^\| `([01]+)` \| `([01]+)` \|$", text, re.MULTILINE):
        inputs = experiment.task.parse(shown)
        assert experiment.task.render(inputs, experiment.task.oracle(inputs[None])[0]) == answer
    assert own.recipe.training_data in text


def test_without_proofs_the_card_says_that_none_was_tried(results: tuple[Path, Results]) -> None:
    (experiment,) = asked_for([NAME])
    text = card(results[1], experiment.task, {}, {}, {})
    assert "No proof was tried" in text
    assert "a net that is right on each of them may be wrong" in text


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on NumPy 2
@pytest.mark.parametrize("model", MODELS)
def test_the_code_of_the_card_loads_the_exported_files(
    model: str, results: tuple[Path, Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    params = registry.load("models", model).Params.model_validate({"name": model} | MODELS[model]).model_dump()
    shapes = {"recurrent/kernel": (2, 1), "recurrent/recurrent_kernel": (5, 1), "recurrent/bias": (1,)}
    rng, gates = np.random.default_rng(3), {"simple_rnn": 1, "lstm": 4, "gru": 3}[model]
    weights = {path: rng.normal(size=(*shape[:-1], 5 * gates)).astype(np.float32) for path, shape in shapes.items()}
    if model == "gru":
        weights["recurrent/candidate_bias"] = rng.normal(size=5).astype(np.float32)
    weights |= {"readout/kernel": rng.normal(size=(5, 2)).astype(np.float32), "readout/bias": np.zeros(2, np.float32)}
    own = results[1]
    changed = Results(**{**vars(own), "recipe": own.recipe.model_copy(update={"model": params})})
    text = card(changed, asked_for([NAME])[0].task, {}, {}, {})
    monkeypatch.chdir(tmp_path)
    for ending in export.ENDINGS:
        export.write(layered(params, weights, 2), tmp_path / f"{NAME}-seed-0{ending}")
    wanted = base.run(reading.read(params, weights, 2), np.zeros((1, 5), int))
    blocks = {re.findall(r"^import (\w+)", block, re.MULTILINE)[0]: block for block in BLOCKS.findall(text)}
    assert set(blocks) == {"mlflow", "keras", "torch", "numpy"}
    for library in ("keras", "numpy", *(["torch"] if find_spec("torch") else [])):  # PyTorch is no dependency of the tests
        exec(blocks[library], {})
        assert [int(digit) for digit in re.findall(r"\d", capsys.readouterr().out)] == wanted[0].tolist()


def test_nets_that_no_other_framework_has_say_so(results: tuple[Path, Results]) -> None:
    own = results[1]
    changed = Results(**{**vars(own), "recipe": own.recipe.model_copy(update={"model": {"name": "pointer", "units": 3}})})
    text = card(changed, asked_for([NAME])[0].task, {}, {}, {})
    assert "No other framework has layers for these nets (model.name: expected simple_rnn, lstm, gru" in text
    assert "import torch" not in text


def test_all_names_of_the_proved_files_have_a_card(results: tuple[Path, Results]) -> None:
    data, _ = results
    for name in GAINS:
        own = read(name, data / "models" / name, data / "results" / name)
        assert card(own, asked_for([name])[0].task, {}, {}, {}).startswith(f"# {name}\n")
