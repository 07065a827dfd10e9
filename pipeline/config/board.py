"""A board: a study that tries each of its tasks with each of its models, by shared recipes and what overrides them.

Its ``params.yaml`` has ``training`` (for the whole board), ``models.<model>`` (with the sections ``model`` and ``training``) and
``overrides.<task>.<model>`` (the same two sections), each merged over the one before. A model's key is the name of its architecture, and
the loss and the optimizer are the board's own: ``dvc.yaml`` names the files of all three, and can look up no more than that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, ValidationError

from pipeline.config.faults import explain, unknown_sections
from pipeline.config.study import Board
from pipeline.core.fields import Strict
from pipeline.core.registry import nearest
from pipeline.experiment.entry import Provenance

SECTIONS = ("source", "tuned_on", "evaluation", "board", "tasks", "training", "models", "overrides", "certificates")
# What of a training recipe holds for the whole board.
SHARED = ("loss", "optimizer")
_FAULT = re.compile(r"(experiments|certificates)\.([^.:]+)(?:\.([^:]+))?: (.*)", re.DOTALL)
Names = Annotated[list[str], Field(min_length=1)]


class Proved(Strict):
    """Which nets of a board are to be proved right at every length."""

    tasks: list[str] = Field(description="tasks with a transducer")
    models: list[str] = Field(description="models that the prover knows")


class BoardParams(Strict):
    """The lists from which DVC makes the stages."""

    tasks: Names = Field(description="the tasks, in the order in which they are shown")
    models: Names = Field(description="the models, in the order in which they are shown")
    proved: Proved


@dataclass(frozen=True)
class Plan:
    """A board written out.

    Attributes:
        document: The sections ``tasks``, ``experiments`` and ``certificates`` that it stands for.
        board: Its lists, and the experiment of each pair.
        written: The file as it stands, to say where a fault is.
        faults: What is wrong with the board itself.
    """

    document: dict[str, Any]
    board: Board
    written: Mapping[str, Any]
    faults: list[str] = field(default_factory=list)

    def faults_of(self, found: list[str]) -> list[str]:
        """Put the board's faults first, then those of its experiments: each once, with the key that the file has."""
        if self.faults:
            return self.faults
        return list(dict.fromkeys(self._placed(fault) for fault in found))

    def _placed(self, fault: str) -> str:
        match = _FAULT.fullmatch(fault)
        pairs = {name: pair for pair, name in self.board.experiments.items()}
        if match is None or match[2] not in pairs:
            return fault
        (task, model), key, says = pairs[match[2]], match[3], match[4]
        if match[1] == "certificates":
            return f"certificates.{task}{f'.{key}' if key else ''}: {says}"
        return f"{self._place(task, model, key or '')}: {says}"

    def _place(self, task: str, model: str, key: str) -> str:
        """Say where a key of an experiment stands in the file, or has to."""
        section = key.partition(".")[0]
        if section not in ("model", "training") or key == "training":
            return key
        if key == "model.name":
            return f"models.{model}"
        for place in (f"overrides.{task}.{model}", f"models.{model}"):
            if _has(self.written, f"{place}.{key}"):
                return f"{place}.{key}"
        return key if section == "training" else f"models.{model}.{key}"


def expand(document: Mapping[str, Any]) -> Plan:
    """Write a board's experiments out, named ``<task>-<model>``."""
    faults = unknown_sections(document, SECTIONS)
    faults += [f"{name}: this section is missing; add it" for name in SECTIONS if name not in document and name != "tuned_on"]
    sections = [name for name in ("tasks", "training", "models", "overrides", "certificates") if name in document]
    faults += [f"{name}: expected a section of keys, got {document[name]!r}" for name in sections if not isinstance(document[name], dict)]
    try:
        lists = BoardParams.model_validate(document["board"])
    except ValidationError as error:
        faults += explain(error, BoardParams, "board")
    if faults:
        return Plan({"tasks": {}, "experiments": {}, "certificates": {}}, Board((), (), {}), document, faults)
    faults += _listed(document, lists)
    pairs = [(task, model) for task in lists.tasks for model in lists.models]
    board = Board(tuple(lists.tasks), tuple(lists.models), {(task, model): f"{task}-{model}" for task, model in pairs})
    recipes = {pair: _recipe(document, *pair, faults) for pair in pairs}
    shared = {key: document[key] for key in (*Provenance.model_fields, "evaluation") if key in document}
    experiments = {board.experiments[pair]: {"task": pair[0], **shared, **recipe} for pair, recipe in recipes.items() if recipe}
    certificates = {
        board.experiments[task, model]: {"task": task, **_section(document["certificates"], task)}
        for task in lists.proved.tasks
        for model in lists.proved.models
        if (task, model) in board.experiments
    }
    return Plan(
        {"tasks": document["tasks"], "experiments": experiments, "certificates": certificates},
        board,
        document,
        list(dict.fromkeys(faults)),
    )


