"""One contender on one workload in a process of its own: ``python -m benchmarks.worker CONTENDER WORKLOAD [SEEDS]``.

The first line on stdout is a JSON object that says what was built, how long the first training took and how the loss went. After
it, each line read from stdin trains once more and prints ``{"seconds": …}``: so contenders that wait can take turns.
"""

import json
import sys
from importlib.metadata import version
from time import perf_counter
from typing import TextIO

from benchmarks import contenders, workloads
from benchmarks.stdout import own_stdout


def main() -> None:
    """Serve until stdin ends."""
    answers = own_stdout()
    name, workload, *seeds = sys.argv[1:]
    start = perf_counter()
    contender = contenders.make(name, workloads.load(workload, *map(int, seeds)))
    built = perf_counter() - start
    ready = {"first_seconds": contender.train(), "losses": contender.losses()}
    ready |= {"build_seconds": built, "parameters": contender.parameters, "device": contender.device}
    _say(answers, ready | {"versions": {package: version(package) for package in contender.packages}})
    for _ in sys.stdin:
        _say(answers, {"seconds": contender.train()})


def _say(answers: TextIO, content: dict[str, object]) -> None:
    print(json.dumps(content), file=answers, flush=True)


if __name__ == "__main__":
    main()
