"""``params.yaml`` as a JSON schema, for editors: put together from the same pydantic models that check the file.

It knows each key by itself. What keys say of each other (as many seeds as trials, a loss that fits the answers) only a command tells.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from pipeline.config import board
from pipeline.config.board import BoardParams
from pipeline.config.guarantee import GuaranteeParams
from pipeline.config.settings import NAME, SECTIONS
from pipeline.core import registry
from pipeline.experiment.certificate import CertificateParams
from pipeline.experiment.entry import ExperimentParams, Provenance
from pipeline.experiment.evaluation import EvaluationParams
from pipeline.experiment.training import TrainingParams

Schema = dict[str, Any]

_NUMBER = r"-?\d+(\.\d+)?"
_COUNTS = r"\d+(\s*-\s*\d+)?"
_TEXT_OF = {"integer": f"^{_COUNTS}(\\s*,\\s*{_COUNTS})*$", "number": f"^{_NUMBER}(\\s*,\\s*{_NUMBER})*$"}


def schema() -> Schema:
    """Return the schema (draft 7, which every editor knows) of a study whose experiments are written out, and of a board."""
    tasks = {name: registry.load("tasks", name) for name in registry.names("tasks")}
    models = {name: registry.load("models", name) for name in registry.names("models")}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "params.yaml",
        "if": {"required": ["board"]},
        "then": {"$ref": "#/definitions/board"},
        "else": {"$ref": "#/definitions/study"},
        "definitions": {
            "study": _study(),
            "board": _board(tasks, models),
            "tasks": _object(
                "What is asked: functions on sequences, and the datasets drawn from them.",
                {name: {"$ref": f"#/definitions/task.{name}"} for name in tasks},
            ),
            "experiment": _experiment(tasks, models),
            "certificate": _section(CertificateParams),
            "guarantee": _section(GuaranteeParams),
            "training": _section(TrainingParams),
            "evaluation": _section(EvaluationParams),
            "layer": _partial(_section(TrainingParams), "How it is trained.", without=board.SHARED),
            **{f"task.{name}": _section(module.TASK.Params, _first_line(module)) for name, module in tasks.items()},
            **{f"model.{name}": _model(name, module) for name, module in models.items()},
            **{f"layer.{name}": _layer(module) for name, module in models.items()},
        },
    }


def _study() -> Schema:
    """Describe a study whose experiments are written out: experiments with the keys of the model they name."""
    named = {"type": "object", "propertyNames": {"pattern": f"^{NAME}$"}}
    sections = {
        "tasks": {"$ref": "#/definitions/tasks"},
        "experiments": {
            "description": "A task with a model and a recipe, by a name such as increment-rnn.",
            "minProperties": 1,
            "additionalProperties": {"$ref": "#/definitions/experiment"},
            **named,
        },
        "certificates": {
            "description": "Which experiments' nets to prove right at every length, by the experiment's name, and how hard to try.",
            "additionalProperties": {"$ref": "#/definitions/certificate"},
            **named,
        },
        "guarantees": {
            "description": "Of which other experiments' nets to prove how far they are right, by the experiment's name.",
            "additionalProperties": {"$ref": "#/definitions/guarantee"},
            **named,
        },
    }
    about = "The study: its tasks, the experiments on them, and which of these to prove right at every length."
    return _object(about, sections) | {"required": list(SECTIONS)}


def _board(tasks: Iterable[str], models: Iterable[str]) -> Schema:
    """Describe a board: shared recipes, and for each model and each pair what lies over them."""
    lists = _section(BoardParams, "The lists from which DVC makes the stages.")
    for part in (lists["properties"], lists["properties"]["proved"]["properties"]):
        part["tasks"]["items"], part["models"]["items"] = {"enum": list(tasks)}, {"enum": list(models)}
    layers = {name: {"$ref": f"#/definitions/layer.{name}"} for name in models}
    provenance = _section(Provenance)["properties"]
    sections = {
        "source": provenance["source"],
        "tuned_on": provenance["tuned_on"],
        "evaluation": {"$ref": "#/definitions/evaluation"},
        "board": lists,
        "tasks": {"$ref": "#/definitions/tasks"},
        "training": _partial(_section(TrainingParams), "What holds for the whole board; the loss and the optimizer only here."),
        "models": _object("What is a model's own, by the name of its architecture.", layers),
        "overrides": _map("What is a pair's own, by task and model.", dict.fromkeys(tasks, _map("By model.", layers))),
        "certificates": _map(
            "How hard to try to prove a task's nets.",
            dict.fromkeys(tasks, _partial(_section(CertificateParams), "How hard to try.", without=("task",))),
        ),
    }
    about = "A board: each of its tasks with each of its models."
    return _object(about, sections) | {"required": [name for name in board.SECTIONS if name != "tuned_on"]}


def text() -> str:
    """Write the schema as the file ``params.schema.json`` has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


