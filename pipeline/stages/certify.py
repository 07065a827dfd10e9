"""The stage ``certify@<experiment>``: for every seed a proof that its net is right at every length, or where the proof got stuck."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.certification.certificate import Certificate
from pipeline.certification.checker.checker import Rejected, check
from pipeline.certification.nets.reading import Net, read
from pipeline.certification.prover.counterexamples import Counterexample
from pipeline.certification.prover.prove import Refusal
from pipeline.config import paths
from pipeline.core.errors import Mendable
from pipeline.core.folders import replacing
from pipeline.core.task import Task
from pipeline.core.transducer import Transducer
from pipeline.execution.job import Executor
from pipeline.execution.threads import Threads
from pipeline.experiment.certificate import CertificateParams
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints
from pipeline.files import verdicts as verdict_files
from pipeline.files.verdicts import Verdict, Verdicts
from pipeline.jobs import certify
from pipeline.jobs.certify import Attempt

# One job after the other: the prover works in NumPy, outside of which it holds Python's lock.
LOCAL = Threads(1)


@dataclass(frozen=True)
class Checked:
    """A proof that the checker has accepted: the net of ``seed`` is right at every length, by at least ``margin`` logits."""

    experiment: str
    seed: int
    margin: float


def run(experiment: Experiment, params: CertificateParams, executor: Executor = LOCAL) -> dict[int, float]:
    """Prove what can be proved of ``experiment``'s nets and write ``data/certificates/<experiment>``.

    Every proof is checked before it is claimed.

    Args:
        experiment: Whose nets.
        params: How hard to try.
        executor: What runs the prover.

    Returns:
        How many seconds the prover took for each seed.

    Raises:
        CheckpointError: Weights are missing.
        NotCertifiable: The net is of a kind that the prover does not speak about.
        Rejected: The checker does not accept what the prover has written; one of the two is wrong.
    """
    task, transducer = experiment.task, _transducer(experiment.task)
    seeds = range(experiment.training.seeds)
    jobs = certify.jobs(experiment, params, {seed: checkpoints.read(_weights(experiment, seed)) for seed in seeds})
    attempts = executor.run(jobs, None, paths.certificates(experiment.name))
    found = {}
    with replacing(paths.certificates(experiment.name)) as folder:
        (folder / "proofs").mkdir()
        for job, attempt in zip(jobs, attempts, strict=True):
            weights = _weights(experiment, job.seed)
            if isinstance(attempt.outcome, Certificate):
                proof = verdict_files.proof_of(folder, job.seed)
                attempt.outcome.save(proof)
                check(proof, weights, transducer, _net(experiment, weights, transducer.symbols).description())
            found[job.seed] = _verdict(task, attempt, weights)
        verdict_files.write(folder, Verdicts(verdicts=found))
    return {job.seed: attempt.seconds for job, attempt in zip(jobs, attempts, strict=True)}


def verify(experiment: Experiment) -> Iterator[Checked]:
    """Check every proof of an experiment against its nets' weights.

    Raises:
        Mendable: There are no verdicts, or damaged ones, a proof is missing, or the checker rejects one.
    """
    folder = paths.certificates(experiment.name)
    found = verdict_files.read(folder, experiment.name)
    if found is None:
        raise Mendable(f"{folder / verdict_files.NAME}: expected verdicts, got nothing there; make them with 'dvc repro'")
    for seed in found.proved:
        proof = verdict_files.proof_of(folder, seed)
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
    return checkpoints.path_of(paths.models(experiment.name), experiment.task.training_size.nets[0], seed)


def _net(experiment: Experiment, path: Path, symbols: int) -> Net:
    return read(experiment.model.model_dump(), checkpoints.read(path), symbols)


def _verdict(task: Task, attempt: Attempt, weights: Path) -> Verdict:
    outcome = attempt.outcome
    sha = hashlib.sha256(weights.read_bytes()).hexdigest()
    if isinstance(outcome, Refusal):
        hit = _written(task, outcome.counterexample, attempt.lead) if outcome.counterexample else None
        return Verdict(
            proved=False, margin=None, sets=None, k=None, context_length=None, reasons=outcome.reasons, counterexample=hit,
            weights_file_sha256=sha,
        )  # fmt: skip
    return Verdict(
        proved=True, margin=round(outcome.margin, 6), sets=len(outcome.nodes), k=outcome.k, context_length=outcome.context_length,
        reasons=(), counterexample=None, weights_file_sha256=sha,
    )  # fmt: skip


def _written(task: Task, hit: Counterexample, lead: float | None) -> verdict_files.Counterexample:
    """Write a counterexample as a person reads it."""
    inputs, expected, got = (np.array(part, dtype=np.int64) for part in (hit.inputs, hit.expected, hit.got))
    right, wrong = (task.render(inputs, outputs) for outputs in (expected, got))
    return verdict_files.Counterexample(input=task.show(inputs), expected=right, got=wrong, lead=lead)
