"""The JSON schema that editors check ``params.yaml`` with: in step with the code, and of one mind with it on single keys."""

import json
from pathlib import Path
from typing import Any

import pytest
from checkouts import all_params
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from pipeline.config import schema, settings
from pipeline.config.document import ParamsError

ROOT = Path(__file__).parent.parent
FILE = ROOT / "params.schema.json"
STUDIES = ["params.yaml", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("studies/*/params.yaml"))]
VALIDATOR = Draft7Validator(json.loads(FILE.read_text(encoding="utf-8")))


def study(path: str = "", value: Any = None) -> dict[str, Any]:
    """Read the project's own params (those at the top and those of 1997), with one key set (or dropped, for ``...``)."""
    document = all_params()
    *parents, last = path.split("/")
    section = document
    for key in parents:
        section = section[key]
    if value is ...:
        del section[last]
    elif last:
        section[last] = value
    return document


def faults(document: Any) -> list[str]:
    return ["/".join(map(str, error.absolute_path)) + ": " + error.message for error in VALIDATOR.iter_errors(document)]


def test_the_file_is_what_the_code_says() -> None:
    assert FILE.read_text(encoding="utf-8") == schema.text(), "renew it with: nines schema > params.schema.json"
    Draft7Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("path", STUDIES)
def test_the_projects_own_params_are_accepted(path: str) -> None:
    assert faults(YAML(typ="safe").load((ROOT / path).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("models/lstm/model/unit", 3, "models/lstm/model"),
        ("models/lstm/training/loss", "cross_entropy", "models/lstm/training"),
        ("overrides/parity/lstm/training/stepz", 1, "overrides/parity/lstm/training"),
        ("overrides/parity/simple_rnn", {"model": {"units": "many"}}, "overrides/parity/simple_rnn/model/units"),
        ("board/models", ["lstn"], "board/models/0"),
        ("board/proved/tasks", 1, "board/proved/tasks"),
        ("certificates/parity/task", "parity", "certificates/parity"),
    ],
)
def test_a_boards_faults_are_found_where_they_are(path: str, value: Any, at: str) -> None:
    document = YAML(typ="safe").load((ROOT / "studies/smoke/params.yaml").read_text(encoding="utf-8"))
    *parents, last = path.split("/")
    section = document
    for key in parents:
        section = section.setdefault(key, {})
    section[last] = value
    (fault,) = faults(document)
    assert fault.startswith(f"{at}: ")


def test_editors_find_the_schema() -> None:
    for path in map(ROOT.joinpath, STUDIES):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve() == FILE


@pytest.mark.parametrize("lengths", ["1-3, 10", "7", "4 - 6,9", 7, [1, 2, 3]])
def test_lengths_are_lists_or_text_or_one_number(lengths: Any) -> None:
    assert faults(study("tasks/parity/test_lengths", lengths)) == []


RNN, PARITY, ADDING = "experiments/increment-rnn-post", "tasks/parity", "experiments/adding-lstm-1997/model"


@pytest.mark.parametrize(
    ("path", "value", "place", "about"),
    [
        ("tasks/increment/lenght", 3, "tasks/increment", "'lenght' was unexpected"),
        ("tasks/increment/length", "ten", "tasks/increment/length", "'ten' is not of type 'integer'"),
        ("tasks/increment/length", ..., "tasks/increment", "'length' is a required property"),
        (f"{PARITY}/test_examples", 0, f"{PARITY}/test_examples", "0 is less than or equal to the minimum of 0"),
        (f"{PARITY}/test_lengths", "1-x", f"{PARITY}/test_lengths", "'1-x' is not valid"),
        (f"{PARITY}/test_lengths", [0], f"{PARITY}/test_lengths", "[0] is not valid"),
        (f"{PARITY}/test_lengths", [], f"{PARITY}/test_lengths", "[] should be non-empty"),
        ("tasks/incremnt", {}, "tasks", "'incremnt' was unexpected"),
        (f"{RNN}/task", "incremnt", f"{RNN}/task", "'incremnt' is not one of"),
        (f"{RNN}/training", ..., RNN, "'training' is a required property"),
        (f"{RNN}/model/name", "simple_rn", f"{RNN}/model/name", "'simple_rn' is not one of"),
        (f"{RNN}/model/forget_bias", 1.0, f"{RNN}/model", "'forget_bias' was unexpected"),
        (f"{RNN}/model/units", -3, f"{RNN}/model/units", "-3 is less than or equal to the minimum of 0"),
        (f"{RNN}/model/units", True, f"{RNN}/model/units", "True is not of type 'integer'"),
        (f"{RNN}/training/optimizer", "adagard", f"{RNN}/training/optimizer", "'adagard' is not one of"),
        (f"{RNN}/training/stop", {"max_abs_error": 1}, f"{RNN}/training/stop", "is not valid"),
        (f"{RNN}/source", "The post", f"{RNN}/source", "is not valid"),
        (f"{RNN}/source", ..., RNN, "'source' is a required property"),
        (f"{RNN}/evaluation", {"longst": 3}, f"{RNN}/evaluation", "'longst' was unexpected"),
        (f"{ADDING}/input_gate_biases", "-3, x", f"{ADDING}/input_gate_biases", "'-3, x' is not valid"),
        ("experiments/Increment", {}, "experiments", "'Increment' does not match"),
        ("experimnts", {}, "", "'experimnts' was unexpected"),
    ],
)  # fmt: skip
def test_a_fault_is_that_keys(tmp_path: Path, path: str, value: Any, place: str, about: str) -> None:
    document = study(path, value)
    found = faults(document)
    assert any(fault.startswith(f"{place}: ") and about in fault for fault in found), found
    YAML().dump(document, tmp_path / "params.yaml")
    with pytest.raises(ParamsError):
        settings.read(tmp_path / "params.yaml")
