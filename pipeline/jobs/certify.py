"""One seed's net to prove right at every length."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.reading import read
from pipeline.certification.prover.counterexamples import Counterexample
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.core.errors import Mendable
from pipeline.core.task import Task
from pipeline.core.transducer import Transducer
from pipeline.execution.job import Worker
from pipeline.experiment.certificate import CertificateParams
from pipeline.experiment.entry import Experiment
from pipeline.experiment.model import ModelParams
from pipeline.files.checkpoints import Weights


@dataclass(frozen=True)
class Attempt:
    """What comes of a job.

    Attributes:
        outcome: A certificate or a refusal; a counterexample is one that the served net answers wrongly too.
        lead: By how many logits the served net's wrong output leads the right one there; ``None`` without a counterexample.
        seconds: How long the prover took.
    """

    outcome: Certificate | Refusal
    lead: float | None
    seconds: float


@dataclass(frozen=True)
class CertifyJob:
    """Prove that a net computes its task's machine.

    Attributes:
        task: The task; it has a transducer.
        model: The net's architecture.
        length: Its training length.
        seed: Its seed.
        weights: Its weights by Keras variable path.
        effort: How long to try.
    """

    task: Task
    model: ModelParams
    length: int
    seed: int
    weights: Weights
    effort: Effort

    @property
    def name(self) -> str:
        return f"seed {self.seed}"

    @property
    def transducer(self) -> Transducer:
        assert self.task.transducer is not None
        return self.task.transducer

    def run(self, shared: None, worker: Worker) -> Attempt:
        """Prove it, or replay on the served net what the prover says it gets wrong.

        Raises:
            NotCertifiable: The net is of a kind that the prover does not speak about.
        """
        begun = time.monotonic()
        net = read(self.model.model_dump(), dict(self.weights), self.transducer.symbols)
        outcome = prove(net, self.transducer, self.task.name, self.effort)
        seconds = round(time.monotonic() - begun, 2)
        if isinstance(outcome, Certificate) or outcome.counterexample is None:
            return Attempt(outcome, None, seconds)
        replayed = self._replayed(outcome.counterexample, worker)
        if replayed is None:
            positions = len(outcome.counterexample.inputs)
            reason = f"the prover's arithmetic gets an input of {positions} symbols wrong, and the served net gets it right"
            return Attempt(replace(outcome, reasons=(*outcome.reasons, reason), counterexample=None), None, seconds)
        return Attempt(replace(outcome, counterexample=replayed[0]), replayed[1], seconds)

    def _replayed(self, hit: Counterexample, worker: Worker) -> tuple[Counterexample, float] | None:
        """Return the input up to the served net's first wrong output, and by how much that leads; ``None`` if all are right."""
        # Keras takes seconds to load, and only nets that are wrong need it.
        from pipeline.layers.running import outputs_of
        from pipeline.trained import assembled

        network = assembled(worker.folder, self.task, self.model, self.length, {self.seed: self.weights})
        logits = outputs_of(network, np.array(hit.inputs)[None, None])[0, 0]
        expected, got = np.array(hit.expected), logits.argmax(axis=-1)
        wrong = np.flatnonzero(got != expected)
        if not len(wrong):
            return None
        at = int(wrong[0])
        lead = round(float(logits[at, got[at]] - logits[at, expected[at]]), 4)
        return Counterexample(*(tuple(part[: at + 1].tolist()) for part in (np.array(hit.inputs), expected, got))), lead


def jobs(experiment: Experiment, params: CertificateParams, weights: Mapping[int, Weights]) -> list[CertifyJob]:
    """List the nets to prove, one for each seed of ``weights``; of several training lengths the first one's.

    Raises:
        Mendable: The experiment's task has no transducer.
    """
    task = experiment.task
    if task.transducer is None:
        raise Mendable(f"tasks.{task.name}: expected a task with a transducer to certify, got one without")
    effort = Effort.for_machine(task.transducer, ks=tuple(params.k), splits=params.splits)
    return [CertifyJob(task, experiment.model, task.training_size.nets[0], seed, own, effort) for seed, own in weights.items()]
