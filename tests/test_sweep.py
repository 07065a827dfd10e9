"""What is gathered from the sweep's experiments, and that the page about it says what the table has."""

import csv
import importlib.util
import math
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
SWEEP = ROOT / "studies/sweep"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("first_wrong", SWEEP / "first_wrong.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score(seed: int, length: int, value: float, family: str = "all_nines", metric: str = "sequence_accuracy") -> dict[str, str]:
    return {"seed": str(seed), "length": str(length), "value": str(value), "family": family, "metric": metric}


def test_the_first_wrong_run_is_the_shortest_one_and_none_is_infinite(tool: ModuleType) -> None:
    rows = [score(0, 30, 0.0), score(0, 12, 0.0), score(0, 2, 1.0), score(1, 30, 1.0)]
    rows += [score(1, 3, 0.0, family="random"), score(1, 4, 0.0, metric="token_accuracy")]
    assert tool.first_wrong(rows) == {0: 12.0, 1: math.inf}


def test_a_picture_is_drawn_where_cells_are_missing(tool: ModuleType, tmp_path: Path) -> None:
    tool.draw([[8, 10, 3, 0, 5.0], [16, 50, 10, 0, math.inf]], tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_says_what_the_table_has() -> None:
    page = (ROOT / "docs/sweep.md").read_text(encoding="utf-8")
    with (SWEEP / "first_wrong.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    firsts = [float(row["first_wrong"]) for row in rows]
    counted = [sum(low <= first <= high for first in firsts) for low, high in ((1, 25), (26, 50), (51, 1e9))]
    assert [int(count) for count in re.findall(r"^\| (?:1 to 25|26 to 50|above 50) \| (\d+) \|", page, re.M)] == counted
    recipes = {(row["units"], row["batch_size"], row["epochs"]) for row in rows}
    for figure in (
        f"{len(recipes)} of its 45",
        f"these {len(rows)} nets {sum(map(math.isinf, firsts))} are right",
        f"3 of {len(rows)} nets",
    ):
        assert figure in re.sub(r"\s+", " ", page)
