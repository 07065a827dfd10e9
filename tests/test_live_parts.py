"""What the live page is told of tasks and nets: found from the tasks themselves, and never what they would write otherwise."""

import base64
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from proved_files import GAINS, parity_net, write_proved
from report_files import asked_for
from test_tasks import make

from pipeline.certification.certificate import Certificate
from pipeline.core import registry
from pipeline.core.errors import WrongInput
from pipeline.core.examples import scored
from pipeline.core.notation import InputError
from pipeline.files.verdicts import Verdict, proof_of
from pipeline.internals import live
from pipeline.reporting.figures.projections import principal_plane, projection_of_cell
from pipeline.reporting.inputs.certificates import read_certificates
from pipeline.reporting.inputs.claims import Step, Study, load_tour
from pipeline.reporting.inputs.results import read
from pipeline.reporting.live.nets import ARCHITECTURES, Net, Shown
from pipeline.reporting.live.notation import NoNotation, examples, notation
from pipeline.reporting.live.packing import body, pack
from pipeline.reporting.live.page import page_data, variant
from pipeline.reporting.live.proofs import STEPS, drawing, outline
from pipeline.reporting.live.rules import RULES, holding, rule

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "pipeline/reporting/templates/live"
REALS = ("adding", "curve")
KINDS = {
    "count_ones": "sum", "increment": "transducer", "long_lag": "next", "noisy_lag": "first", "parity": "transducer",
    "reverse_string": "reversed", "sort": "sorted", "temporal_order": "order",
}  # fmt: skip
SYMBOLS = list(KINDS)


def lengths(task):
    nets = task.training_size.nets
    return (nets[0],) if len(nets) > 1 else (nets[0], 2 * nets[0] + 1)


def test_reals_have_no_notation() -> None:
    for name in REALS:
        with pytest.raises(NoNotation, match="expected symbols, got reals"):
            notation(make(name), 10, [10])


def test_columns_of_digits_have_no_notation() -> None:
    """A symbol of theirs is two characters, which stand apart."""
    for name in ("addition", "subtraction", "comparison"):
        with pytest.raises(NoNotation, match="expected inputs that are symbols in a row"):
            notation(make(name), 10, [10])


@pytest.mark.parametrize("name", SYMBOLS)
def test_a_task_is_read_and_written_as_it_does_itself(name: str) -> None:
    task = make(name)
    written = notation(task, lengths(task)[0], lengths(task))
    rng = np.random.default_rng(12)
    for text, inputs in examples(task, rng, 30, lengths(task)):
        tokens = text.split() if written.inputs.words else list(text)
        symbols = [written.inputs.names.index(token) for token in (tokens[::-1] if written.inputs.backwards else tokens)]
        assert written.filled(symbols) == inputs.tolist()
        assert written.inputs.write(symbols) == text == task.show(inputs)
        answers = task.oracle(inputs[None])[0]
        asked = scored(answers)
        drawn = rng.integers(task.spec(lengths(task)[0]).outputs or 0, size=len(answers)).astype(answers.dtype)
        drawn[~asked] = answers[~asked]
        assert written.outputs.write(drawn[asked]) == task.render(inputs, drawn)
    if not written.free:
        return
    for size in (1, 3, 20):
        symbols = rng.choice([s for s, known in enumerate(written.inputs.names) if known], size=size).tolist()
        assert task.parse(written.inputs.write(symbols)).tolist() == written.filled(symbols)


def test_only_a_task_that_reads_every_row_is_called_free() -> None:
    assert {name for name in SYMBOLS if notation(make(name), lengths(make(name))[0], lengths(make(name))).free} == {
        "count_ones", "increment", "parity", "reverse_string", "sort",
    }  # fmt: skip
    with pytest.raises(InputError):
        make("temporal_order").parse("EXB")


@pytest.mark.parametrize("name", SYMBOLS)
def test_the_rule_found_for_a_task_is_its_oracle(name: str) -> None:
    task = make(name)
    seen = [inputs for _, inputs in examples(task, np.random.default_rng(1), 100, lengths(task))]
    found = rule(task, seen)
    assert found is not None
    assert found["kind"] == KINDS[name]
    for _, inputs in examples(task, np.random.default_rng(2), 100, lengths(task)):
        exact = task.oracle(inputs[None])[0]
        assert follow(found, inputs, len(exact)) == exact.tolist()


def follow(found, inputs, answers):
    if found["kind"] == "order":
        return [{tuple(word): label for word, label in found["cases"]}[tuple(inputs[np.isin(inputs, found["of"])])]]
    if found["kind"] != "transducer":
        return np.asarray(RULES[found["kind"]](inputs, answers)).tolist()
    state, outputs = 0, []
    for symbol in inputs:
        outputs.append(found["writes"][state][symbol])
        state = found["after"][state][symbol]
    return outputs


