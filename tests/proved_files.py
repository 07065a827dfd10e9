"""Small nets built by hand, with the prover's real verdicts on them, as files that the report reads."""

from pathlib import Path

import numpy as np
from report_files import ended, write

from pipeline.certification.certificate import Certificate
from pipeline.certification.nets.tanh_net import PATHS, TanhNet
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.files import timings, verdicts
from pipeline.files.timings import Timing
from pipeline.files.verdicts import Counterexample, Verdict, Verdicts
from pipeline.tasks.parity import TASK

PARITY = TASK.transducer
EFFORT = Effort(ks=(1,), splits=0)
# Ours: one net that is proved, one that is wrong, one that is left open. The post's fade, the first one later.
GAINS = {"parity-rnn": (4.0, 1.1, 1.17), "parity-rnn-post": (1.1, 0.8)}


def parity_net(gain: float) -> TanhNet:
    """Count in two units up to one and up to two; their difference is the parity. Below a gain of some 1.16 it fades."""
    kernel, recurrent, bias = [[0, 0], [2, 2]], [[1, 1], [-1, -1]], [-1, -3]
    hidden = [np.array(gain * np.array(part), np.float32) for part in (kernel, recurrent, bias)]
    return TanhNet(*hidden, *(np.array(part, np.float32) for part in ([[0, 8], [0, -8]], [0, -8])))


def write_proved(data: Path) -> None:
    """Write models, results and certificates of the nets of ``GAINS``."""
    for experiment, gains in GAINS.items():
        nets = [parity_net(gain) for gain in gains]
        scores = {("sequence_accuracy", "random", n): ([0.5 + (gain > 1) / 2 for gain in gains], 0.5**n) for n in (4, 12, 1000)}
        curve = [(12, seed, step, step, "loss", 1 / step) for seed in range(len(nets)) for step in (1, 2)]
        write(data, experiment, "parity", scores, {12: [ended(20)] * len(nets)}, model="simple_rnn", history=curve)
        weights = data / "models" / experiment / "length-12"
        weights.mkdir()
        for seed, net in enumerate(nets):
            np.savez(weights / f"seed-{seed}.npz", **dict(zip(PATHS, net.weights(), strict=True)))
        certify(data, experiment, nets)


def certify(data: Path, experiment: str, nets: list[TanhNet]) -> None:
    """Write what the prover says of ``nets``, and that a proof took 3.25 seconds and a refusal 70."""
    folder = data / "certificates" / experiment
    (folder / "proofs").mkdir(parents=True)
    outcomes = [prove(net, PARITY, "parity", EFFORT) for net in nets]
    for seed, outcome in enumerate(outcomes):
        if isinstance(outcome, Certificate):
            outcome.save(verdicts.proof_of(folder, seed))
    verdicts.write(folder, Verdicts(verdicts={seed: verdict(outcome) for seed, outcome in enumerate(outcomes)}))
    seeds = {seed: 3.25 if outcome else 70.0 for seed, outcome in enumerate(outcomes)}
    timings.write(timings.path_of(data / "timings", "certify", experiment), Timing(seconds=200, machine="a machine", seeds=seeds))


def verdict(outcome: Certificate | Refusal) -> Verdict:
    if isinstance(outcome, Certificate):
        found = {"margin": outcome.margin, "sets": len(outcome.nodes), "k": outcome.k, "context_length": outcome.context_length}
        return Verdict(proved=True, **found, reasons=(), counterexample=None, weights_file_sha256="")
    hit = outcome.counterexample
    words = hit and Counterexample(**{name: "".join(map(str, getattr(hit, part))) for name, part in PARTS.items()})
    nothing = dict.fromkeys(("margin", "sets", "k", "context_length"))
    return Verdict(proved=False, **nothing, reasons=outcome.reasons, counterexample=words, weights_file_sha256="")


PARTS = {"input": "inputs", "expected": "expected", "got": "got"}
