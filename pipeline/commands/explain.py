"""Say what an experiment is: its recipe, what the post did, what is changed beside it, and what came out."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.padding import Padding
from rich.text import Text

from pipeline.commands import reference
from pipeline.commands.explain_findings import certificate_parts, findings_parts
from pipeline.commands.terminal import Page, Part, plain_table, written
from pipeline.config import paths
from pipeline.config.comments import descriptions, read_comments
from pipeline.config.study import Settings
from pipeline.core.words import ranges, spell
from pipeline.experiment.entry import Experiment
from pipeline.files.recipes import Recipe
from pipeline.files.stage_files import MissingFile
from pipeline.reporting.inputs.claims import Claim, Subject, load_subjects
from pipeline.reporting.inputs.published import load_published
from pipeline.reporting.inputs.results import read
from pipeline.reporting.judging.rules import Evidence
from pipeline.reporting.judging.verdicts import judge
from pipeline.reporting.tables.scores import recipe_sentence


@dataclass(frozen=True)
class Plan:
    """An experiment as the report's words need it, before there are results."""

    recipe: Recipe
    training_lengths: list[int]
    seeds: int

    @classmethod
    def of(cls, experiment: Experiment) -> "Plan":
        """Take it from ``params.yaml``."""
        model, training = (part.model_dump(exclude_defaults=True) for part in (experiment.model, experiment.training))
        lengths = experiment.training.lengths or experiment.task.training_size.lengths
        recipe = Recipe(
            experiment=experiment.name,
            task=experiment.task.name,
            task_version=experiment.task.version,
            training_data="",
            model=model,
            training=training,
        )
        return cls(recipe, list(lengths), experiment.training.seeds)


def explain(known: Settings, name: str) -> None:
    """Print all there is to say about an experiment; where something is not there yet, how to get it.

    Raises:
        ParamsError: There is no such experiment.
        Mendable: Its results are there and cannot be read.
    """
    experiment = known.experiment(name)
    subject = load_subjects(paths.claims()).get(experiment.task.name)
    page = Page()
    page.add(Text(f"{name}: {subject.title if subject else spell(experiment.task.name).capitalize()}, {_whose(experiment)}", style="bold"))
    page.add(subject.about if subject else experiment.task.summary)
    page.section("The recipe", *_recipe(experiment))
    beside = reference.reference_of(known, experiment)
    if beside:
        page.section(f"What {reference.publisher(beside)} did", recipe_sentence(Plan.of(beside)), *_claims(subject, beside))
        page.section(f"What is changed beside {beside.name}", _differences(beside, experiment))
    page.section("What is claimed of it, and measured" if not beside else "Claims about ours", *_claims(subject, experiment))
    page.section("What came out", *findings_parts(experiment), *certificate_parts(experiment))
    page.section("To vary it", *_trials(experiment))
    for ours in reference.ours_beside(known, experiment) if reference.publisher(experiment) else ():
        page.section(f"Ours beside it: {ours.name}", _differences(experiment, ours))
    page.show()


def _whose(experiment: Experiment) -> str:
    publisher = reference.publisher(experiment)
    return f"as {publisher} did it" if publisher else "our way"


def _recipe(experiment: Experiment) -> Iterable[Part]:
    comments = read_comments("experiments", experiment.name)
    if "" in comments:
        comment = comments[""]
        yield f"{comment[0].upper()}{comment[1:]}."
    yield recipe_sentence(Plan.of(experiment))
    if experiment.tuned_on:
        yield f"The recipe was chosen on other seeds than those that are trained: {ranges(experiment.tuned_on)}."
    said = {f"{part}.{key}": text for part in ("model", "training", "evaluation") for key, text in _described(experiment, part).items()}
    rows = [
        (key, written(value), _meaning(said.get(key), comments.get(key)))
        for key, value in reference.keys(experiment, defaults=False).items()
    ]
    yield plain_table(("key", "value", "meaning; comment in params.yaml"), rows)
    task = experiment.task
    comments = read_comments("tasks", task.name)
    said = descriptions(task.params)
    rows = [(key, written(value), _meaning(said.get(key), comments.get(key))) for key, value in task.params.model_dump().items()]
    yield plain_table((f"its task, {task.name}", "value", "meaning; comment in params.yaml"), rows)


def _trials(experiment: Experiment) -> Iterable[Part]:
    """Say how a key is changed for one run, and how a text with commas is quoted there: without, DVC takes it for a sweep."""
    yield f"dvc exp run -S 'experiments.{experiment.name}.training.seeds={experiment.training.seeds}'"
    task = experiment.task
    lists = [(key, value) for key, value in task.params.model_dump().items() if isinstance(value, list)]
    if lists:
        key, value = lists[0]
        some = ",".join(map(str, value[:3]))
        yield f"dvc exp run -S 'tasks.{task.name}.{key}=\"{some}\"'   (without the inner quotes: an experiment for each value)"


def _described(experiment: Experiment, part: str) -> dict[str, str]:
    return descriptions(getattr(experiment, part))


def _meaning(description: str | None, comment: str | None) -> Text:
    words = Text(description or "")
    if comment:
        words.append("; " if description else "").append(comment, style="italic")
    return words


def _differences(theirs: Experiment, ours: Experiment) -> Part:
    rows = [(key, written(one), written(other)) for key, one, other in reference.differences(theirs, ours)]
    return plain_table(("key", theirs.name, ours.name), rows) if rows else "Nothing: the recipes are the same."


def _claims(subject: Subject | None, experiment: Experiment) -> Iterable[Part]:
    claims = [c for c in subject.claims if c.measure and c.measure.experiment == experiment.name] if subject else []
    if not claims:
        return
    evidence = _evidence(claims)
    rows = [(claim.says, judge(claim.measure, evidence).words if evidence else "") for claim in claims]
    if evidence:
        yield plain_table(("what is claimed", "measured"), rows)
    else:
        yield from (Padding(Text(f"– {says}"), (0, 0, 0, 2)) for says, _ in rows)
        yield f"To have them measured, fetch the nets with 'dvc checkout', or make them with 'dvc repro evaluate@{experiment.name}'."


def _evidence(claims: list[Claim]) -> Evidence | None:
    """Read what the claims' measures look at; ``None`` where some of it is not there."""
    names = dict.fromkeys(name for claim in claims if claim.measure for name in claim.measure.needs)
    try:
        return Evidence({name: read(name, paths.models(name), paths.results(name)) for name in names}, load_published(paths.claims()))
    except MissingFile:
        return None
