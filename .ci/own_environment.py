"""A served model away from home: in an environment that is built from its own requirements, in a folder that holds no code of this project.

    MLFLOW_TRACKING_URI=sqlite:///mlruns/mlflow.db python .ci/own_environment.py models:/increment@champion 1476233999

downloads the model, installs its ``requirements.txt`` into a fresh virtual environment (some 2 GB), and asks the model
there, by ``mlflow.pyfunc.load_model`` and by ``mlflow models serve``. Exit code 1 if either answers otherwise than here.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow

LOAD = "import json, mlflow, sys; print(json.dumps(mlflow.pyfunc.load_model(sys.argv[1]).predict(sys.argv[2:])))"
# Of a server that loads TensorFlow on a slow machine.
SECONDS = 300


def main(uri: str, texts: list[str]) -> int:
    """Return the exit code."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model").mkdir()
        model = mlflow.artifacts.download_artifacts(uri, dst_path=str(folder / "model"))
        here = mlflow.pyfunc.load_model(model).predict(texts)
        python = str(folder / "environment/bin/python")
        subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", f"{model}/requirements.txt"], check=True)
        # Without this project's code, its store, and what the user has set for either.
        variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MLFLOW_", "VIRTUAL_ENV"))}
        variables["PATH"] = f"{Path(python).parent}{os.pathsep}{os.defpath}"
        (folder / "elsewhere").mkdir()
        loaded = subprocess.run(
            [python, "-c", LOAD, model, *texts], cwd=folder / "elsewhere", env=variables, check=True, stdout=subprocess.PIPE
        )
        found = {"load_model": json.loads(loaded.stdout), "models serve": served(python, model, texts, folder / "elsewhere", variables)}
    print(f"here: {here}")
    for way, answers in found.items():
        print(f"{way}: {answers}{'' if answers == here else ', expected the answers given here'}")
    return int(any(answers != here for answers in found.values()))


def served(python: str, model: str, texts: list[str], folder: Path, variables: dict[str, str]) -> list[str]:
    """Serve the model in its own environment, and ask it over HTTP."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "mlflow", "models", "serve", "-m", model, "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, cwd=folder, env=variables)
    try:
        begun = time.monotonic()
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() - begun > SECONDS:
                    raise
                time.sleep(0.5)
        body = json.dumps({"inputs": texts}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            found: list[str] = json.load(answer)["predictions"]
            return found
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
