"""The nets of the live page, from weights and proofs on disk."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.reading import read
from pipeline.core.task import Task
from pipeline.core.transducer import Transducer
from pipeline.files import checkpoints
from pipeline.files.guarantees import Guarantees
from pipeline.files.verdicts import proof_of
from pipeline.internals.traces import visits
from pipeline.reporting.figures.state_space import Cell
from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.results import Results
from pipeline.reporting.live.nets import ARCHITECTURES, Net, Proof, Shown
from pipeline.reporting.tables.scores import recipe_sentence


def shown(
    group: Sequence[Results], tasks: Mapping[str, Task], certificates: Mapping[str, Certificates], models: Path, proofs: Path,
    guarantees: Mapping[str, Guarantees],
) -> list[Shown]:  # fmt: skip
    """Take each experiment's nets of its greatest training length, as far as their weights are finite.

    Args:
        group: The experiments; those of an architecture that the page cannot compute have no nets here.
        tasks: By name.
        certificates: By experiment.
        models: The folder of all experiments' weights.
        proofs: The folder of all experiments' proofs.
        guarantees: By experiment, of nets that are no finite-state machines.
    """
    return [
        Shown(
            results.experiment,
            results.task,
            results.source,
            results.recipe.model,
            recipe_sentence(results),
            tuple(_nets(results, tasks, certificates, models, proofs, guarantees.get(results.experiment))),
        )
        for results in group
    ]


def _nets(
    results: Results, tasks: Mapping[str, Task], certificates: Mapping[str, Certificates], models: Path, proofs: Path,
    guarantees: Guarantees | None,
) -> Iterator[Net]:  # fmt: skip
    model = results.recipe.model
    # The page reads one symbol from a net's outputs, and no set of them.
    if model.get("name") not in ARCHITECTURES or model.get("answers") == "set" or not results.training_lengths:
        return
    length = results.training_lengths[-1]
    found = certificates.get(results.experiment)
    task = tasks.get(results.task)
    for seed in sorted(results.endings[length]):
        path = checkpoints.path_of(models / results.experiment, length, seed)
        weights = checkpoints.read(path) if path.is_file() else {}
        if not weights or not all(np.isfinite(weight).all() for weight in weights.values()):
            continue
        verdict = found.verdicts.get(seed) if found else None
        proof = None
        if verdict and verdict.proved and task and task.transducer:
            certificate = Certificate.load(proof_of(proofs / results.experiment, seed))
            proof = _proof(results, weights, task.transducer, certificate)
        yield Net(seed, length, weights, verdict or (guarantees.guarantees.get(seed) if guarantees else None), proof)


def _proof(results: Results, weights: checkpoints.Weights, transducer: Transducer, certificate: Certificate) -> Proof:
    net = read(results.recipe.model, weights, transducer.symbols)
    seen = visits(net, transducer, np.random.default_rng(0))
    return Proof(
        names=tuple(node.name for node in certificate.nodes),
        cells=tuple(Cell(transducer.states.index(node.state), *node.cell) for node in certificate.nodes),
        visible=net.visible,
        targets=tuple(node.targets for node in certificate.nodes),
        k=certificate.k,
        hidden=seen.hidden[:, : net.visible],
    )
