"""The report as people see it: every page in a real browser, narrow and wide, in light and dark, with the keyboard, and by axe's rules."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from PIL import Image
from playwright.sync_api import Browser, Page
from proved_files import GAINS, write_proved
from report_files import asked_for, ended, fabricate, write

from pipeline.stages import report

# The last one stands beside means that a paper printed.
EXPERIMENTS = ("bits-post", "wave-post", "lag-post", "extra", *GAINS, "adding-lstm-1997")
BOARD = {("parity", "simple_rnn"): "parity-rnn", ("bits", "lstm"): "bits-post", ("wave", "lstm"): "wave-post"}
PAGES = ("index.html", "experiments/bits-post.html", "experiments/parity-rnn.html")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    fabricate(data)
    write_proved(data)
    stop = {"steps": 100, "stop": {"max_abs_error": 0.04, "successes": 10}}
    scores = {("sequence_accuracy", "random", 100): ([1.0, 0.5], 0.1)}
    write(data, "adding-lstm-1997", "adding", scores, {100: [ended(30, 30), ended(100)]}, training=stop)
    return report.run(asked_for(EXPERIMENTS), data, BOARD).parent


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def opened(browser: Browser, path: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    """Open a page of the report; return it with all that the browser complains about, and every address that is not the page's own."""
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:")) else None)
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.goto(path.as_uri())
    return page, complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window_and_breaks_no_rule(browser: Browser, folder: Path, name: str, width: int, scheme: str) -> None:
    page, complaints = opened(browser, folder / name, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].filter(i => !(i.complete && i.naturalWidth)).length") == 0
    assert page.evaluate("document.images.length") > 2
    # What is folded is read too.
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    page.context.close()


def test_the_keyboard_skips_to_the_content_and_reaches_what_scrolls(browser: Browser, folder: Path) -> None:
    page, _ = opened(browser, folder / "index.html", 400, "light")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("nav a[href='#lengths']").focus()
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Accuracy of each experiment by length":
            break
    else:
        pytest.fail("no Tab led to the heat map")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    before = page.evaluate("document.activeElement.scrollLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.activeElement.scrollLeft > before", arg=before)
    page.context.close()


def test_pictures_follow_the_colour_scheme(browser: Browser, folder: Path) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        page, _ = opened(browser, folder / "experiments" / "parity-rnn.html", 1400, scheme)
        shot = page.locator("#parity-rnn-state-space img").screenshot()
        brightness[scheme] = Image.open(io.BytesIO(shot)).convert("L").resize((1, 1)).getpixel((0, 0))
        page.context.close()
    assert brightness["light"] > 200
    assert brightness["dark"] < 80


def test_links_lead_from_the_first_page_to_an_experiment_and_back(browser: Browser, folder: Path) -> None:
    page, complaints = opened(browser, folder / "index.html", 1400, "light")
    page.locator("#certificates").get_by_role("link", name="parity-rnn", exact=True).click()
    assert page.locator("h1").inner_text() == "parity-rnn"
    assert page.get_by_role("heading", name="Proofs").is_visible()
    page.get_by_role("link", name="Back to the report").click()
    assert page.locator("h1").inner_text() == "Trailing Nines"
    assert complaints == []
    page.context.close()
