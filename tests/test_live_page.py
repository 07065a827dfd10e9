"""The live page in a real browser: people can see, type, play, share and break, at every width, by the keyboard, and without a network."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from live_nets import browser, computed, live_opened, put
from playwright.sync_api import Browser, Page
from proved_files import GAINS, PARITY, parity_net, write_proved
from report_files import asked_for
from test_guarantees import carousel
from test_report_in_browser import RULES

from pipeline.certification.nets.base import run
from pipeline.files.guarantees import Guarantee
from pipeline.files.verdicts import Counterexample
from pipeline.internals import live
from pipeline.reporting.inputs.certificates import read_certificates
from pipeline.reporting.inputs.claims import Step, Study
from pipeline.reporting.inputs.results import read
from pipeline.reporting.live.nets import Net, Shown
from pipeline.reporting.live.packing import ROOM
from pipeline.reporting.live.page import live_page
from pipeline.reporting.page import environment

pytestmark = pytest.mark.slow


# Fixtures are found by their names.
__all__ = ["browser", "computed"]

STEPS = [
    Step(
        title="First", says="It goes wrong at the {first} bit.", at="parity/rnn-post/seed-late/zeros-40/vs/rnn/seed-proved", look="answer"
    ),
    Step(title="Then", says="It is proved.", at="parity/rnn/seed-proved/zeros-12", look="proof", play=True),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of nets that the prover has judged, with a tour."""
    return judged(tmp_path_factory.mktemp("data"))


def judged(data: Path, room: int = ROOM) -> Path:
    write_proved(data)
    group = [read(name, data / "models" / name, data / "results" / name) for name in GAINS]
    certificates = {name: found for name in GAINS if (found := read_certificates(name, data))}
    tasks = {"parity": asked_for(["parity-rnn"])[0].task}
    shown = live.shown(group, tasks, certificates, data / "models", data / "certificates", {})
    return put(live_page(environment(), shown, tasks, {}, Study(), STEPS, room), data / "live.html")


@pytest.fixture
def page(browser: Browser, path: Path) -> Iterator[Page]:
    found, complaints = live_opened(browser, path, 1400, "light")
    yield found
    assert complaints == []
    found.context.close()


def follow(page: Page, link: str) -> None:
    page.evaluate("link => { location.hash = link; }", link)
    page.wait_for_function("link => document.getElementById('link').getAttribute('href').startsWith(link)", arg=link)


def said(page: Page, side: str, part: str) -> str:
    return page.locator(f"#{side} [data-part={part}]").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 900, 1400])
def test_the_page_fits_its_window_and_breaks_no_rule(browser: Browser, path: Path, width: int, scheme: str) -> None:
    page, complaints = live_opened(browser, path, width, scheme)
    page.locator("summary").first.click()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shades = page.evaluate("[...new Set(document.querySelector('#left canvas').getContext('2d').getImageData(0, 0, 300, 100).data)].length")
    assert shades > 10  # something is drawn
    assert complaints == []
    page.context.close()


def test_a_typed_input_is_read_and_the_first_wrong_answer_is_marked(page: Page) -> None:
    net = parity_net(GAINS["parity-rnn-post"][0])
    bits = [1] + [0] * 30
    outputs, exact = run(net, np.array([bits]))[0], PARITY.run(np.array([bits]))[0]
    first = int((outputs != exact).argmax())
    assert first > 0
    page.locator("#text").fill("".join(map(str, bits)))
    page.keyboard.press("Enter")
    assert said(page, "left", "answer") == "".join(map(str, outputs))
    assert said(page, "left", "exact") == "".join(map(str, exact))
    marked = "[...document.querySelector('#left [data-part=answer]').childNodes].findIndex(n => n.nodeName === 'MARK')"
    assert page.evaluate(marked) == first
    assert f"the first is the {first + 1}" in said(page, "left", "tally")
    assert said(page, "right", "tally") == "All 31 bits are right."


def test_what_cannot_be_read_is_refused_in_a_sentence(page: Page) -> None:
    page.locator("#text").fill("10210")
    page.get_by_role("button", name="Read it").click()
    assert re.fullmatch(r"Expected an input such as [01]+, got “2” in it\.", said(page, "left", "complaint"))
    assert not page.locator("#left [data-part=stage]").is_visible()
    page.locator("#text").fill("1010")
    page.keyboard.press("Enter")
    assert page.locator("#left [data-part=stage]").is_visible()


