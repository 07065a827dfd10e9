"""``dvc plots``: accuracy by length as a picture, drawn by the real Vega-Lite, on a page that needs no network."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import vl_convert
from browser import executable
from checkouts import ROOT, commit, publish, run, tiny

pytestmark = pytest.mark.slow
CSV = "data/report/accuracy.csv"
LINE = re.compile(r'aria-roledescription="line mark" d="[^"]*" stroke="(#\w+)" stroke-width="2" stroke-dasharray="([\d,]+)"')
SOLID = "1,0"


def drawn(checkout: Path, *words: str) -> str:
    """Draw what ``dvc plots <words>`` shows; return the SVG."""
    return vl_convert.vegalite_to_svg(json.loads(run(checkout, "dvc", "plots", *words, "--show-vega")), vl_version="6.4")


def test_a_panel_for_each_task_and_family_and_a_line_for_each_experiment() -> None:
    with (ROOT / CSV).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "sequence_accuracy" and not row["family"][-1].isdigit()]
    lengths: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        lengths.setdefault((row["task"], row["family"]), set()).add(row["length"])
    panels = {panel for panel, there in lengths.items() if len(there) > 1}
    lines = {(row["task"], row["family"], row["experiment"]) for row in rows if (row["task"], row["family"]) in panels}
    svg = drawn(ROOT, "show", CSV)
    assert set(re.findall(r">(\w+: [\w ]+)</text>", svg)) == {f"{task}: {family.replace('_', ' ')}" for task, family in panels}
    found = LINE.findall(svg)
    assert len(found) == len(lines)
    assert len({colour for colour, _ in found}) == len({name.removeprefix(f"{task}-") for task, _, name in lines}), (
        "a colour for each recipe"
    )
    assert {dash for _, dash in found} == {SOLID}
    assert ">10,000<" in svg, "expected an axis up to the longest length"


HEADER = "task,experiment,family,length,metric,median,worst,share"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits: the second one's net is right at both lengths."""
    checkout = publish(tmp_path_factory.mktemp("history"), tiny())
    for right, right_to in ((0.25, 10), (1.0, 1000)):
        rows = [f"increment,increment-rnn,random,{n},sequence_accuracy,{value},0.0,0.5" for n, value in ((10, 1.0), (1000, right))]
        (checkout / CSV).parent.mkdir(parents=True, exist_ok=True)
        (checkout / CSV).write_text("\n".join([HEADER, *rows]) + "\n")
        headline = {"right_to": {"median": right_to, "worst": 10}, "right": {"trained": 1.0, "beyond": right}}
        (checkout / "data/report/metrics.json").write_text(json.dumps({"increment-rnn": headline}) + "\n")
        commit(checkout, "a result")
    return checkout


def test_diff_draws_the_second_revision_dashed(history: Path) -> None:
    found = LINE.findall(drawn(history, "diff", "HEAD~1", "HEAD", "--targets", CSV))
    assert [dash == SOLID for _, dash in found] == [True, False]
    assert len({colour for colour, _ in found}) == 1


def test_metrics_diff_says_how_far_each_net_is_right_before_and_after(history: Path) -> None:
    shown = run(history, "dvc", "metrics", "diff", "HEAD~1", "HEAD", "--md")
    rows = {cells[1]: cells[2:] for line in shown.splitlines() if (cells := [cell.strip() for cell in line.strip("|").split("|")])[1:]}
    assert rows["increment-rnn.right_to.median"] == ["10", "1000", "990"]
    assert rows["increment-rnn.right.beyond"] == ["0.25", "1.0", "0.75"]
    assert not any(name.endswith((".worst", ".trained")) for name in rows), "what is the same is not told"


def test_the_page_needs_no_network(history: Path, tmp_path: Path) -> None:
    page = history / ".dvc/plots/page.html"
    subprocess.run([sys.executable, ROOT / ".dvc/plots/make_page.py", page], check=True)
    run(history, "dvc", "config", "--local", "plots.html_template", "plots/page.html")
    run(history, "dvc", "plots", "diff", "HEAD~1", "HEAD", "-o", str(tmp_path / "plots"))
    shown = tmp_path / "plots/index.html"
    html = shown.read_text()
    assert "window.vegaEmbed=" in html
    assert re.findall(r"<(?:script|link)\b[^>]*\b(?:src|href)=", html) == []
    offline = ["--headless", "--no-sandbox", "--disable-gpu", "--proxy-server=127.0.0.1:9", f"--user-data-dir={tmp_path}/profile"]
    look = [executable(), *offline, "--virtual-time-budget=5000", "--dump-dom", shown.as_uri()]
    seen = subprocess.run(look, capture_output=True, text=True, check=True, timeout=120).stdout
    assert re.search(r'<(canvas|svg) [^>]*class="marks"', seen)
    assert "whole sequences" in seen
