"""The stage ``certify@<experiment>``: for every seed a proof that its net is right at every length, or where the proof got stuck."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.certificate import Certificate
from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.nets.reading import Net, read
from pipeline.certification.params import CertificateParams
from pipeline.certification.prover.counterexamples import Counterexample
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.config import paths
from pipeline.config.experiment import Experiment
from pipeline.core.errors import Mendable
from pipeline.core.folders import replacing
from pipeline.core.transducer import Transducer
from pipeline.files import checkpoints
from pipeline.tasks.base import Task

VERDICTS = "verdicts.json"


@dataclass(frozen=True)
class Checked:
    """A proof that the checker has accepted: the net of ``seed`` is right at every length, by at least ``margin`` logits."""

    experiment: str
    seed: int
    margin: float


def run(experiment: Experiment, params: CertificateParams) -> None:
    """Prove what can be proved of ``experiment``'s nets and write ``data/certificates/<experiment>``.

    Every proof is checked before it is claimed.

    Raises:
        CheckpointError: Weights are missing.
        NotCertifiable: The net is of a kind that the prover does not speak about.
        Rejected: The checker does not accept what the prover has written; one of the two is wrong.
    """
    transducer = _transducer(experiment.task)
    effort = Effort(ks=tuple(params.strides), splits=params.splits)
    verdicts = {}
    with replacing(paths.certificates(experiment.name)) as folder:
        (folder / "proofs").mkdir()
        for seed in range(experiment.training.seeds):
            weights = _weights(experiment, seed)
            begun = time.monotonic()
            net = _net(experiment, weights, transducer.symbols)
            outcome = prove(net, transducer, experiment.task.name, effort)
            seconds = time.monotonic() - begun
            if isinstance(outcome, Certificate):
                outcome.save(folder / "proofs" / f"seed-{seed}.json")
                check(folder / "proofs" / f"seed-{seed}.json", weights, transducer, net.description())
            verdicts[str(seed)] = _verdict(experiment.task, outcome, weights, seconds)
        text = json.dumps(_summary(verdicts), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / VERDICTS).write_text(text + "\n", encoding="utf-8")


def verify(experiment: Experiment) -> Iterator[Checked]:
    """Check every proof of an experiment against its nets' weights.

    Raises:
        Mendable: There are no verdicts, a proof is missing, or the checker rejects one.
    """
    folder = paths.certificates(experiment.name)
    try:
        verdicts = json.loads((folder / VERDICTS).read_text(encoding="utf-8"))["verdicts"]
    except FileNotFoundError:
        raise Mendable(f"{folder / VERDICTS}: expected verdicts, got nothing there; make them with 'dvc repro'") from None
    for seed in sorted(int(seed) for seed, verdict in verdicts.items() if verdict["proved"]):
        proof = folder / "proofs" / f"seed-{seed}.json"
        if not proof.is_file():
            raise Mendable(f"{proof}: expected a proof, got nothing there; fetch it with 'dvc checkout' or make it with 'dvc repro'")
        weights, transducer = _weights(experiment, seed), _transducer(experiment.task)
        try:
            margin = check(proof, weights, transducer, _net(experiment, weights, transducer.symbols).description())
        except Rejected as error:
            raise Mendable(
                f"{proof}: expected a proof, got one that is rejected ({error}); make it anew with 'dvc repro --force'"
            ) from error
        yield Checked(experiment.name, seed, margin)


def _transducer(task: Task) -> Transducer:
    if task.transducer is None:
        raise Mendable(f"tasks.{task.name}: expected a task with a transducer to certify, got one without")
    return task.transducer


def _weights(experiment: Experiment, seed: int) -> Path:
    return checkpoints.path_of(paths.models(experiment.name), experiment.task.training_size.lengths[0], seed)


def _net(experiment: Experiment, path: Path, symbols: int) -> Net:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return read(experiment.model.model_dump(), dict(arrays), symbols)
    except FileNotFoundError:
        raise checkpoints.CheckpointError(
            f"{path}: expected trained weights, got nothing there; train with 'dvc repro' or fetch with 'dvc checkout'"
        ) from None


def _verdict(task: Task, outcome: Certificate | Refusal, weights: Path, seconds: float) -> dict[str, Any]:
    known = {"seconds": round(seconds, 2), "weights_file_sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}
    if isinstance(outcome, Refusal):
        nothing = dict.fromkeys(("margin", "sets", "stride", "memory"))
        hit = outcome.counterexample and _written(task, outcome.counterexample)
        return {"proved": False, **nothing, "reasons": list(outcome.reasons), "counterexample": hit, **known}
    found = {"margin": round(outcome.margin, 6), "sets": len(outcome.nodes), "stride": outcome.k, "memory": outcome.context_length}
    return {"proved": True, **found, "reasons": [], "counterexample": None, **known}


def _written(task: Task, hit: Counterexample) -> dict[str, str]:
    """Write a counterexample as a person reads it."""
    inputs, expected, got = (np.array(part, dtype=np.uint8) for part in (hit.inputs, hit.expected, hit.got))
    return {"input": task.show(inputs), "expected": task.render(inputs, expected), "got": task.render(inputs, got)}


def _summary(verdicts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    margins = [verdict["margin"] for verdict in verdicts.values() if verdict["proved"]]
    return {
        "proved": len(margins),
        "seeds": len(verdicts),
        "proved_share": round(len(margins) / len(verdicts), 6),
        "least_margin": min(margins, default=None),
        "verdicts": verdicts,
    }