def test_the_slider_leads_to_where_a_net_goes_wrong_and_to_ten_thousand(page: Page) -> None:
    follow(page, "#parity/rnn-post/seed-0/zeros-3")
    assert said(page, "left", "tally") == "All 4 bits are right."
    page.locator("#run").focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('#left [data-part=tally]').textContent.includes('10,001')")
    assert page.locator("#count").input_value() == "10000"
    assert "of 10,001 bits are wrong" in said(page, "left", "tally")
    assert said(page, "right", "tally") == "All 10,001 bits are right."
    assert page.evaluate("location.hash").startswith("#parity/rnn-post/seed-0/zeros-10000/vs/rnn/seed-0")


def test_a_link_leads_to_the_state_it_was_taken_from(browser: Browser, path: Path, page: Page) -> None:
    page.locator("#left [data-part=seed]").select_option("1")
    page.locator("#right [data-part=seed]").select_option("2")
    page.locator("#count").fill("26")
    page.keyboard.press("Tab")
    page.locator("#head").select_option("1")
    page.wait_for_function("location.hash.includes('zeros-26-in-2')")
    link = page.evaluate("location.hash")
    assert link == "#parity/rnn-post/seed-1/zeros-26-in-2/vs/rnn/seed-2"
    other = browser.new_context(offline=True).new_page()
    other.goto(path.as_uri() + link)
    for side, part in (("left", "tally"), ("right", "tally"), ("right", "verdict")):
        assert said(other, side, part) == said(page, side, part)
    assert other.locator("#right [data-part=seed]").input_value() == "2"
    other.goto(path.as_uri() + "#parity/nothing/seed-x/%E0%A4%A/vs/nothing")
    assert other.locator("#left [data-part=strip]").is_visible()
    other.context.close()


def test_the_certificate_stages_wrong_answer_is_replayed_and_a_proved_net_has_none(page: Page) -> None:
    follow(page, "#parity/rnn/seed-1/zeros-3/vs/rnn/seed-0")
    assert said(page, "left", "badge") == "wrong somewhere"
    page.locator("#left [data-part=find]").click()
    hit = page.evaluate("packs.data.experiments[0].nets[1].verdict.counterexample")
    assert page.locator("#text").input_value() == hit["input"]
    assert said(page, "left", "exact") == hit["expected"]
    assert said(page, "left", "answer") == hit["got"]
    assert "Found by the certificate stage" in said(page, "left", "found")
    assert page.locator("#play").inner_text() == "Pause"
    page.locator("#right [data-part=find]").click()
    assert said(page, "right", "found").startswith("There is none")


def test_a_net_that_does_not_fit_into_the_page_is_read_from_the_folder_beside_it(browser: Browser, page: Page, tmp_path: Path) -> None:
    crowded = judged(tmp_path, room=1)
    assert {found.name for found in (tmp_path / "live").iterdir()} == {f"{name}.js" for name in GAINS}
    link = "#parity/rnn-post/seed-0/zeros-30/vs/rnn/seed-0"
    follow(page, link)
    other, complaints = live_opened(browser, crowded, 1400, "light")
    follow(other, link)
    other.locator("#right [data-part=stage]").wait_for(state="visible")
    for side in ("left", "right"):
        for part in ("tally", "answer", "verdict", "space-says"):
            assert said(other, side, part) == said(page, side, part)
    assert "set 1 of" in said(other, "right", "space-says") or "It is in set" in said(other, "right", "space-says")
    assert complaints == []
    other.context.close()


def test_a_missing_file_of_nets_is_named_and_the_other_net_still_reads(browser: Browser, tmp_path: Path) -> None:
    crowded = judged(tmp_path, room=1)
    (tmp_path / "live/parity-rnn-post.js").unlink()
    page, _ = live_opened(browser, crowded, 1400, "light")
    follow(page, "#parity/rnn-post/seed-0/zeros-3/vs/rnn/seed-0")
    page.wait_for_function("document.querySelector('#left [data-part=complaint]').textContent")
    assert "live/parity-rnn-post.js" in said(page, "left", "complaint")
    assert said(page, "right", "tally") == "All 4 bits are right."
    page.context.close()


def test_a_net_without_a_verdict_is_searched(computed: Page) -> None:
    follow(computed, "#increment/lstm/seed-1/nines-1")
    computed.locator("#left [data-part=find]").click()
    assert "Found by a search just now" in said(computed, "left", "found")
    assert "wrong" in (computed.locator("#left [data-part=tally]").get_attribute("class") or "")


