"""``nines bundle``: all there is of an experiment as one zip: weights, exported nets, proofs and their checker, card, figures."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.commands import one_file
from pipeline.commands.export import export
from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.execution.job import Report, no_report
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints, recipes, verdicts
from pipeline.files import guarantees as guarantee_files
from pipeline.files.guarantees import Guarantees
from pipeline.foreign.ours import NotExportable
from pipeline.guarantees import document
from pipeline.guarantees.kinds import kind_of
from pipeline.recording.sync import figures_of
from pipeline.stages.cards import card_of
from pipeline.stages.guarantee import prove

# The time of every file in a bundle, which is not that of its making: the earliest that a zip can hold.
TIME = (1980, 1, 1, 0, 0, 0)
CHECK = "checker.py"
GUARANTEES = "pipeline.guarantees.checker"


def bundle(experiment: Experiment, folder: Path, watch: Report = no_report) -> Path:
    """Write ``<folder>/<experiment>.zip``: whole, or not at all.

    Args:
        experiment: The experiment.
        folder: Where to write it.
        watch: Told how many nets are proved and exported.

    Raises:
        WrongInput: There is no such folder.
        Mendable: The experiment is not trained and evaluated.
    """
    if not folder.is_dir():
        raise WrongInput(f"--out: expected a folder that is there, got {folder}; make it, or name another one")
    path = folder / f"{experiment.name}.zip"
    partial = path.with_name(f".partial-{path.name}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in _files(experiment, watch):
                archive.writestr(zipfile.ZipInfo(f"{experiment.name}/{name}", TIME), data, zipfile.ZIP_DEFLATED)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _files(experiment: Experiment, watch: Report) -> Iterator[tuple[str, bytes]]:
    """Yield each file's place in the bundle and what is in it."""
    told, guaranteed = _guarantees(experiment, watch)
    card = card_of(experiment, told)
    models, proofs = paths.models(experiment.name), paths.certificates(experiment.name)
    weights = sorted(path.relative_to(models).as_posix() for path in models.glob("length-*/seed-*.npz"))
    found = verdicts.read(proofs, experiment.name)
    proved = found.proved if found else []
    length = experiment.task.training_size.nets[0]
    pairs = [(f"certificates/seed-{seed}.json", f"weights/{_below(models, length, seed)}") for seed in proved]
    pairs += [(name, f"weights/{_below(models, length, seed)}") for seed, name in enumerate(_named(experiment)) if name in guaranteed]
    yield "README.md", _readme(experiment, pairs).encode()
    yield "card.md", card.encode()
    yield recipes.RECIPE, (models / recipes.RECIPE).read_bytes()
    for name in weights:
        yield f"weights/{name}", (models / name).read_bytes()
    yield from _exported(experiment, watch)
    yield from guaranteed.items()
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


def _named(experiment: Experiment) -> list[str]:
    return [f"guarantees/{experiment.name}-seed-{seed}.json" for seed in range(experiment.training.seeds)]


def _guarantees(experiment: Experiment, watch: Report) -> tuple[Guarantees | None, dict[str, bytes]]:
    """Return what is proved of nets that are no machines, by the stage ``guarantee`` or else now, and files with their checker."""
    folder, names = paths.certificates(experiment.name), _named(experiment)
    found = guarantee_files.read(folder, experiment.name)
    if found is not None:
        proofs = {seed: guarantee_files.proof_of(folder, seed).read_bytes() for seed in found.of("proved")}
    elif kind_of(experiment.model.model_dump(), experiment.task.name) is None:
        return None, {}
    else:
        by_seed, proofs = {}, {}
        for one in prove(experiment):
            by_seed[one.seed] = one.guarantee
            if one.proof is not None:
                proofs[one.seed] = document.text(one.proof).encode()
            watch("nets proved or refuted", len(by_seed), experiment.training.seeds, {})
        found = Guarantees(guarantees=by_seed)
    files = {names[seed]: proof for seed, proof in proofs.items()}
    if files:
        files |= {place: text.encode() for place, text in one_file.folder_of(GUARANTEES, "guarantee_checker").items()}
    return found, files


def _exported(experiment: Experiment, watch: Report) -> Iterator[tuple[str, bytes]]:
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
            watch("nets exported", seed + 1, experiment.training.seeds, {})


def _readme(experiment: Experiment, pairs: list[tuple[str, str]]) -> str:
    said = [
        f"# {experiment.name}",
        "All there is of one experiment of Trailing Nines.",
        "| | |\n| --- | --- |\n"
        "| `card.md` | what the nets compute, how they were made, how far they are right, how to load them |\n"
        "| `recipe.json` | the recipe, as it was trained |\n"
        "| `weights/` | NumPy archives, one for each net, arrays by variable |\n"
        "| `exported/` | the nets for Keras, PyTorch and ONNX, where these have such layers |\n"
        "| `certificates/`, `guarantees/`, `checker.py` | verdicts, proofs and what checks them, where there are proofs |\n"
        "| `figures/` | the report's pictures |",
    ]
    if pairs:
        lines = "\n".join(f"python {CHECK} {certificate} {weights}" for certificate, weights in pairs)
        said.append(f"The checker needs NumPy and nothing else:\n\n```\n{lines}\n```")
    return "\n\n".join(said) + "\n"
