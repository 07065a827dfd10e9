"""``nines guarantee``: how far a net is right that is no finite-state machine, proved and checked."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.core.errors import WrongInput
from pipeline.core.folders import replace_file
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints
from pipeline.guarantees import document
from pipeline.stages.guarantee import prove


def guarantees(experiment: Experiment, out: Path | None) -> Iterator[str]:
    """Prove what there is to prove of every seed, let the checker accept it, and yield what is proved, a line or two for each seed.

    Args:
        experiment: Its nets, which are trained.
        out: Where to write each guarantee and the weights that it is about, ``<experiment>-seed-<seed>.json`` and ``.npz``.

    Raises:
        WrongInput: There is no guarantee for such nets, or no such folder.
        CheckpointError: They are not trained.
    """
    if out is not None and not out.is_dir():
        raise WrongInput(f"--out: expected a folder that is there, got {out}; make it, or name another one")
    for found in prove(experiment):
        said = found.guarantee.said
        yield f"seed {found.seed}: " + ("\n".join(said) if said else found.guarantee.sentence)
        if out is not None and found.proof is not None:
            _write(out / f"{experiment.name}-seed-{found.seed}.json", found.proof, found.weights)


def _write(path: Path, found: dict[str, object], weights: checkpoints.Weights) -> None:
    arrays = io.BytesIO()
    np.savez(arrays, allow_pickle=False, **weights)
    replace_file(path.with_suffix(".npz"), arrays.getvalue())
    replace_file(path, document.text(found).encode())
