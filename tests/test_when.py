"""What is measured of nets along their training, and that the page about it says what the table has."""

import importlib.util
import itertools
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from proved_files import parity_net

from pipeline.certification.nets.tanh_net import PATHS
from pipeline.config import settings
from pipeline.experiment.entry import Experiment
from pipeline.files import datasets
from pipeline.files.datasets import Dataset

ROOT = Path(__file__).parent.parent
WHEN = ROOT / "studies/when"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("when", WHEN / "when.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return settings.read(WHEN / "params.yaml").experiment("parity-rnn")


def weights(gain: float = 4.0) -> dict[str, np.ndarray]:
    return dict(zip(PATHS, parity_net(gain).weights(), strict=True))


def test_a_string_is_right_where_all_its_answers_are(tool: ModuleType) -> None:
    strings = np.array(list(itertools.product((0, 1), repeat=6)))
    assert tool.right(weights(), np.tanh, strings).all()
    silent = weights() | {PATHS[3]: np.zeros_like(weights()[PATHS[3]]), PATHS[4]: np.array([1, 0], np.float32)}  # it always answers 0
    np.testing.assert_array_equal(tool.right(silent, np.tanh, strings), ~strings.any(axis=1))


def test_histories_are_all_short_strings_and_their_parities(tool: ModuleType) -> None:
    states, parity = tool.histories(weights(), np.tanh, 3)
    strings = [string for length in range(4) for string in itertools.product((0, 1), repeat=length)]
    assert len(states) == len(strings) == 15
    one_by_one = set()
    for string in strings:
        state = np.zeros((1, states.shape[1]), np.float32)
        for bit in string:
            state = tool.stepped(weights(), np.tanh, state, np.array([bit]))
        one_by_one.add((sum(string) % 2, *np.round(state[0].astype(float), 4)))
    assert {(p, *np.round(s.astype(float), 4)) for p, s in zip(parity, states, strict=True)} == one_by_one


def test_pairs_merge_within_a_group_and_states_are_counted_over_all(tool: ModuleType) -> None:
    """The mean distance between the groups is about 10, so what lies within about 1 is one state."""
    states = np.array([[0.0], [0.4], [5.0], [12.0], [12.4], [12.8]], np.float32)
    parity = np.array([0, 0, 0, 1, 1, 1])
    merged, count = tool.merging(states, parity)
    assert (merged, count) == (pytest.approx(4 / 6), 3)
    assert tool.merging(np.array([[0.0], [0.1], [9.0], [9.1]], np.float32), np.array([0, 0, 1, 1])) == (1.0, 2)


@pytest.fixture(scope="module")
def dataset(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("when") / "data"
    datasets.freeze(experiment.task, folder)
    return datasets.load(folder)


def test_a_net_is_judged_at_each_point_of_its_training(
    tool: ModuleType, experiment: Experiment, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tool.strings(dataset, (3,))
    assert len(np.unique(asked.ten, axis=0)) == 1024
    assert len(asked.trained_on[3]) == 128
    wrong = weights() | {path: -weights()[path] for path in PATHS[3:]}
    tried: list[Any] = []
    proved = tool.proved
    monkeypatch.setattr(tool, "proved", lambda *given: tried.append(given) or proved(*given))
    before, after = tool.judged(experiment, 3, {300: wrong, 600: weights()}, asked)
    assert (before.step, before.trained, before.ten, before.hundred, before.longest, before.proved) == (300, 0, 0, 0, None, False)
    assert (after.trained, after.ten, after.hundred, after.thousand, after.longest, after.proved) == (1, 1, 1, 1, 1, True)
    assert (after.data, after.gain, after.seed) == (128, 1.0, 3)
    assert len(tried) == 1, "a net that a test refutes is no work for the prover"
    assert tool.first([before, after], tool.by_proof) == 600
    assert tool.first([before], tool.by_proof) is None


def test_training_strings_are_scored_apart(tool: ModuleType, experiment: Experiment, dataset: Dataset) -> None:
    """A net that always answers 0 is right on the string of zeros alone, be it trained on or not."""
    silent = weights() | {PATHS[3]: np.zeros_like(weights()[PATHS[3]]), PATHS[4]: np.array([1, 0], np.float32)}
    asked = tool.strings(dataset, range(10))
    zeros = int(np.flatnonzero(~asked.ten.any(axis=1))[0])
    for seed, trained_on in asked.trained_on.items():
        (row,) = tool.judged(experiment, seed, {300: silent}, asked)
        assert row.ten == 1 / 1024
        assert row.trained == (zeros in trained_on) / 128


def test_a_net_that_the_prover_does_not_speak_of_has_no_verdict(tool: ModuleType, dataset: Dataset) -> None:
    rectified = settings.read(WHEN / "params.yaml").experiment("parity-relu-plain")
    (row,) = tool.judged(rectified, 0, {300: weights()}, tool.strings(dataset, (0,)))
    assert row.proved is None


def test_logits_that_are_no_numbers_are_wrong(tool: ModuleType) -> None:
    runaway = {path: np.full_like(values, 1e20) for path, values in weights().items()}
    assert not tool.right(runaway, lambda z: np.maximum(z, 0), np.zeros((2, 9), np.int64)).any()


def test_a_point_changes_the_strings_and_the_scale_and_nothing_else(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WHEN)
    as_written = settings.read(WHEN / "params.yaml").experiments
    for changed in tool.at_point(64, 2.0):
        own = as_written[changed.name]
        assert (changed.task.params.training_examples, changed.task.params.pool_size) == (64, own.task.params.pool_size)
        assert changed.model == own.model.model_copy(update={"gain": 2.0})
        assert changed.training == own.training


@pytest.fixture
def rows(tool: ModuleType) -> list[Any]:
    def made(experiment: str, data: int, gain: float, seed: int, step: int) -> Any:
        done = step == 400
        known = None if "relu" in experiment else done and seed == 0
        return tool.Row(
            experiment=experiment, data=data, gain=gain, seed=seed, step=step, trained=1, ten=0.25, hundred=float(done), thousand=0.5,
            longest=1 / 3 if done else None, merged=step / 1000, states=7, proved=known,
        )  # fmt: skip

    return [made(*at) for at in itertools.product(tool.TITLES, (64, 128), (0.5, 1.0), (0, 1), (200, 400))]


def test_the_table_comes_back(tool: ModuleType, rows: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tool.known() == []
    tool.write(reversed(rows))
    again = tool.known()
    assert len(again) == len(rows)
    assert again[0] == rows[0].model_copy(update={"experiment": again[0].experiment, "proved": again[0].proved})
    assert {row.proved for row in again if "relu" in row.experiment} == {None}
    assert sum(row.proved is True for row in again) == 8


def test_a_point_is_drawn_and_said(tool: ModuleType, rows: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tool.write(rows)
    assert tool.main([]) == 0
    assert (tmp_path / "when.png").read_bytes().startswith(b"\x89PNG")
    lines = list(tool.said(rows))
    assert len(lines) == 12
    first = "2 of 2 by tests, first at 400, 400, 400; 1 of 2 by proof, first at 400, 400, 400; merged 0.40 to 0.40"
    assert f"parity-rnn, 64 strings, scale 0.5: {first}" in lines


@pytest.mark.parametrize(("words", "said"), [
    (["--draw"], "usage: python when.py [strings scale], such as 64 2; got --draw"),
    (["64", "two"], "usage: python when.py [strings scale], such as 64 2; got 64 two"),
    (["2000", "1"], "validation_examples"),
    (["64", "-1"], "gain"),
])  # fmt: skip
def test_a_wrong_argument_is_a_line(
    words: list[str], said: str, tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(WHEN)
    assert tool.main(words) == 2
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1


def test_the_page_says_what_the_table_has(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WHEN)
    page = (ROOT / "docs/when.md").read_text(encoding="utf-8")
    grouped = tool.nets(tool.known())
    counted = {}
    for (experiment, data, gain), seeds in grouped.items():
        assert sorted(seeds) == list(range(10))
        last = [rows[-1] for rows in seeds.values()]
        counted[experiment, data, gain] = [sum(map(holds, last)) for holds in (tool.by_tests, tool.by_proof)]
    written = {}
    for data, gain, *counts in re.findall(r"^\| (\d+) \| ([\d.]+) \| (\d+), (\d+) \| (\d+), (\d+) \| (\d+) \|$", page, re.M):
        ours, ours_proved, plain, plain_proved, rectified = map(int, counts)
        point = int(data), float(gain)
        written |= {("parity-rnn", *point): [ours, ours_proved], ("parity-rnn-plain", *point): [plain, plain_proved]}
        written["parity-relu-plain", *point] = [rectified, 0]
    assert written == counted
