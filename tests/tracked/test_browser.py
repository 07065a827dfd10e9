"""The MLflow UI as someone would use it, in a real browser. Pictures of it go to ``$SCREENSHOTS``, if that names a folder."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import chromium
from mlflow import MlflowClient
from mlflow.entities import Run
from playwright.sync_api import Locator, Page, expect
from small_study import OURS, POST, SEEDS, Ui

pytestmark = pytest.mark.slow
PATIENCE = 60_000  # milliseconds, for a busy machine


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1600, "height": 1200})
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        # MLflow opens its assistant beside the first page, over a third of the width.
        page.add_init_script("localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')")
        yield page


@pytest.fixture
def page(browser_page: Page, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """A page; its last state is kept as a picture, named after the test."""
    browser_page.goto("about:blank")  # two addresses that differ behind the # alone are one page
    yield browser_page
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    browser_page.screenshot(path=folder / f"{request.node.name}.png")


@pytest.fixture(scope="module")
def client(study: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{study}/mlruns/mlflow.db")


def summary(client: MlflowClient, name: str) -> Run:
    experiment = client.get_experiment_by_name(name.partition("-")[0]).experiment_id
    (run,) = client.search_runs([experiment], f"attributes.run_name = '{name}'")
    return run


def link(ui: Ui, task: str, view: str) -> str:
    """Return the link that ``nines ui`` has printed."""
    (found,) = re.findall(rf"^  {task}\n(?:    .*\n)*?    {view}: (\S+)$", ui.printed, re.MULTILINE)
    return found


def chart(page: Page, metric: str) -> Locator:
    """Return a metric's chart, drawn and in sight."""
    card = page.get_by_test_id("experiment-view-compare-runs-card").filter(has=page.locator(f"h4[title='{metric}']"))
    card.scroll_into_view_if_needed()
    expect(card.locator(".scatterlayer .trace path.js-line").first).to_be_attached()
    return card


def drawn(card: Locator, wanted: int) -> set[str]:
    """Return the lines of a chart that are drawn, each as an SVG path of two points or more; waits for ``wanted`` different ones."""
    found: set[str] = set()
    for _ in range(PATIENCE // 100):
        found = {path.get_attribute("d") or "" for path in card.locator(".scatterlayer .trace path.js-line").all()}
        found = {path for path in found if "L" in path}
        if len(found) >= wanted:
            break
        card.page.wait_for_timeout(100)
    return found


def test_the_first_link_is_opened_in_the_browser(ui: Ui) -> None:
    assert ui.opened == link(ui, "increment", "experiments compared")


def test_the_printed_link_opens_charts_that_compare_the_experiments(page: Page, ui: Ui, client: MlflowClient) -> None:
    page.goto(link(ui, "increment", "experiments compared"))
    expect(page.get_by_text("Group by: experiment")).to_be_visible()
    expect(page.get_by_text(f"{SEEDS + 2} matching runs")).to_be_visible()
    card = chart(page, "sequence_accuracy/random")
    for name in (POST, OURS):
        expect(card.get_by_text(f"{name} (sequence_accuracy/random)")).to_be_attached()
    lengths = [float(text) for text in card.locator(".xaxislayer-above .xtick").all_text_contents()]
    assert max(lengths) >= 40, "expected the lengths of the sequences, up to 50, on the x axis"
    assert len(drawn(card, 2)) >= 2, "expected a line for each experiment, and how its seeds spread"


def test_the_other_link_overlays_ten_seeds(page: Page, ui: Ui) -> None:
    page.goto(link(ui, "increment", "every seed"))
    expect(page.get_by_text(f"{SEEDS + 2} matching runs")).to_be_visible()
    page.get_by_test_id("search-box").fill(f"tags.experiment = '{POST}' and tags.level = 'seed'")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{SEEDS} matching runs")).to_be_visible()
    page.get_by_text("Model metrics").first.scroll_into_view_if_needed()
    card = chart(page, "loss")
    assert len(drawn(card, SEEDS)) == SEEDS, "expected as many different curves"


def test_runs_are_found_by_hand(page: Page, ui: Ui) -> None:
    for task, name in (("parity", "parity-any/seed-0"), ("increment", f"{POST}/seed-0")):
        page.goto(f"{ui.address}/#/experiments")
        page.get_by_text("Model training", exact=True).click()
        page.get_by_role("link", name=task, exact=True).click()
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    page.get_by_test_id("search-box").fill("tags.level = 'seed'")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{SEEDS + 2} matching runs")).to_be_visible()
    page.get_by_role("button", name="Group by").click()
    page.get_by_role("menuitemcheckbox", name="experiment", exact=True).click()
    for name in (POST, OURS):
        expect(page.get_by_text(f"Group: {name}", exact=True)).to_be_attached()


def test_a_picture_of_the_report_is_shown(page: Page, ui: Ui, client: MlflowClient) -> None:
    run = summary(client, POST)
    page.goto(f"{ui.address}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}")
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("figures", exact=True).click()
    page.get_by_text(f"{POST}-accuracy.png", exact=True).click()
    picture = page.locator("img[src*='get-artifact'], img[src^='blob:'], .image-outer-container img").first
    expect(picture).to_be_visible()
    page.wait_for_function("picture => picture.naturalWidth > 100", arg=picture.element_handle())


def test_the_digest_of_the_dataset_is_read(page: Page, ui: Ui, client: MlflowClient) -> None:
    run = summary(client, POST)
    digests = {data.dataset.name: data.dataset.digest for data in run.inputs.dataset_inputs}
    page.goto(f"{ui.address}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}")
    page.get_by_role("button", name=f"increment-training ({digests['increment-training']})").click()
    drawer = page.get_by_role("dialog")
    for digest in digests.values():
        expect(drawer.get_by_text(digest).first).to_be_visible()


def test_champions_are_seen_in_the_registry(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.address}/#/models")
    expect(page.get_by_role("link", name="temporal_order", exact=True)).to_be_visible()
    expect(page.get_by_text("@ champion").first).to_be_visible()