def test_the_state_moves_inside_the_sets_of_the_proof(page: Page) -> None:
    """By the sets that the proof names: the outline of each holds the state that the browser computes, at every step."""
    found = page.evaluate("""() => {
      const data = packs.data;
      const [experiment, variant] = [data.experiments[0], data.tasks[0].variants[0]];
      const net = nets.load(experiment, experiment.nets[0]);
      const own = space.prepare(net, variant, experiment.nets[0].proof);
      const next = tasks.random(3);
      const symbols = Uint16Array.from({ length: 400 }, () => (next() < 0.5 ? 0 : 1));
      const run = net.run(symbols);
      const states = tasks.states(variant, symbols);
      const sets = space.setsOf(own, symbols);
      return [...symbols].map((_, t) => {
        const set = own.sets[sets[t + 1]];
        const at = own.project(run.hidden.subarray(t * run.units, (t + 1) * run.units));
        const turns = set.corners.map(([x, y], i) => {
          const [u, v] = set.corners[(i + 1) % set.corners.length];
          return (u - x) * (at[1] - y) - (v - y) * (at[0] - x);
        });
        return (turns.every((turn) => turn >= 0) || turns.every((turn) => turn <= 0)) && set.state === states[t + 1];
      });
    }""")
    assert len(found) == 400
    assert all(found)


def test_the_keyboard_plays_steps_and_tells_where_it_is(page: Page) -> None:
    follow(page, "#parity/rnn/seed-0/zeros-9")
    page.locator("#time").focus()
    page.keyboard.press("Home")
    assert "After 0 bits the machine is in state even. It is in set 1 of" in said(page, "left", "space-says")
    page.locator("#on").focus()
    page.keyboard.press("Enter")
    assert "After 1 bit the machine is in state odd" in said(page, "left", "space-says")
    assert page.locator("#left .state.lit text").inner_html() == "odd"
    assert "After 1 of 10 bits: read 1, answers 1" in (page.locator("#left [data-part=strip]").get_attribute("aria-label") or "")
    page.locator("#speed").select_option("fast")
    page.locator("#play").focus()
    page.keyboard.press("Space")
    page.wait_for_function("document.getElementById('play').textContent === 'Play' && document.getElementById('time').value === '10'")
    order = page.evaluate("[...document.querySelectorAll('a, button, select, input, summary')].filter(e => e.tabIndex > 0).length")
    assert order == 0


def test_a_moment_looks_the_same_whatever_was_shown_before(page: Page) -> None:
    follow(page, "#parity/rnn/seed-0/zeros-9")
    pictures = []
    for moment in (0, 4, 10, 4, 0):
        page.evaluate("t => player.seek(t)", moment)
        pictures.append(page.evaluate("[...document.querySelectorAll('#left canvas')].map(c => c.toDataURL())"))
    start, middle, end, again, back = pictures
    assert start == back
    assert middle == again
    assert start[0] != middle[0] != end[0]


def test_the_tour_sets_what_is_shown_and_fills_in_what_came_out(page: Page) -> None:
    tour = page.locator("#tour")
    first = page.evaluate("document.querySelector('#left [data-part=tally]').textContent.match(/the first is the (\\w+)/)[1]")
    assert tour.locator("[data-part=says]").inner_text() == f"It goes wrong at the {first} bit."
    assert page.locator("#left .pointed").count() == 1
    tour.get_by_role("button", name="Next").click()
    assert tour.locator("h2").inner_text() == "2. Then"
    assert tour.locator("[aria-current=step]").inner_text() == "Then"
    assert page.locator("#left [data-part=badge]").inner_text() == "proved"
    assert tour.get_by_role("button", name="Next").is_disabled()
    # What a step speaks of is seen, and the tour does not cover it.
    page.wait_for_timeout(1500)
    pointed, own = page.locator("#left .pointed").bounding_box(), tour.bounding_box()
    assert pointed
    assert own
    assert pointed["y"] >= 0
    assert pointed["y"] + pointed["height"] <= own["y"]
    page.keyboard.press("Escape")
    assert page.locator(".pointed").count() == 0
    assert tour.locator("h2").inner_text() == "A guided tour"


def test_at_the_end_the_first_wrong_answer_is_in_sight(page: Page) -> None:
    found = page.evaluate("""() => {
      const data = packs.data;
      const experiment = data.experiments.find((e) => e.name === "parity-rnn-post");
      const variant = data.tasks[0].variants[0];
      const net = nets.load(experiment, experiment.nets[0]);
      const symbols = tasks.filled(variant, tasks.run(variant, 900));
      const [run, exact] = [net.run(symbols), tasks.exact(variant, symbols)];
      const first = exact.findIndex((symbol, i) => symbol !== run.outputs[i]);
      const states = tasks.states(variant, symbols);
      const view = { variant, net, symbols, run, exact, first, wrong: [first], count: 901, states, scales: [1, 1] };
      const canvas = document.querySelector("#left [data-part=strip]");
      const seen = (t) => {
        const place = drawing.strip(canvas, { ...view, t });
        return place.first <= first && first < place.first + place.seen;
      };
      return [first, seen(run.frames), seen(run.frames - 1), seen(first)];
    }""")
    assert 0 < found[0] < 100
    assert found[1:] == [True, False, True]


