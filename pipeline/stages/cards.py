"""The files of an experiment -> its card: the Markdown that goes into the report, to MLflow, beside exported nets, and into bundles."""

from collections.abc import Mapping

import numpy as np

from pipeline.certification.sets.rounding import SIGMOID_ERROR, TANH_ERROR
from pipeline.config import paths
from pipeline.core.seeding import stream
from pipeline.core.task import Task
from pipeline.experiment.entry import Experiment
from pipeline.files import guarantees as guarantee_files
from pipeline.files.guarantees import Guarantees
from pipeline.foreign.ours import NotExportable, kind_of
from pipeline.reporting import card as cards
from pipeline.reporting.card import About, Layers
from pipeline.reporting.inputs.certificates import Certificates, read_certificates
from pipeline.reporting.inputs.claims import Subject, load_subjects
from pipeline.reporting.inputs.results import Results, read

EXAMPLES = 4


def card_of(experiment: Experiment, guarantees: Guarantees | None = None) -> str:
    """Write the card of an experiment of the current study.

    Args:
        experiment: The experiment.
        guarantees: What is proved of its nets by other means than certificates; by default what the stage ``guarantee`` has written.

    Raises:
        Mendable: A file is missing or unreadable.
    """
    name = experiment.name
    results = read(name, paths.models(name), paths.results(name), experiment.source, experiment.tuned_on or ())
    found = read_certificates(name, paths.data())
    proved = guarantees or guarantee_files.read(paths.certificates(name), name)
    own = {name: proved} if proved else {}
    return card(results, experiment.task, load_subjects(paths.claims()), {name: found} if found else {}, own)


def card(
    results: Results, task: Task, subjects: Mapping[str, Subject], certificates: Mapping[str, Certificates],
    guarantees: Mapping[str, Guarantees],
) -> str:  # fmt: skip
    """Write the card of an experiment whose files have been read."""
    proved = guarantees.get(results.experiment)
    about = About(
        summary=task.summary,
        examples=tuple(_examples(task)),
        subject=subjects.get(task.name),
        params=task.params.model_dump(),
        certificates=certificates.get(results.experiment),
        layers=_layers(results, task),
        assumed={"tanh": TANH_ERROR, "the logistic function": SIGMOID_ERROR},
        guarantees=proved.lines if proved else (),
    )
    return cards.card(results, about)


def _examples(task: Task) -> list[tuple[str, str]]:
    inputs = task.sample(stream(0, task.name, "card"), EXAMPLES, task.training_size.nets[0])
    read = [task.parse(task.show(row)) for row in inputs]
    return [(task.show(row), task.render(row, task.oracle(row[np.newaxis])[0])) for row in read]


def _layers(results: Results, task: Task) -> Layers | str:
    model = results.recipe.model
    spec = task.spec(task.training_size.nets[0])
    try:
        kind = kind_of(model)
    except NotExportable as error:
        return str(error)
    numbers = bool(model.get("scalar_input")) or spec.inputs is None
    return Layers(kind, model["units"], 1 if numbers else spec.inputs or 1, spec.outputs or 1, numbers)
