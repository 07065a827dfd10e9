"""An experiment's files -> the runs that are logged to MLflow: one for each seed, and one that sums them up.

What is read and what it is called there:

- ``recipe.json`` -> params; ``history.csv`` -> curves over optimizer steps; ``outcome.json`` -> steps until the stopping rule was met
- ``scores.csv``, ``metrics.json`` -> curves whose step *is the length* of the sequences, named ``<metric>/<family>``
- ``verdicts.json`` and proofs -> a tag, a margin and an artifact of each net that was certified (``pipeline/recording/proofs.py``)
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipeline
from pipeline.files import checkpoints, curves, outcomes, recipes, scores
from pipeline.files.outcomes import Outcome
from pipeline.files.recipes import Recipe
from pipeline.files.scores import Metrics
from pipeline.recording.origin import Frozen, Origin
from pipeline.recording.proofs import certification_parts
from pipeline.tracking.runs import NOTE, Part, Point, RunRecord, ServedModel, digest

# How the card's second section begins; the first says what the nets are.
_SECTION = "\n## Data"
# What a served model imports, beside what Python brings.
_REQUIREMENTS = ("keras", "mlflow", "numpy", "pydantic", "tensorflow")


@dataclass(frozen=True, order=True)
class RunKey:
    """One net: its training length and seed."""

    length: int
    seed: int


Row = Mapping[str, str]


def training_records(
    experiment: str, models: Path, datasets: Path, tags: Mapping[str, str], origin: Origin | None = None, example: tuple[str, ...] = ()
) -> list[RunRecord]:
    """Read what ``train`` has written.

    Args:
        experiment: The experiment's name.
        models: Its folder of weights and curves.
        datasets: The folder of all frozen datasets; the task's manifest is read.
        tags: Tags about the surroundings (stage, commit, versions, …), put on every part.
        origin: Its study, and whose recipe it is.
        example: Texts that its model takes.

    Raises:
        Mendable: A file or the task's dataset is missing, or not in its format.
        OSError: Weights are missing.
    """
    recipe = recipes.read(experiment, models)
    parts = _training_parts(experiment, recipe, models, Frozen.of(recipe, datasets), tags, example)
    return [_run(experiment, recipe, origin or Origin(), key, (part,), parts) for key, part in parts.items()]


def evaluation_records(
    experiment: str, models: Path, datasets: Path, results: Path, certificates: Path, times: Path, tags: Mapping[str, str],
    figures: Sequence[Path] = (), origin: Origin | None = None, card: Path | None = None, example: tuple[str, ...] = (),
) -> list[RunRecord]:  # fmt: skip
    """Read what ``train`` and ``evaluate`` have written, and ``certify`` if it has; the summary also carries ``figures`` and the ``card``.

    The training part belongs to each record, so that scores are put only on the run of the weights that earned them.
    Arguments and errors as of ``training_records``.
    """
    recipe = recipes.read(experiment, models)
    dataset = Frozen.of(recipe, datasets)
    training = _training_parts(experiment, recipe, models, dataset, tags, example)
    evaluation = _evaluation_parts(experiment, training.keys(), dataset, results, tags)
    weights = {key.seed: _weights(models, key) for key in training if key}
    certification = certification_parts(experiment, certificates, times, weights, tags)
    further: dict[RunKey | None, tuple[Part, ...]] = {
        key: (certification[seed],) for key in training if (seed := key and key.seed) in certification
    }
    if figures:
        further[None] = (*further.get(None, ()), _figures_part(figures))
    if card and card.is_file():
        further[None] = (*further.get(None, ()), _card_part(card, recipe))
    return [
        _run(experiment, recipe, origin or Origin(), key, (part, evaluation[key], *further.get(key, ())), training)
        for key, part in training.items()
    ]


def _run(
    experiment: str, recipe: Recipe, origin: Origin, key: RunKey | None, parts: tuple[Part, ...], keys: Iterable[RunKey | None]
) -> RunRecord:
    tags = {
        "task": recipe.task,
        "experiment": experiment,
        "level": "summary" if key is None else "seed",
        "model": str(recipe.model["name"]),
    }
    parts = (*parts, origin.part)
    if key is None:
        return RunRecord(origin.mlflow_experiment(recipe.task), experiment, tags, parts)
    tags |= {"length": str(key.length), "seed": str(key.seed)}
    folder = f"{experiment}/length-{key.length}" if len({k.length for k in keys if k}) > 1 else experiment
    return RunRecord(origin.mlflow_experiment(recipe.task), f"{folder}/seed-{key.seed}", tags, parts)


def _training_parts(
    experiment: str, recipe: Recipe, models: Path, data: Frozen, tags: Mapping[str, str], example: tuple[str, ...]
) -> dict[RunKey | None, Part]:
    endings = outcomes.read(experiment, models)
    recipe_bytes = (models / recipes.RECIPE).read_bytes()
    history = _by_net(curves.read_lines(experiment, models))
    shared: dict[str, Any] = {"name": "training", "params": _params(recipe), "tags": tags, "datasets": (data.training,)}
    parts: dict[RunKey | None, Part] = {}
    for key in _nets(endings):
        weights = _weights(models, key)
        outcome = endings[key.length][key.seed].model_dump()
        rows = history.get(key, [])
        points = [Point(row["metric"], float(row["value"]), int(row["step"])) for row in rows]
        points += [Point(name, float(value), 0) for name, value in outcome.items() if value is not None]
        identity = digest(recipe_bytes, weights.read_bytes(), _canonical([rows, outcome]))
        parts[key] = Part(digest=identity, points=tuple(points), **shared)
    files = [path for path in sorted(models.rglob("*")) if path.is_file() and path.name != ".gitignore"]
    code = Path(pipeline.__file__).parent
    model = ServedModel(code / "serving.py", (code,), {"model": models, "manifest": data.manifest}, _REQUIREMENTS, example)
    everything = digest(*(path.relative_to(models).as_posix().encode() + b"\0" + path.read_bytes() for path in files))
    kept = (curves.HISTORY, outcomes.OUTCOME, curves.DEMONSTRATION)
    drawn = tuple((models / name, "training") for name in kept if (models / name).is_file())
    parts[None] = Part(digest=everything, model=model, artifacts=drawn, **shared)
    return parts


def _evaluation_parts(
    experiment: str, keys: Iterable[RunKey | None], data: Frozen, results: Path, tags: Mapping[str, str]
) -> dict[RunKey | None, Part]:
    by_seed: dict[int, list[Row]] = defaultdict(list)
    for row in scores.read_lines(experiment, results):
        by_seed[int(row["seed"])].append(row)
    shared: dict[str, Any] = {"name": "evaluation", "tags": tags, "datasets": (data.testing,)}
    nets = [key for key in keys if key]
    several = len({key.length for key in nets}) > 1
    parts: dict[RunKey | None, Part] = {}
    for key in nets:
        # An experiment with several training lengths tests each net at its own.
        rows = [row for row in by_seed[key.seed] if not several or int(row["length"]) == key.length]
        points = [Point(f"{row['metric']}/{row['family']}", float(row["value"]), int(row["length"])) for row in rows if row["value"]]
        parts[key] = Part(digest=digest(_canonical(rows)), points=tuple(points), **shared)
    files = [results / name for name in (scores.SCORES, scores.METRICS)]
    summary = tuple(_summary_points(scores.read_metrics(experiment, results)))
    artifacts = tuple((path, "evaluation") for path in files)
    parts[None] = Part(digest=digest(*(path.read_bytes() for path in files)), points=summary, artifacts=artifacts, **shared)
    return parts


def _summary_points(metrics: Metrics) -> list[Point]:
    points = [
        Point(f"{metric}/{family}/{statistic}", float(value), length)
        for metric, families in metrics.scores.items()
        for family, lengths in families.items()
        for length, aggregate in lengths.items()
        for statistic, value in aggregate.model_dump().items()
        if value is not None
    ]
    return points + [
        Point(f"training/{statistic}", float(value), length)
        for length, ended in metrics.training.items()
        for statistic, value in ended.model_dump().items()
        if value is not None
    ]


def _card_part(card: Path, recipe: Recipe) -> Part:
    """Keep the card, and describe the run by its first section and by where more of it is: the registry shows that with the model, too."""
    text = card.read_text(encoding="utf-8")
    note = (
        f"{text.partition(_SECTION)[0].strip()}\n\nCard: `card/{card.name}` among the artifacts. "
        f"Report: `data/report/experiments/{card.stem}.html`. "
        f"Dataset: `data/datasets/{recipe.task}`, training examples SHA-256 `{recipe.training_data}`."
    )
    return Part("card", digest(text.encode(), note.encode()), tags={NOTE: note}, artifacts=((card, "card"),), identity=False)


def _figures_part(figures: Sequence[Path]) -> Part:
    identity = digest(*(path.name.encode() + b"\0" + path.read_bytes() for path in figures))
    return Part("figures", identity, artifacts=tuple((path, "figures") for path in figures), identity=False)


def _params(recipe: Recipe) -> dict[str, Any]:
    return recipe.model_dump(include={"task", "task_version", "model", "training"})


def _nets(endings: Mapping[int, Mapping[int, Outcome]]) -> list[RunKey]:
    return sorted(RunKey(length, seed) for length in endings for seed in endings[length])


def _weights(models: Path, key: RunKey) -> Path:
    return checkpoints.path_of(models, key.length, key.seed)


def _by_net(rows: Iterable[Row]) -> dict[RunKey, list[Row]]:
    nets: dict[RunKey, list[Row]] = defaultdict(list)
    for row in rows:
        nets[RunKey(int(row["length"]), int(row["seed"]))].append(row)
    return nets


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