def test_a_net_of_other_symbols_reads_an_example_of_its_own(computed: Page) -> None:
    found = computed.evaluate("""() => {
      const data = packs.data;
      const typed = data.tasks.find((t) => t.name === "long_lag").variants[0];
      const names = typed.inputs.names.map((name) => name && `${name}b`);
      const other = { ...typed, inputs: { ...typed.inputs, names }, examples: [names.filter(Boolean).join(" ")] };
      const input = { kind: "text", text: typed.examples[0] };
      const { symbols, own } = choice.beside(other, typed, input);
      return [tasks.show(other, symbols) === other.examples[0], own, choice.beside(typed, typed, input).own];
    }""")
    assert found == [True, True, False]


def test_attention_memory_and_machine_are_shown_where_nets_have_them(computed: Page) -> None:
    parts = {"sort/pointer": "attention", "long_lag/lstm": "memory", "increment/rnn": "finite", "sort/seq2seq": ""}
    for link, part in parts.items():
        follow(computed, f"#{link}/seed-0/example-1" if "increment" not in link else f"#{link}/seed-0/nines-5")
        for own in ("attention", "memory", "finite"):
            assert computed.locator(f"#left [data-part={own}]").is_visible() == (own == part), (link, own)
    follow(computed, "#sort/pointer/seed-0/input-31_4_15_9")
    sums = computed.evaluate("""() => {
      const data = packs.data;
      const experiment = data.experiments.find((e) => e.name === "sort-pointer");
      const { attention } = nets.load(experiment, experiment.nets[0]).run(Uint16Array.of(31, 4, 15, 9));
      return [0, 1, 2, 3].map((t) => attention.slice(4 * t, 4 * t + 4).reduce((a, b) => a + b, 0));
    }""")
    assert sums == pytest.approx([1] * 4, abs=1e-5)


def test_a_frame_costs_no_more_at_ten_thousand_symbols_than_at_a_hundred(page: Page) -> None:
    cost = """() => {
      const times = [];
      for (let i = 0; i < 60; i++) {
        const begun = performance.now();
        player.seek(player.frames / 2 + i / 60);
        times.push(performance.now() - begun);
      }
      return times.sort((a, b) => a - b)[30];
    }"""
    follow(page, "#parity/rnn/seed-0/zeros-99")
    short = page.evaluate(cost)
    follow(page, "#parity/rnn/seed-0/zeros-9999")
    assert page.evaluate(cost) < 5 * short + 1


def test_the_page_is_below_two_megabytes_and_holds_no_text_that_ends_its_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # Nets fill the room that they are given; what is said of tasks and experiments takes some ten thousand more.
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert data
    assert len(text.encode()) - len(data[1].encode()) + ROOM < 1_975_000
    assert text.count("</script>") == text.count("<script")
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


def test_the_button_plays_what_a_guarantee_says(browser: Browser, tmp_path: Path) -> None:
    told = [
        Guarantee(verdict="proved", said=("proved: up to 11",), fails=12), Guarantee(verdict="proved", said=("proved: of any length",)),
        Guarantee(verdict="wrong", counterexample=Counterexample(input="1101", expected="3", got="2")),
    ]  # fmt: skip
    nets = tuple(Net(seed, 10, carousel(seed), own) for seed, own in enumerate(told))
    group = [Shown("count_ones-rnn", "count_ones", "ours", {"name": "carousel", "units": 4}, "", nets)]
    tasks = {"count_ones": asked_for(["count_ones-rnn"])[0].task}
    page, complaints = live_opened(
        browser, put(live_page(environment(), group, tasks, {}, Study(), []), tmp_path / "live.html"), 900, "light"
    )
    expected = ["Found by its proof, which ends before 12 ones.", "There is none: of any length.", "Found by the search for a proof: 1101."]
    for seed, found in enumerate(expected):
        follow(page, f"#count_ones/rnn/seed-{seed}/input-10")
        assert said(page, "left", "badge") == ("wrong somewhere" if seed == 2 else "proved")
        page.locator("#left").get_by_role("button", name="Find an input that breaks it").click()
        assert said(page, "left", "found") == found
        assert page.locator("#text").input_value() == ("1" * 12, "10", "1101")[seed]
    assert complaints == []
    page.context.close()