class _Written(GenerateJsonSchema):
    """What may stand in the file, and not only what it is read as: lists also as text."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """Where something comes before the check of a list of numbers, it is what reads the list from text."""
        inner = self.generate_inner(schema["schema"])
        pattern = _TEXT_OF.get(inner.get("items", {}).get("type", ""))
        if pattern is None:
            return inner
        return {"anyOf": [{"type": "string", "pattern": pattern}, inner["items"], inner]}

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles, which would repeat the keys."""
        return False


def _section(kind: type[BaseModel], description: str | None = None) -> Schema:
    """Describe one section without references to other places: nested sections stand where they are used."""
    found = kind.model_json_schema(schema_generator=_Written)
    section: Schema = _inlined(found, found.pop("$defs", {}))
    return section | ({"description": description} if description else {})


def _inlined(node: Any, parts: Schema) -> Any:
    if isinstance(node, list):
        return [_inlined(item, parts) for item in node]
    if not isinstance(node, dict):
        return node
    part = parts[node["$ref"].rpartition("/")[2]] if "$ref" in node else {}
    # A model's title is the name of its class; a dict under this key is a setting of that name.
    whole = {key: value for key, value in (part | node).items() if key != "$ref" and not (key == "title" and isinstance(value, str))}
    return {key: _inlined(value, parts) for key, value in whole.items()}


def _model(name: str, module: Any) -> Schema:
    found = _section(module.Params, _first_line(module))
    found["properties"]["name"] = {"const": name}
    return found


def _layer(module: Any) -> Schema:
    """Describe what lies over a board's recipe for one model: some keys of its two sections."""
    sizes = _partial(_section(module.Params), "Its sizes.", without=("name",))
    return _map(_first_line(module), {"model": sizes, "training": {"$ref": "#/definitions/layer"}})


def _partial(section: Schema, description: str, without: Collection[str] = ()) -> Schema:
    """Describe a section of which only some keys are there."""
    properties = {key: value for key, value in section["properties"].items() if key not in without}
    return {**{key: value for key, value in section.items() if key != "required"}, "description": description, "properties": properties}


def _experiment(tasks: Iterable[str], models: Iterable[str]) -> Schema:
    """Describe an experiment; the model's name decides which keys it has, so that a fault is that key's alone."""
    chosen = [
        {"if": {"properties": {"name": {"const": name}}, "required": ["name"]}, "then": {"$ref": f"#/definitions/model.{name}"}}
        for name in models
    ]
    model = {"type": "object", "required": ["name"], "properties": {"name": {"enum": list(models)}}, "allOf": chosen}
    provenance = _section(Provenance)["properties"]
    sections = {
        "task": {"description": "one of the tasks above", "enum": list(tasks)},
        "source": provenance["source"],
        "tuned_on": provenance["tuned_on"],
        "model": {"description": "the architecture and its sizes"} | model,
        "training": {"$ref": "#/definitions/training"},
        "evaluation": {"$ref": "#/definitions/evaluation"},
    }
    needed = [name for name, field in ExperimentParams.model_fields.items() if field.is_required()]
    return _object("One task, one model, one recipe.", sections) | {"required": needed}


def _object(description: str, properties: Schema) -> Schema:
    return _map(description, properties) | {"minProperties": 1}


def _map(description: str, properties: Schema) -> Schema:
    return {"description": description, "type": "object", "additionalProperties": False, "properties": properties}


def _first_line(module: Any) -> str:
    return str(module.__doc__).partition("\n")[0]
