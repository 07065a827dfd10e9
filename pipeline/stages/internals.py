"""What goes on inside the nets of finite-state tasks, for the report's pictures: from weights and proofs to arrays."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.reading import NotCertifiable, read
from pipeline.certification.nets.tanh_net import TanhNet
from pipeline.core import registry
from pipeline.core.transducer import Transducer
from pipeline.files import checkpoints
from pipeline.internals.traces import Held, held, visits
from pipeline.reporting.figures.retention import Memory
from pipeline.reporting.figures.state_space import Cell, Portrait
from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.results import Results
from pipeline.tasks.base import Task

# Symbols of the run on which a net's memory is drawn.
RUN = 100


def portraits(group: Sequence[Results], certificates: Mapping[str, Certificates], models: Path, proofs: Path) -> list[Portrait]:
    """Look into the first seed that is proved of each experiment; what is no plain tanh net is left out."""
    found = []
    for results in group:
        transducer = _transducer(results.task)
        proved = certificates[results.experiment].proved if results.experiment in certificates else []
        net = _net(models, results, proved[0], transducer.symbols) if transducer and proved else None
        if transducer and net:
            path = proofs / results.experiment / "proofs" / f"seed-{proved[0]}.json"
            found.append(_portrait(results.experiment, proved[0], net, transducer, Certificate.load(path)))
    return found


def _portrait(experiment: str, seed: int, net: TanhNet, transducer: Transducer, proof: Certificate) -> Portrait:
    seen = visits(net, transducer, np.random.default_rng(0))
    cells = tuple(Cell(transducer.states.index(node.state), *node.cell) for node in proof.nodes)
    return Portrait(experiment, seed, transducer.states, seen.hidden, seen.states, cells)


def memories(group: Sequence[Results], models: Path) -> dict[str, list[Memory]]:
    """Let every plain tanh net of a task with a transducer hear a run of one symbol that changes no state, by task."""
    found: dict[str, list[Memory]] = {}
    for task in dict.fromkeys(results.task for results in group):
        transducer = _transducer(task)
        if transducer:
            nets = [
                (r.experiment, seed, _net(models, r, seed, transducer.symbols)) for r in group if r.task == task for seed in range(r.seeds)
            ]
            runs = {(name, seed): run for name, seed, net in nets if net and (run := held(net, transducer, RUN))}
            found[task] = _memories(transducer, runs)
    return found


def _memories(transducer: Transducer, runs: Mapping[tuple[str, int], Held]) -> list[Memory]:
    """Keep of each run what became of the state that most nets lose."""
    lost = [sum((run.lead[state] <= 0).any() for run in runs.values()) for state in range(len(transducer.states))]
    state = int(np.argmax(lost))
    return [
        Memory(experiment, seed, str(run.symbol), transducer.states[state], run.lead[state], run.apart)
        for (experiment, seed), run in runs.items()
    ]


def _transducer(task: str) -> Transducer | None:
    if task not in registry.names("tasks"):
        return None
    known: type[Task] = registry.load("tasks", task).TASK
    return known.transducer


def _net(models: Path, results: Results, seed: int, symbols: int) -> TanhNet | None:
    path = checkpoints.path_of(models / results.experiment, results.training_lengths[0], seed)
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as weights:
        try:
            net = read(results.recipe.model, dict(weights), symbols)
        except NotCertifiable:
            return None
    return net if isinstance(net, TanhNet) else None
