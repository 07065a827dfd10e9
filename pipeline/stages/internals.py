"""Finite-state tasks for the report's pictures: their machines, and the hidden states of their nets, from weights and proofs to arrays."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.reading import NotCertifiable, read
from pipeline.certification.nets.tanh_net import TanhNet
from pipeline.core import registry
from pipeline.core.notation import InputError
from pipeline.core.task import Task
from pipeline.core.transducer import Transducer
from pipeline.files import checkpoints
from pipeline.internals.traces import Held, held, visits
from pipeline.reporting.figures.machine import Machine
from pipeline.reporting.figures.retention import Retention
from pipeline.reporting.figures.state_space import Cell, StateSpace
from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.results import Results

# Symbols of the run on which a net's retention of a state is drawn.
RUN = 100


def machines(tasks: Mapping[str, Task], certificates: Mapping[str, Certificates], group: Sequence[Results]) -> dict[str, Machine]:
    """Return the machine of each task whose nets were certified."""
    certified = dict.fromkeys(results.task for results in group if results.experiment in certificates)
    return {
        name: Machine(name, transducer, tuple(_written(tasks[name], symbol) for symbol in range(transducer.symbols)))
        for name in certified
        if name in tasks and (transducer := tasks[name].transducer)
    }


def _written(task: Task, symbol: int) -> str:
    """Write a symbol as the task does; its number, where it stands for nothing that a person writes alone."""
    try:
        text = task.show(np.array([symbol]))
        same = task.parse(text)[:1].tolist() == [symbol]
    except (InputError, IndexError):
        return str(symbol)
    return text if same else str(symbol)


def state_spaces(group: Sequence[Results], certificates: Mapping[str, Certificates], models: Path, proofs: Path) -> list[StateSpace]:
    """Return the state space of the first proved seed of each experiment; nets other than plain tanh nets are left out."""
    found = []
    for results in group:
        transducer = _transducer(results.task)
        proved = certificates[results.experiment].proved if results.experiment in certificates else []
        net = _net(models, results, proved[0], transducer.symbols) if transducer and proved else None
        if transducer and net:
            path = proofs / results.experiment / "proofs" / f"seed-{proved[0]}.json"
            found.append(_state_space(results.experiment, proved[0], net, transducer, Certificate.load(path)))
    return found


def _state_space(experiment: str, seed: int, net: TanhNet, transducer: Transducer, proof: Certificate) -> StateSpace:
    seen = visits(net, transducer, np.random.default_rng(0))
    cells = tuple(Cell(transducer.states.index(node.state), *node.cell) for node in proof.nodes)
    return StateSpace(experiment, seed, transducer.states, seen.hidden, seen.states, cells)


def retentions(group: Sequence[Results], models: Path) -> dict[str, list[Retention]]:
    """Let every plain tanh net of a task with a transducer read a run of one symbol that changes no state; return the runs by task."""
    found: dict[str, list[Retention]] = {}
    for task in dict.fromkeys(results.task for results in group):
        transducer = _transducer(task)
        if transducer:
            runs = {}
            for results in (results for results in group if results.task == task):
                for seed in range(results.seeds):
                    net = _net(models, results, seed, transducer.symbols)
                    if net and (run := held(net, transducer, RUN)):
                        runs[results.experiment, results.source, seed] = run
            found[task] = _retentions(transducer, runs)
    return found


def _retentions(transducer: Transducer, runs: Mapping[tuple[str, str, int], Held]) -> list[Retention]:
    """Take from each run the state that most nets lose."""
    lost = [sum((run.lead[state] <= 0).any() for run in runs.values()) for state in range(len(transducer.states))]
    state = int(np.argmax(lost))
    return [
        Retention(experiment, source, seed, str(run.symbol), transducer.states[state], run.lead[state], run.apart)
        for (experiment, source, seed), run in runs.items()
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
    try:
        net = read(results.recipe.model, checkpoints.read(path), symbols)
    except NotCertifiable:
        return None
    return net if isinstance(net, TanhNet) else None
