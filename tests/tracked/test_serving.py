"""A net of the registry answers over HTTP what a person writes, and refuses in a sentence what it cannot read."""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_study import environment, free_port, python, stop, wait_for

pytestmark = pytest.mark.slow

# What a person may write, for each task.
WRITTEN = {
    "sort": ["31 4 15 9 2 6 53 58 97 93", "7, 3"],
    "count_ones": ["1101", "0"],
    "parity": ["1100111110011101", "1"],
    "curve": ["0.1 0.12 0.15 0.2 0.22 0.3 0.33 0.4 0.41 0.5"],
    "long_lag": ["x a1 a2", "y a1 a2"],
    "noisy_lag": ["y a3 a1 a1"],
    "adding": ["0.5 0.25* -0.5 0.75* 0.1"],
    "temporal_order": ["E a X b Y B", "EaXbcdYB"],
}
# MLflow's own scoring application, one for each task, in one process.
ALL_TASKS = """
import sys
import mlflow, uvicorn
from fastapi import FastAPI
from mlflow.pyfunc import scoring_server

served = FastAPI()
for task in sys.argv[2:]:
    served.mount(f"/{task}", scoring_server.init(mlflow.pyfunc.load_model(f"models:/{task}@champion")))
uvicorn.run(served, host="127.0.0.1", port=int(sys.argv[1]))
"""
AT_HOME = """
import json, sys
from pathlib import Path
from pipeline.answering import Answerer
from pipeline.config import paths, settings
from pipeline.recording.ranking import best

known, answers = settings.read(), {}
for task, texts in json.loads(sys.argv[1]).items():
    answerer = Answerer.load(paths.models(best(known, task).name), known.task(task).params.model_dump())
    answers[task] = [answerer(text) for text in texts]
Path(sys.argv[2]).write_text(json.dumps(answers))
"""


class Server:
    """A server that answers at an address."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, body: Any, task: str = "") -> tuple[int, Any]:
        """Post a body; return the status and what is answered."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{self.address}{task and '/' + task}/invocations"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)


def serve(study: Path, folder: Path, *command: str, port: int, ping: str) -> Iterator[Server]:
    """Run a server outside of the checkout, so that it has no code but what was logged."""
    log = folder / "log"
    variables = environment(MLFLOW_TRACKING_URI=f"sqlite:///{study}/mlruns/mlflow.db", PYTHONPATH="")
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, *command], cwd=folder, env=variables, stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/{ping}", process, log)
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        stop(process)


@pytest.fixture(scope="module")
def increment(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    command = ("-m", "mlflow", "models", "serve", "-m", "models:/increment@champion", "--env-manager", "local")
    yield from serve(study, tmp_path_factory.mktemp("serve"), *command, "--host", "127.0.0.1", "-p", str(port), port=port, ping="ping")


@pytest.fixture(scope="module")
def every_task(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    yield from serve(study, tmp_path_factory.mktemp("all"), "-c", ALL_TASKS, str(port), *WRITTEN, port=port, ping="sort/ping")


def test_the_champion_answers_raw_text(increment: Server) -> None:
    assert increment.ask({"inputs": ["1476233999"]}) == (200, {"predictions": ["1476234000"]})
    assert increment.ask({"inputs": ["41", "1000000"]}) == (200, {"predictions": ["42", "1000001"]})
    assert increment.ask({"inputs": []}) == (200, {"predictions": []})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"inputs": ["12a4"]}, "expected a number in decimal digits such as 1476233999, got '12a4' (character 3 is 'a')"),
        ({"inputs": ["41", ""]}, "expected a number in decimal digits such as 1476233999, got an empty input"),
        ({"inputs": [1476233999]}, "Expected type str, but got int"),
        ({"inputs": [None]}, "Expected type str, but got NoneType"),
        ({"inputs": "1476233999"}, "Expected list, but got str"),
        ({"numbers": ["1476233999"]}, "Request payload must be a dictionary with 'inputs' key"),
        ({"instances": ["1476233999"]}, "Request payload must be a dictionary with 'inputs' key"),
        (["1476233999"], "The input must be a JSON dictionary"),
        (b"1476233999, please", "Ensure that input is a valid JSON formatted string"),
        (b"", "Ensure that input is a valid JSON formatted string"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(increment: Server, body: Any, sentence: str) -> None:
    status, answer = increment.ask(body)
    assert status == 400
    assert sentence in answer["message"]
    assert "Traceback" not in json.dumps(answer)


@pytest.fixture(scope="module")
def at_home(study: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the nets in the checkout answer, without MLflow."""
    answers = tmp_path_factory.mktemp("home") / "answers.json"
    python(study, "-c", AT_HOME, json.dumps(WRITTEN), str(answers))
    return json.loads(answers.read_text())


@pytest.mark.parametrize("task", WRITTEN)
def test_every_task_answers_what_a_person_writes(every_task: Server, at_home: dict[str, list[str]], task: str) -> None:
    assert every_task.ask({"inputs": WRITTEN[task]}, task) == (200, {"predictions": at_home[task]})
    assert all(at_home[task])
    status, answer = every_task.ask({"inputs": ["?"]}, task)
    assert status == 400
    assert "expected" in answer["message"]


def test_every_task_is_tried(study: Path) -> None:
    assert sorted([*WRITTEN, "increment"]) == sorted(path.name for path in (study / "data" / "datasets").iterdir())


LOADED = """
import json, sys
import mlflow
from mlflow import MlflowClient

model = mlflow.pyfunc.load_model("models:/increment@champion")
client = MlflowClient()
version = client.get_model_version_by_alias("increment", "champion")
info = mlflow.models.get_model_info("models:/increment@champion")
card = mlflow.artifacts.load_text(f"runs:/{version.run_id}/card/{version.tags['experiment']}.md")
print(json.dumps({
    "answer": model.predict(["1476233999"]),
    "inputs": info.signature.inputs.to_dict(), "outputs": info.signature.outputs.to_dict(),
    "example": mlflow.models.Model.load(info.model_uri).load_input_example(),
    "description": version.description, "experiment": version.tags["experiment"], "card": card,
    "note": client.get_run(version.run_id).data.tags["mlflow.note.content"],
}))
"""


def test_a_champion_that_is_loaded_elsewhere_says_what_it_takes_and_what_it_is(study: Path, tmp_path: Path) -> None:
    variables = environment(MLFLOW_TRACKING_URI=f"sqlite:///{study}/mlruns/mlflow.db", PYTHONPATH="")
    ended = subprocess.run([sys.executable, "-c", LOADED], cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["answer"] == ["1476234000"]
    assert found["inputs"] == [{"type": "string", "required": True}]
    assert found["outputs"] == [{"type": "string", "required": True}]
    assert [re.fullmatch(r"\d{10}", text) is not None for text in found["example"]] == [True]
    assert found["card"] == (study / "data/report/cards" / f"{found['experiment']}.md").read_text()
    assert found["description"] == found["note"]
    assert found["description"].startswith(f"# {found['experiment']}\n")
    for link in (f"data/report/experiments/{found['experiment']}.html", "data/datasets/increment", f"card/{found['experiment']}.md"):
        assert link in found["description"]
        assert link.startswith("card/") or (study / link).exists()
