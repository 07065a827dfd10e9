"""One seed's net to prove right at every length."""

import time
from dataclasses import dataclass

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.reading import read
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.core.transducer import Transducer
from pipeline.execution.job import Worker
from pipeline.experiment.model import ModelParams
from pipeline.files.checkpoints import Weights


@dataclass(frozen=True)
class Attempt:
    """What comes of a job: a certificate or a refusal, and how many seconds it took."""

    outcome: Certificate | Refusal
    seconds: float


@dataclass(frozen=True)
class CertifyJob:
    """Prove that a net computes a machine.

    Attributes:
        task: The name that the certificate carries.
        transducer: The machine.
        model: The net's architecture.
        seed: Its seed.
        weights: Its weights by Keras variable path.
        effort: How long to try.
    """

    task: str
    transducer: Transducer
    model: ModelParams
    seed: int
    weights: Weights
    effort: Effort

    @property
    def name(self) -> str:
        return f"seed {self.seed}"

    def run(self, shared: None, worker: Worker) -> Attempt:
        """Prove it.

        Raises:
            NotCertifiable: The net is of a kind that the prover does not speak about.
        """
        begun = time.monotonic()
        net = read(self.model.model_dump(), dict(self.weights), self.transducer.symbols)
        outcome = prove(net, self.transducer, self.task, self.effort)
        return Attempt(outcome, round(time.monotonic() - begun, 2))