def test_a_task_that_no_rule_answers_has_none() -> None:
    task = make("sort")
    task.oracle = lambda inputs: (inputs + 1) % 100
    assert rule(task, [inputs for _, inputs in examples(task, np.random.default_rng(0), 50, (10,))]) is None


def test_a_run_is_of_a_symbol_that_changes_no_state_and_begins_where_something_is_to_be_kept_in_mind() -> None:
    assert holding(make("increment").transducer) == {"symbol": 9, "heads": [{"state": 0, "word": []}, {"state": 1, "word": [0]}]}
    assert holding(make("parity").transducer) == {"symbol": 0, "heads": [{"state": 1, "word": [1]}, {"state": 0, "word": []}]}


def test_a_task_whose_symbols_grow_with_the_length_is_shown_at_its_own() -> None:
    found = variant(make("noisy_lag", time_steps="5"), 5)
    assert not found["variable"]
    assert {len(text.split()) for text in found["examples"]} == {4}
    assert variant(make("increment"), 10)["variable"]


def test_a_pair_differs_in_its_first_symbol_alone() -> None:
    task = make("long_lag")
    found = variant(task, 4)
    assert found["pair"] == {"first": [2, 3], "rest": [0, 1]} or found["pair"] == {"first": [3, 2], "rest": [0, 1]}
    assert variant(make("increment"), 10)["pair"] is None
    assert variant(make("count_ones"), 10)["pair"] is None  # what is remembered there is no symbol


def shown(name: str, size: int, nets: int, verdict: Verdict | None = None) -> Shown:
    weights = {"recurrent/kernel": np.arange(size, dtype=np.float32)}
    return Shown(name, "parity", "ours", {"name": "simple_rnn"}, "", tuple(Net(seed, 12, weights, verdict) for seed in range(nets)))


def inside_page(packed):
    return {found["name"]: [net["seed"] for net in found["nets"] if "body" in net] for found in packed.experiments}


def beside_page(packed):
    found = {}
    for name, script in packed.beside.items():
        own, bodies = json.loads(f"[{script.strip().removeprefix('packs.take(').removesuffix(');')}]")
        assert own == name
        found[name] = [int(seed) for seed in bodies]
    return found


def test_each_experiment_has_a_net_in_the_page_before_any_has_two_and_small_ones_come_first() -> None:
    group = [shown("large", 300, 3), shown("small", 30, 3), shown("huge", 3000, 1)]
    sizes = {own.experiment: len(body(own.nets[0])) for own in group}
    packed = pack(group, sizes["large"] + 3 * sizes["small"])
    assert inside_page(packed) == {"large": [0], "small": [0, 1, 2], "huge": []}
    assert beside_page(packed) == {"large": [1, 2], "huge": [0]}
    assert {found["name"]: len(found["nets"]) for found in packed.experiments} == {"large": 3, "small": 3, "huge": 1}
    assert pack(group).beside == {}


def test_nets_with_a_verdict_come_into_the_page_before_smaller_ones() -> None:
    verdict = Verdict(
        proved=False,
        margin=None,
        sets=None,
        k=None,
        context_length=None,
        reasons=("an input",),
        counterexample=None,
        weights_file_sha256="",
    )
    group = [shown("small", 30, 9), shown("judged", 300, 3, verdict)]
    packed = pack(group, 3 * len(body(group[1].nets[0])) + 2 * len(body(group[0].nets[0])))
    assert inside_page(packed) == {"judged": [0, 1, 2], "small": [0, 1]}
    assert all(net["verdict"]["verdict"] == "refused" for net in packed.experiments[1]["nets"])


def test_what_is_packed_is_the_weights_to_the_last_bit() -> None:
    weights = {"a": np.random.default_rng(3).normal(size=(3, 5)).astype(np.float32), "b": np.array([-0.0, 1e-42, 3.4e38], np.float32)}
    raw = zlib.decompress(base64.b64decode(body(Net(0, 12, weights))))
    count = 18
    assert len(raw) == 4 * count
    found = np.frombuffer(raw, np.uint8).reshape(4, count).T.copy().view("<u4").ravel()
    assert found.tolist() == np.concatenate([weight.ravel() for weight in weights.values()]).view(np.uint32).tolist()


