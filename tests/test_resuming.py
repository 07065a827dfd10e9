"""A training that is killed leaves no output, and the next one goes on from where it was, to the same bytes."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.training.engine.workbench import Workbench

ROOT = Path(__file__).parent.parent
EXPERIMENT = "long_lag-lstm-post"

# Trains, with a snapshot after every chunk, and kills itself (or is interrupted) after so many; it says from which steps it went on.
TRAIN = """
import os, signal, sys
from pipeline.config import settings
from pipeline.stages import train
from pipeline.training.engine import workbench

workbench.SECONDS_BETWEEN_SNAPSHOTS = 0.0
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
chunks, how = int(sys.argv[1]), sys.argv[2]
seen = []

def watch(part, step, steps, values):
    seen.append((part, step))
    if len(seen) == chunks:
        os.kill(os.getpid(), getattr(signal, how))

train.run(settings.read().experiment("long_lag-lstm-post"), watch)
first = {}
for part, step in seen:
    first.setdefault(part, step)
print(sorted(first.items()))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a small dataset and a recipe of two groups of seeds at two lengths, eight chunks each at most."""
    document = YAML(typ="safe").load(ROOT / "params.yaml")
    document["tasks"]["long_lag"] |= {"time_steps": "4, 6", "sequences": 1600}
    training = document["experiments"][EXPERIMENT]["training"] | {
        "lengths": "4, 6",
        "seeds": 3,
        "steps": 1600,
        "log_every": 200,
        "keep_weights": True,
    }
    document["experiments"] = {EXPERIMENT: document["experiments"][EXPERIMENT] | {"training": training}}
    document["certificates"] = {}
    document["guarantees"] = {}
    YAML().dump(document, tmp_path / "params.yaml")
    python(tmp_path, "-m", "pipeline", "freeze", "long_lag")
    return tmp_path


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize(("how", "code"), [("SIGKILL", -signal.SIGKILL), ("SIGINT", 1)])
def test_a_killed_training_goes_on_to_the_same_bytes(how: str, code: int, checkout: Path) -> None:
    models, unfinished = checkout / "data/models" / EXPERIMENT, checkout / "data/.training" / EXPERIMENT
    killed = python(checkout, "-c", TRAIN, "12", how)
    assert killed.returncode in (code, -signal.SIGINT), killed.stderr[-1000:]
    assert not models.exists()
    assert contents(unfinished)
    resumed = python(checkout, "-c", TRAIN, "1000", how)
    assert resumed.returncode == 0, resumed.stderr[-1000:]
    assert resumed.stdout.count(", 200)") < 4, resumed.stdout
    assert not unfinished.exists()
    again = contents(models)
    assert python(checkout, "-c", TRAIN, "1000", how).returncode == 0
    assert contents(models) == again


@pytest.mark.slow
def test_what_was_begun_with_another_recipe_is_begun_anew(checkout: Path) -> None:
    assert python(checkout, "-c", TRAIN, "3", "SIGKILL").returncode == -signal.SIGKILL
    file = checkout / "params.yaml"
    file.write_text(file.read_text().replace("learning_rate: 1.0", "learning_rate: 0.9"))
    begun = python(checkout, "-c", TRAIN, "1000", "SIGKILL")
    assert begun.returncode == 0, begun.stderr[-1000:]
    assert begun.stdout.count(", 200)") == 4, begun.stdout


def test_groups_that_keep_their_first_snapshots_at_once_do_not_meet(tmp_path: Path) -> None:
    for turn in range(40):
        bench = Workbench(tmp_path / str(turn), "recipe")
        together = threading.Barrier(4)

        def mark(bench: Workbench = bench, together: threading.Barrier = together) -> None:
            together.wait()
            bench._mark()

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(mark) for _ in range(4)]:
                done.result()
        assert [path.name for path in bench.folder.iterdir()] == ["made_from.txt"]
