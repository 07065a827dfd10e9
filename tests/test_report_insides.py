"""What the report shows of hidden states: projections of certified sets, state-space plots, retention; and the tables of proofs."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from proved_files import GAINS, PARITY, parity_net, write_proved
from report_files import PUBLISHED
from scipy.optimize import linprog

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.base import run as answered
from pipeline.core import registry
from pipeline.core.transducer import Transducer
from pipeline.files.stage_files import UnreadableFile
from pipeline.internals.traces import held, holding, visits
from pipeline.reporting.figures import machine, retention, state_space
from pipeline.reporting.figures.projections import explained, principal_plane, projection_of_cell
from pipeline.reporting.figures.retention import Retention, described
from pipeline.reporting.figures.state_space import Cell, StateSpace
from pipeline.reporting.figures.style import Panel
from pipeline.reporting.inputs.certificates import read_certificates
from pipeline.reporting.inputs.claims import load_subjects
from pipeline.reporting.inputs.measures import ProvedMeasure
from pipeline.reporting.inputs.published import load_published
from pipeline.reporting.inputs.results import read
from pipeline.reporting.judging.rules import Evidence
from pipeline.reporting.judging.verdicts import judge
from pipeline.reporting.page import Extras, Report, compose
from pipeline.stages import internals
from pipeline.tasks.parity import TASK as PARITY_TASK

CLAIMS = Path(__file__).parent.parent / "claims"

INCREMENT = registry.load("tasks", "increment").TASK.transducer
WORDS_A5 = registry.load("tasks", "words_a5").TASK


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_proved(folder)
    return folder


@pytest.fixture(scope="module")
def made(data: Path) -> Report:
    group = [read(name, data / "models" / name, data / "results" / name) for name in GAINS]
    certificates = {name: found for name in GAINS if (found := read_certificates(name, data))}
    extras = Extras(
        certificates,
        internals.state_spaces(group, certificates, data / "models", data / "certificates"),
        internals.retentions(group, data / "models"),
    )
    return compose(group, load_subjects(CLAIMS), load_published(CLAIMS), extras)


def drawn(panel: Panel) -> Axes:
    axes = Figure().add_subplot()
    panel.draw(axes)
    return axes


def text_of(html: str) -> str:
    pieces: list[str] = []
    parser = HTMLParser()
    parser.handle_data = pieces.append  # type: ignore[method-assign]
    parser.feed(html)
    return " ".join(" ".join(pieces).split())


# Projections


def reach(corners: np.ndarray, direction: np.ndarray) -> float:
    return float((corners @ direction).max())


def furthest(axes: np.ndarray, center: np.ndarray, low: np.ndarray, high: np.ndarray, direction: np.ndarray) -> float:
    """How far the cut parallelotope itself reaches in a direction: a linear program over its coordinates."""
    limits = np.concatenate([axes.T, -axes.T]), np.concatenate([high - center, center - low])
    best = linprog(-(axes @ direction), *limits, bounds=(-1, 1))
    assert best.status == 0
    return float(center @ direction - best.fun)


def test_a_projection_contains_the_set_and_is_exact_where_the_box_does_not_cut_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        axes, center = rng.normal(size=(5, 5)), rng.normal(size=5)
        plane = np.linalg.qr(rng.normal(size=(5, 2)))[0].T
        size = np.abs(axes).sum(axis=0)
        for cut, exact in ((1.5, True), (0.3, False)):
            corners = projection_of_cell(center, axes, center - cut * size, center + cut * size, plane)
            for angle in np.linspace(0, 2 * np.pi, 24):
                direction = np.array([np.cos(angle), np.sin(angle)])
                true = furthest(axes, center, center - cut * size, center + cut * size, direction @ plane)
                assert reach(corners, direction) >= true - 1e-9
                if exact:
                    assert reach(corners, direction) == pytest.approx(true)


def test_the_projection_of_a_box_cut_by_a_slanted_one_is_an_octagon() -> None:
    slanted = np.array([[0.75, 0.75], [-0.75, 0.75]])  # a square on its corner, of which the upright one cuts all four
    corners = projection_of_cell(np.zeros(2), slanted, -np.ones(2), np.ones(2), np.eye(2))
    places = {tuple(place) for place in np.round(corners, 6).tolist()}
    assert places == {(x, y) for a, b in ((1.0, 0.5), (0.5, 1.0)) for x in (a, -a) for y in (b, -b)}


def test_a_set_that_does_not_meet_its_box_has_no_projection() -> None:
    assert len(projection_of_cell(np.zeros(2), np.eye(2), np.full(2, 3.0), np.full(2, 4.0), np.eye(2))) == 0


def test_the_principal_plane_is_where_points_spread_most() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(500, 4)) * [0.1, 3.0, 0.1, 1.0]
    plane = principal_plane(points)
    assert np.abs(plane).round(1).tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    assert (plane.max(axis=1) > 0.9).all()
    assert explained(points, plane) == pytest.approx(0.998, abs=0.002)


# Traces


def test_visits_carry_the_state_that_the_transducer_is_in() -> None:
    net = parity_net(4.0)
    seen = visits(net, PARITY, np.random.default_rng(0))
    assert set(seen.states) == {0, 1}
    assert len(np.unique(seen.hidden, axis=0)) == len(seen.hidden)
    odd = seen.hidden[:, 0] - seen.hidden[:, 1] > 1  # how this net writes down the parity
    assert odd.tolist() == (seen.states == 1).tolist()


def test_a_symbol_that_changes_no_state_is_found() -> None:
    assert holding(PARITY) == 0
    assert holding(INCREMENT) == 9
    turning = Transducer(("a", "b"), 1, {("a", 0): ("b", 0), ("b", 0): ("a", 0)})
    assert holding(turning) is None
    assert held(parity_net(4.0), turning, 5) is None


def test_a_run_tells_when_a_net_that_fades_is_wrong_first() -> None:
    net = parity_net(0.8)
    run = held(net, PARITY, 8)
    assert run is not None
    outputs = answered(net, np.array([[1, *[0] * 8]]))[0, 1:]
    assert (run.lead[1] > 0).tolist() == (outputs == 1).tolist() == [True, True, False, False, False, False, False, False]
    assert (run.lead[0] > 0).all()
    assert (np.diff(run.apart) < 0).all()
    steady = held(parity_net(4.0), PARITY, 8)
    assert steady is not None
    assert (steady.lead > 0).all()
    assert steady.apart.min() > 1


# Pictures


def test_a_state_space_plot_draws_every_state_and_every_set_around_them(data: Path) -> None:
    net, proof = parity_net(4.0), Certificate.load(data / "certificates" / "parity-rnn" / "proofs" / "seed-0.json")
    seen = visits(net, PARITY, np.random.default_rng(0))
    cells = tuple(Cell(PARITY.states.index(node.state), *node.cell) for node in proof.nodes)
    picture = state_space.picture(StateSpace("parity-rnn", 0, PARITY.states, seen.hidden, seen.states, cells))
    assert [(key.label, key.mark) for key in picture.legend] == [("state: even", "o"), ("state: odd", "^")]
    axes = drawn(picture.panels[0])
    assert sum(len(line.get_xdata()) for line in axes.lines) == len(seen.hidden)
    assert len(axes.patches) == 2 * len(proof.nodes)
    outlines = [patch.get_path() for patch in axes.patches[1::2]]
    # Two units lie whole in the plane: each state is inside an outline as it is inside its set.
    for line in axes.lines:
        for point in np.asarray(line.get_xydata()):
            assert any(outline.contains_point(point, radius=1e-9) for outline in outlines)


@pytest.mark.parametrize("states", [2, 5, state_space.MOST])
def test_every_state_has_a_look_of_its_own(states: int) -> None:
    looks = [state_space.look(state) for state in range(states)]
    assert len(set(looks)) == states
    plane = np.random.default_rng(0).normal(size=(10 * states, 2))
    names, at = tuple(f"state {n}" for n in range(states)), np.arange(10 * states) % states
    picture = state_space.picture(StateSpace("net", 0, names, plane, at, ()))
    assert [key.label for key in picture.legend] == [f"state: {name}" for name in names]
    assert sum(len(line.get_xdata()) for line in drawn(picture.panels[0]).lines) == len(plane)


def test_the_machines_of_certified_tasks_are_drawn(data: Path) -> None:
    group = [read(name, data / "models" / name, data / "results" / name) for name in GAINS]
    found = {"parity-rnn": read_certificates("parity-rnn", data)}
    certificates = {name: one for name, one in found.items() if one}
    sizes = {"seed": 0, "length": 4, "training_examples": 4, "validation_examples": 0, "test_examples": 4, "test_lengths": "4"}
    tasks = {"parity": PARITY_TASK(PARITY_TASK.Params.model_validate(sizes | {"example": "1011"}))}
    assert internals.machines(tasks, {}, group) == {}
    (own,) = internals.machines(tasks, certificates, group).values()
    assert (own.task, own.transducer, own.symbols) == ("parity", PARITY, ("0", "1"))
    assert machine.arrows(own) == {
        ("even", "even"): ["0"], ("odd", "odd"): ["0"], ("even", "odd"): ["1"], ("odd", "even"): ["1"],
    }  # fmt: skip
    picture = machine.picture(own, "Parity")
    (panel,) = picture.panels
    assert panel.title == "2 states, 2 symbols"
    assert "starts in even; from even to even on 0; from odd to odd on 0; from even to odd on 1" in panel.alt
    axes = drawn(panel)
    assert sorted(text.get_text() for text in axes.texts if text.get_text()) == ["0", "0", "1", "1", "even", "odd"]
    assert len(axes.patches) == 2
    html = compose(group, {}, PUBLISHED, Extras(certificates, machines={"parity": own})).html
    assert 'id="parity-machine"' in html


def test_a_large_machine_is_drawn_without_words() -> None:
    own = machine.Machine("words_a5", WORDS_A5.transducer, ("a", "b"))
    (panel,) = machine.picture(own, "Words of A5").panels
    axes = drawn(panel)
    assert len(axes.patches) == 60
    assert not [text.get_text() for text in axes.texts if text.get_text()]


def fading(experiment: str, seed: int, *lead: float, source: str = "ours") -> Retention:
    return Retention(experiment, source, seed, "9", "carry", np.array(lead), np.abs(lead))


NETS = [
    fading("net", 0, 5, 5, 5, 5),
    fading("net", 1, 5, 4, 4, 4),
    fading("theirs", 0, 5, -1, -1, -1, source="post"),
    fading("theirs", 1, 5, 3, 0, -2, source="post"),
    fading("theirs", 2, 5, 5, 5, 4, source="post"),
]


def test_retention_says_where_a_state_is_lost_and_marks_the_place() -> None:
    assert [net.first_wrong for net in NETS] == [None, None, 2, 3, None]
    assert described(NETS) == (
        "net: 2 of 2 seeds stay right for 4 9s. "
        "theirs: 2 of 3 seeds fail, with the first wrong output at place 2 to 3; 1 of 3 seeds stay right for 4 9s."
    )
    picture = retention.picture("counting", NETS)
    assert [key.label for key in picture.legend] == [
        "our recipes, one line per seed",
        "the posts' recipes, one line per seed",
        "first wrong output",
    ]
    axes = drawn(picture.panels[0])
    marks = [np.asarray(line.get_xydata()).tolist() for line in axes.lines if line.get_marker() == "x"]
    assert marks == [[[2, -1]], [[3, 0]]]
    thick = [np.asarray(line.get_ydata()).tolist() for line in axes.lines if line.get_linewidth() == 2]
    assert thick == [[5, 5, 5, 5], [5, 3, 0, -2]]  # of ours the first that holds, of the post's the last that fails


def test_the_state_that_is_shown_is_the_one_that_most_nets_lose(data: Path) -> None:
    group = [read(name, data / "models" / name, data / "results" / name) for name in GAINS]
    nets = internals.retentions(group, data / "models")["parity"]
    assert {net.state for net in nets} == {"odd"}
    assert [(net.experiment, net.seed) for net in nets] == [(name, seed) for name, gains in GAINS.items() for seed in range(len(gains))]
    fates = {(net.experiment, net.seed): net.first_wrong for net in nets}
    assert fates["parity-rnn", 0] is None
    assert fates["parity-rnn-post", 1] == 3


# The page


def test_the_first_page_sums_up_the_proofs(made: Report) -> None:
    text = text_of(made.html)
    assert "parity-rnn 1 of 3 1 1 7.981 1 min 10 s" in text
    assert "parity-rnn-post 0 of 2 2 0 – 1 min 10 s" in text
    assert "Every net is proved right on every string of every length, in under a minute. our goal" in text
    assert {"parity-rnn-state-space", "parity-retention"} <= set(made.pictures)


def test_an_experiments_page_says_of_each_seed_what_was_proved_or_why_not(made: Report) -> None:
    text = text_of(made.experiments["parity-rnn"])
    assert "1 of 3 seeds is proved right on every input of every length, by at least 7.981 logits." in text
    assert re.search(r"0 proved 7\.981 5 1 1 3\.2 s", text)
    assert "1 wrong – 1 min 10 s" in text
    assert "Seed 1 : 10000000000000000000 should give 11111111111111111111 , but the net answers 11111111111111111110" in text
    assert "2 refused – 1 min 10 s" in text
    assert "Seed 2 : no wrong answer was found. stride 1: with 5 sets, after '0' read in state 'odd' a logit may come out" in text
    assert "Seed 0 :" not in text
    assert "Hidden states of a proved net: parity-rnn" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "depends on the seed: 1 of 3"), (60, "depends on the seed: 1 of 3"), (3, "not confirmed: 0 of 3")],  # the proof took 3.25
)
def test_a_goal_of_proofs_is_met_by_seeds_that_are_proved_in_time(data: Path, seconds: float | None, words: str) -> None:
    results = {"parity-rnn": read("parity-rnn", data / "models" / "parity-rnn", data / "results" / "parity-rnn")}
    certificates = read_certificates("parity-rnn", data)
    assert certificates is not None
    goal = ProvedMeasure(kind="proved", experiment="parity-rnn", seconds=seconds)
    verdict = judge(goal, Evidence(results, load_published(CLAIMS), {"parity-rnn": certificates}))
    assert verdict.words == words
    assert verdict.measured == "1 of 3 seeds proved; least margin 7.981 logits; slowest 1 min 10 s; 1 refuted by an input"
    assert judge(goal, Evidence(results, load_published(CLAIMS))).words == "not measured"


def test_without_certificates_there_is_no_section_of_them(data: Path) -> None:
    group = [read(name, data / "models" / name, data / "results" / name) for name in GAINS]
    plain = compose(group, load_subjects(CLAIMS), load_published(CLAIMS))
    assert 'id="certificates"' not in plain.html
    assert "Proofs" not in plain.experiments["parity-rnn"]
    assert read_certificates("absent", data) is None


def test_damaged_verdicts_are_named_with_what_is_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "certificates" / "parity-rnn"
    folder.mkdir(parents=True)
    (folder / "verdicts.json").write_text('{"verdicts": {"0": {"proved": "perhaps"}}}')
    with pytest.raises(UnreadableFile) as caught:
        read_certificates("parity-rnn", tmp_path)
    assert "verdicts.json: verdicts.0.proved: " in str(caught.value)
    assert str(caught.value).endswith("dvc repro --force certify@parity-rnn")