def test_the_scripts_compute_the_architectures_that_are_named() -> None:
    table = re.search(r"const ARCHITECTURES = \{(.*?)\n  \};", (SCRIPTS / "nets.js").read_text(), re.DOTALL)
    assert table
    assert sorted(re.findall(r"^    (\w+)", table[1], re.MULTILINE)) == sorted(ARCHITECTURES)
    assert set(ARCHITECTURES) <= set(registry.names("models"))


def inside(point, corners):
    ahead = np.roll(corners, -1, axis=0) - corners
    beside = point - corners
    turn = ahead[:, 0] * beside[:, 1] - ahead[:, 1] * beside[:, 0]
    return (turn >= 0).all() or (turn <= 0).all()


@pytest.mark.parametrize("stretch", [1.0, 1e-3, 1e-6])
def test_an_outline_encloses_its_polygon_and_is_hardly_larger(stretch: float) -> None:
    rng = np.random.default_rng(4)
    turned = np.array([[0.6, -0.8], [0.8, 0.6]])
    for _ in range(20):
        angles = np.sort(rng.uniform(0, 2 * np.pi, 20))
        polygon = np.stack([np.cos(angles), stretch * np.sin(angles)], axis=1) @ turned + rng.normal(size=2)
        found = outline(polygon)
        corners = found["center"] + found["size"] * np.reshape(found["corners"], (-1, 2))
        # What is thinner than a step of the corners is drawn a step thick.
        if stretch > 2 / STEPS:
            assert all(inside(point, corners) for point in polygon)
        apart = np.abs((corners - polygon.mean(axis=0)) @ turned.T)
        assert (apart.max(axis=0) < 1.6 * np.abs((polygon - polygon.mean(axis=0)) @ turned.T).max(axis=0) + 3 * found["size"]).all()


def test_nets_proofs_and_wrong_answers_come_from_the_files_of_their_stages(tmp_path: Path) -> None:
    write_proved(tmp_path)
    group = [read(name, tmp_path / "models" / name, tmp_path / "results" / name) for name in GAINS]
    tasks = {"parity": asked_for(["parity-rnn"])[0].task}
    certificates = {name: found for name in GAINS if (found := read_certificates(name, tmp_path))}
    nets = live.shown(group, tasks, certificates, tmp_path / "models", tmp_path / "certificates", {})
    steps = [Step(title="", says="", at=f"parity/{net}/seed-0/ones-1") for net in ("rnn", "lstm")]
    found, packed = page_data(nets, tasks, {}, Study(), steps)
    assert packed.beside == {}
    assert [(e["name"], len(e["nets"])) for e in found["experiments"]] == [("parity-rnn", 3), ("parity-rnn-post", 2)]
    proved, wrong, left_open = found["experiments"][0]["nets"]
    assert [net["verdict"]["verdict"] for net in (proved, wrong, left_open)] == ["proved", "wrong", "refused"]
    assert set(wrong["verdict"]["counterexample"]) >= {"input", "expected", "got"}
    assert nets[0].nets[1].proof is None
    proof = nets[0].nets[0].proof
    assert proof
    drawn = drawing(proof)
    assert json.dumps(drawn, separators=(",", ":")).encode() in zlib.decompress(base64.b64decode(proved["body"]))
    assert wrong["body"]
    certificate = Certificate.load(proof_of(tmp_path / "certificates" / "parity-rnn", 0))
    assert [own["name"] for own in drawn["sets"]] == [node.name for node in certificate.nodes]
    # A step of the tour to what is not on the page is left out.
    assert [step["at"] for step in found["tour"]] == ["parity/rnn/seed-0/ones-1"]
    state = np.zeros((1, 2), np.float32)
    plane = np.array(drawn["plane"])
    for symbol in (1, 0, 1, 1, 0):
        state = parity_net(4.0).step(state, np.array([symbol]))[0]
        polygons = [projection_of_cell(*node.cell, plane) for node in certificate.nodes]
        assert any(inside(state[0] @ plane.T, polygon) for polygon in polygons)
    assert principal_plane(np.eye(3)).shape == (2, 3)


def test_the_tour_leads_to_experiments_that_the_study_trains(tmp_path: Path) -> None:
    steps = load_tour(ROOT / "claims")
    assert len(steps) == 6
    names = {step.at.split("/")[0] + "-" + step.at.split("/")[1] for step in steps}
    text = (ROOT / "params.yaml").read_text()
    assert all(f"\n  {name}:" in text for name in names)
    assert load_tour(tmp_path) == []
    (tmp_path / "tour.yaml").write_text("tour: [{title: a, says: b, at: nowhere}]\n")
    with pytest.raises(WrongInput, match=r"tour\.yaml: tour\.0\.at: "):
        load_tour(tmp_path)