def _listed(document: Mapping[str, Any], lists: BoardParams) -> list[str]:
    """Hold the sections against the board's lists: DVC takes a stage's keys from both."""
    wanted = {"tasks": lists.tasks, "models": lists.models, "overrides": lists.tasks, "certificates": lists.proved.tasks}
    kinds = {"tasks": "board.tasks", "models": "board.models", "overrides": "board.tasks", "certificates": "board.proved.tasks"}
    faults = []
    for section, names in wanted.items():
        missing = [name for name in names if name not in document[section]]
        faults += [f"{section}.{name}: this key is missing ({kinds[section]} has it); add it, if need be as {{}}" for name in missing]
        idle = [str(name) for name in document[section] if name not in names]
        faults += [f"{section}.{name}: expected one of {kinds[section]} ({', '.join(names)}){nearest(name, names)}" for name in idle]
    for part in ("tasks", "models"):
        all_of, proved = getattr(lists, part), getattr(lists.proved, part)
        faults += [
            f"board.proved.{part}: expected some of board.{part} ({', '.join(all_of)}), got '{n}'" for n in proved if n not in all_of
        ]
    for task, entry in document["overrides"].items():
        if not isinstance(entry, dict):
            faults.append(f"overrides.{task}: expected a section of models, got {entry!r}")
            continue
        idle = [str(name) for name in entry if name not in lists.models]
        faults += [
            f"overrides.{task}.{n}: expected one of board.models ({', '.join(lists.models)}){nearest(n, lists.models)}" for n in idle
        ]
    return faults


def _recipe(document: Mapping[str, Any], task: str, model: str, faults: list[str]) -> dict[str, Any] | None:
    """Merge an experiment's sections ``model`` and ``training``; ``None`` where they are not what can be merged."""
    if model not in document["models"]:
        return None
    overrides = _section(document["overrides"], task)
    layers = {f"models.{model}": document["models"][model], f"overrides.{task}.{model}": overrides.get(model, {})}
    before = len(faults)
    recipe: dict[str, Any] = {"model": {"name": model}, "training": document["training"]}
    for place, layer in layers.items():
        if not isinstance(layer, dict):
            faults.append(f"{place}: expected the sections model and training, got {layer!r}")
            continue
        faults += [f"{place}.{key}: unknown key; known here: model, training" for key in layer if key not in recipe]
        for section in (name for name in recipe if name in layer):
            if not isinstance(layer[section], dict):
                faults.append(f"{place}.{section}: expected a section of keys, got {layer[section]!r}")
                continue
            faults += _held_in_common(place, section, layer[section], model)
            recipe[section] = merged(recipe[section], layer[section])
    return None if len(faults) > before else recipe


def _held_in_common(place: str, section: str, entry: Mapping[str, Any], model: str) -> list[str]:
    if section == "model":
        return [f"{place}.model.name: expected no name here (the key says {model}); remove it"] if "name" in entry else []
    return [
        f"{place}.training.{key}: expected it under training, once for the whole board; move it there" for key in SHARED if key in entry
    ]


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one section over another, key by key; sections in them likewise.

    Example:
        >>> merged({"steps": 10, "l1": {"weight": 1, "after": 0}}, {"l1": {"weight": 2}})
        {'steps': 10, 'l1': {'weight': 2, 'after': 0}}
    """
    both = {key: merged(under[key], over[key]) for key in over if isinstance(over[key], dict) and isinstance(under.get(key), dict)}
    return {**under, **over, **both}


def _section(entries: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = entries.get(name)
    return found if isinstance(found, dict) else {}


def _has(entry: Any, path: str) -> bool:
    for key in path.split("."):
        if not isinstance(entry, dict) or key not in entry:
            return False
        entry = entry[key]
    return True
