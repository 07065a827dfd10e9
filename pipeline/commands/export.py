"""``nines export``: a trained net of this project as files of other frameworks."""

from pathlib import Path

from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.core.folders import replace_file
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints
from pipeline.files.stage_files import MissingFile
from pipeline.foreign import export as files
from pipeline.foreign.ours import NotExportable, layered
from pipeline.stages.cards import card_of


def export(experiment: Experiment, seed: int, folder: Path, formats: list[str]) -> list[tuple[Path, str]]:
    """Write ``<folder>/<experiment>-seed-<seed>`` with each ending, and the card beside; return each file, and why it was not written.

    Raises:
        WrongInput: There is no such seed, ending or folder.
        CheckpointError: The net is not trained.
        NotExportable: No framework has such a net.
    """
    if not 0 <= seed < experiment.training.seeds:
        raise WrongInput(f"--seed: expected 0 to {experiment.training.seeds - 1} for {experiment.name}, got {seed}")
    if not folder.is_dir():
        raise WrongInput(f"--out: expected a folder that is there, got {folder}; make it, or name another one")
    endings = [f".{name.removeprefix('.')}" for name in formats] or [*files.ENDINGS]
    for ending in endings:
        if ending not in files.ENDINGS:
            raise WrongInput(f"--format: expected {', '.join(name[1:] for name in files.ENDINGS)}, got '{ending[1:]}'")
    length = experiment.task.training_size.nets[0]
    weights = checkpoints.path_of(paths.models(experiment.name), length, seed)
    spec = experiment.task.spec(length)
    net = layered(experiment.model.model_dump(), checkpoints.read(weights), spec.inputs or spec.features)
    written = []
    for ending in endings:
        path = folder / f"{experiment.name}-seed-{seed}{ending}"
        partial = path.with_name(f".partial-{path.name}")
        try:
            files.write(net, partial)
            partial.replace(path)
            written.append((path, ""))
        except NotExportable as error:
            if len(endings) == 1:
                raise
            written.append((path, str(error)))
        finally:
            partial.unlink(missing_ok=True)
    return [*written, _card(experiment, folder)]


def _card(experiment: Experiment, folder: Path) -> tuple[Path, str]:
    """Write the card of the experiment's nets beside them; without scores there is none."""
    path = folder / f"{experiment.name}-card.md"
    try:
        replace_file(path, card_of(experiment).encode())
    except MissingFile as error:
        return path, f"{path.name}: {error}"
    return path, ""
