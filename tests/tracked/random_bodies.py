"""Post random bodies ``{"inputs": […]}`` to the champions of a study, each behind MLflow's own scoring application; count the answers.

``python random_bodies.py COUNT SEED TASK …``, with ``MLFLOW_TRACKING_URI`` set, prints ``{"status": count}``, and each body that got a 500.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from typing import Any

import mlflow
from mlflow.pyfunc import scoring_server

ALPHABETS = (
    "0123456789",
    "01",
    "xyabcdEXYB ",
    "a1a2a3 y x ",
    "0.5 -0.2* ,",
    "-+eE.,1 ",
    "\x00\t\n\r\u2028",
    "é±∞٣１\ufeff\ud800\U0001f600",
)
ODD = (None, True, 0, -1, 1e308, 2**70, 1.5, [], {}, [[]], ["1", "2"], {"a": "1"}, "", " ", "nan", "inf", "1e400", "9" * 3000, "1 " * 3000)


def text(draw: random.Random) -> str:
    """Draw a text that is near what some task reads, or far from it."""
    alphabet = draw.choice(ALPHABETS)
    written = "".join(draw.choice(alphabet) for _ in range(int(10 ** draw.uniform(0, 2.2))))
    return (
        written if draw.random() < 0.7 else " ".join(f"{draw.gauss(0, 10 ** draw.uniform(-3, 3)):.{draw.randrange(8)}g}" for _ in written)
    )


def body(draw: random.Random) -> dict[str, Any]:
    """Draw a body: mostly lists of texts, at times with other things in them, or other keys beside it."""
    inputs = [draw.choice(ODD) if draw.random() < 0.05 else text(draw) for _ in range(draw.choice((0, 1, 1, 1, 2, 5)))]
    if draw.random() < 0.01:
        inputs = inputs * 2000
    return {"inputs": inputs} | ({"params": draw.choice(ODD)} if draw.random() < 0.1 else {})


async def post(served: Any, data: bytes) -> tuple[int, bytes]:
    """Ask an ASGI application as a server would."""
    received = iter([{"type": "http.request", "body": data, "more_body": False}])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(received, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/invocations",
        "raw_path": b"/invocations", "query_string": b"", "root_path": "", "headers": headers,
    }  # fmt: skip
    try:
        await served(scope, receive, send)
    except Exception as error:
        return 500, repr(error).encode()
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


async def main(count: int, seed: int, tasks: list[str]) -> None:
    """Post ``count`` bodies, to each task's champion in turn."""
    applications = [scoring_server.init(mlflow.pyfunc.load_model(f"models:/{task}@champion")) for task in tasks]
    draw, statuses = random.Random(seed), Counter[int]()
    for number in range(count):
        data = json.dumps(body(draw)).encode()
        status, answer = await post(applications[number % len(tasks)], data)
        statuses[status] += 1
        if status >= 500:
            print(tasks[number % len(tasks)], data[:300], answer[-500:], file=sys.stderr)
    print(json.dumps(statuses))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
