"""``nines bundle``: all there is of an experiment as one zip: weights, exported nets, certificates and their checker, card, figures."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.commands import one_file
from pipeline.commands.export import export
from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints, recipes, verdicts
from pipeline.foreign.export import NotExportable
from pipeline.recording.sync import figures_of
from pipeline.stages.cards import card_of

# The time of every file in a bundle, which is not that of its making: the earliest that a zip can hold.
TIME = (1980, 1, 1, 0, 0, 0)
CHECK = "checker.py"


def bundle(experiment: Experiment, folder: Path) -> Path:
    """Write ``<folder>/<experiment>.zip``: whole, or not at all.

    Raises:
        WrongInput: There is no such folder.
        Mendable: The experiment is not trained and evaluated.
    """
    if not folder.is_dir():
        raise WrongInput(f"--out: expected a folder, got {folder}")
    path = folder / f"{experiment.name}.zip"
    partial = path.with_name(f".partial-{path.name}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in _files(experiment):
                archive.writestr(zipfile.ZipInfo(f"{experiment.name}/{name}", TIME), data, zipfile.ZIP_DEFLATED)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _files(experiment: Experiment) -> Iterator[tuple[str, bytes]]:
    """Yield each file's place in the bundle and what is in it."""
    card = card_of(experiment)
    models, proofs = paths.models(experiment.name), paths.certificates(experiment.name)
    weights = sorted(path.relative_to(models).as_posix() for path in models.glob("length-*/seed-*.npz"))
    found = verdicts.read(proofs, experiment.name)
    proved = found.proved if found else []
    length = experiment.task.training_size.nets[0]
    pairs = [(f"certificates/seed-{seed}.json", f"weights/{_below(models, length, seed)}") for seed in proved]
    yield "README.md", _readme(experiment, pairs).encode()
    yield "card.md", card.encode()
    yield recipes.RECIPE, (models / recipes.RECIPE).read_bytes()
    for name in weights:
        yield f"weights/{name}", (models / name).read_bytes()
    yield from _exported(experiment)
    if found:
        yield f"certificates/{verdicts.NAME}", (proofs / verdicts.NAME).read_bytes()
    for seed in proved:
        yield f"certificates/seed-{seed}.json", verdicts.proof_of(proofs, seed).read_bytes()
    if proved:
        yield CHECK, one_file.text(CHECK).encode()
    for figure in figures_of(experiment.name):
        yield f"figures/{figure.name}", figure.read_bytes()


def _below(models: Path, length: int, seed: int) -> str:
    return checkpoints.path_of(models, length, seed).relative_to(models).as_posix()


def _exported(experiment: Experiment) -> Iterator[tuple[str, bytes]]:
    """Yield the nets as files of other frameworks; none where those have no such layers, which the card says."""
    with TemporaryDirectory() as name:
        for seed in range(experiment.training.seeds):
            try:
                written = export(experiment, seed, Path(name), [])
            except NotExportable:
                return
            for path, fault in written:
                if not fault and path.suffix != ".md":
                    yield f"exported/{path.name}", path.read_bytes()


def _readme(experiment: Experiment, pairs: list[tuple[str, str]]) -> str:
    said = [
        f"# {experiment.name}",
        "All there is of one experiment of Trailing Nines.",
        "| | |\n| --- | --- |\n"
        "| `card.md` | what the nets compute, how they were made, how far they are right, how to load them |\n"
        "| `recipe.json` | the recipe, as it was trained |\n"
        "| `weights/` | NumPy archives, one for each net, arrays by variable |\n"
        "| `exported/` | the nets for Keras, PyTorch and ONNX, where these have such layers |\n"
        "| `certificates/`, `checker.py` | verdicts, proofs and what checks them, where nets are proved right at every length |\n"
        "| `figures/` | the report's pictures |",
    ]
    if pairs:
        lines = "\n".join(f"python {CHECK} {certificate} {weights}" for certificate, weights in pairs)
        said.append(f"The checker needs NumPy and nothing else:\n\n```\n{lines}\n```")
    return "\n\n".join(said) + "\n"
