"""``nines guarantee``: how far a net is right that is no finite-state machine, proved and checked."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.core.folders import replace_file
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints
from pipeline.guarantees import document
from pipeline.guarantees.checker.checker import check_document
from pipeline.guarantees.kinds import guarantee, kind_of
from pipeline.guarantees.pointer import Wrong


def guarantees(experiment: Experiment, out: Path | None) -> Iterator[str]:
    """Prove what there is to prove of every seed, let the checker accept it, and yield what is proved, a line or two for each seed.

    Args:
        experiment: Its nets, which are trained.
        out: Where to write each guarantee and the weights that it is about, ``<experiment>-seed-<seed>.json`` and ``.npz``.

    Raises:
        WrongInput: There is no guarantee for such nets, or no such folder.
        CheckpointError: They are not trained.
    """
    options, task = experiment.model.model_dump(), experiment.task.name
    if kind_of(options, task) is None:
        expected = (
            "expected a pointer net of sort, counters (carousel, counters) of a task that they can count, an LSTM of adding with hard "
            "gates, a pushdown_rnn of a task with a stack"
        )
        raise WrongInput(f"{experiment.name}: {expected}, got {options['name']} of {task}; for finite-state tasks see 'nines prove'")
    if out is not None and not out.is_dir():
        raise WrongInput(f"--out: expected a folder, got {out}")
    length = experiment.task.training_size.nets[0]
    for seed in range(experiment.training.seeds):
        weights = checkpoints.read(checkpoints.path_of(paths.models(experiment.name), length, seed))
        found = guarantee(options, task, weights)
        if isinstance(found, dict):
            yield f"seed {seed}: " + "\n".join(check_document(found, weights))
            if out is not None:
                _write(out / f"{experiment.name}-seed-{seed}.json", found, weights)
        elif isinstance(found, Wrong):
            asked, given = (" ".join(map(str, numbers)) for numbers in (found.numbers, found.answer))
            yield f"seed {seed}: refuted: it sorts {asked} to {given}"
        else:
            yield f"seed {seed}: undecided: no proof and no wrong answer was found"


def _write(path: Path, found: dict[str, object], weights: checkpoints.Weights) -> None:
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, **weights)
    replace_file(path.with_suffix(".npz"), arrays.getvalue())
    replace_file(path, document.text(found).encode())
