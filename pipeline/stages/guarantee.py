"""The stage ``guarantee@<experiment>``: how far nets are right that are no finite-state machines; a checker accepts each proof."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.core.folders import replacing
from pipeline.execution.job import Report, no_report
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints
from pipeline.files import guarantees as guarantee_files
from pipeline.files.guarantees import Guarantee
from pipeline.files.verdicts import Counterexample
from pipeline.guarantees import document
from pipeline.guarantees.checker.checker import check_document
from pipeline.guarantees.kinds import EXPECTED, guarantee, kind_of
from pipeline.guarantees.pointer import Wrong


@dataclass(frozen=True)
class Found:
    """What there is to say of one seed; ``proof`` is a guarantee's document where there is one."""

    seed: int
    guarantee: Guarantee
    proof: dict[str, Any] | None
    weights: checkpoints.Weights


def run(experiment: Experiment, watch: Report = no_report) -> dict[int, float]:
    """Prove what can be proved of ``experiment``'s nets and write ``data/certificates/<experiment>``.

    Args:
        experiment: Whose nets.
        watch: Told how many nets are done.

    Returns:
        How many seconds each seed took.

    Raises:
        WrongInput: There is no guarantee for such nets.
        CheckpointError: Weights are missing.
        Rejected: The checker does not accept what the prover has written; one of the two is wrong.
    """
    found: dict[int, Guarantee] = {}
    seconds: dict[int, float] = {}
    begun = time.monotonic()
    with replacing(paths.certificates(experiment.name)) as folder:
        guarantee_files.proof_of(folder, 0).parent.mkdir()
        for one in prove(experiment):
            if one.proof is not None:
                guarantee_files.proof_of(folder, one.seed).write_text(document.text(one.proof), encoding="utf-8")
            found[one.seed] = one.guarantee
            seconds[one.seed] = round(time.monotonic() - begun - sum(seconds.values()), 2)
            watch("nets", len(found), experiment.training.seeds, {})
        guarantee_files.write(folder, found)
    return seconds


def prove(experiment: Experiment) -> Iterator[Found]:
    """Prove what there is to prove of each seed's net, and let the checker accept it.

    Raises:
        WrongInput, CheckpointError, Rejected: See ``run``.
    """
    options, task = experiment.model.model_dump(), experiment.task
    if kind_of(options, task.name) is None:
        raise WrongInput(f"{experiment.name}: {EXPECTED}, got {options['name']} of {task.name}; for finite-state tasks see 'nines prove'")
    for seed in range(experiment.training.seeds):
        weights = checkpoints.read(checkpoints.path_of(paths.models(experiment.name), task.training_size.nets[0], seed))
        found = guarantee(options, task.name, weights)
        if isinstance(found, dict):
            # Of a counter that is wrong already on nothing it is proved that it is.
            verdict: Literal["wrong", "proved"] = "wrong" if found.get("reach") == -1 else "proved"
            said, fails = tuple(check_document(found, weights)), found["fails"] if found["kind"] == "count" else None
            yield Found(seed, Guarantee(verdict=verdict, said=said, fails=fails), found, weights)
        elif isinstance(found, Wrong):
            asked, right, given = (" ".join(map(str, row)) for row in (found.numbers, sorted(found.numbers), found.answer))
            hit = Counterexample(input=asked, expected=right, got=given)
            yield Found(seed, Guarantee(verdict="wrong", counterexample=hit), None, weights)
        else:
            yield Found(seed, Guarantee(verdict="refused"), None, weights)
