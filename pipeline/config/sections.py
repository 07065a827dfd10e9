"""Sections of ``params.yaml`` and the entries in them, each checked by itself; what is wrong is added to a list of faults."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.config import paths
from pipeline.config.document import ParamsError, parse
from pipeline.config.faults import explain
from pipeline.core import registry
from pipeline.core.task import Task, TaskParams

MAY_BE_EMPTY = ("certificates", "guarantees")
P = TypeVar("P", bound=BaseModel)


def read_tasks() -> dict[str, Task]:
    """Read and check the tasks of the current study, and nothing else of its ``params.yaml``.

    Raises:
        ParamsError: With a line for each fault.
    """
    faults: list[str] = []
    found = tasks(parse(), faults)
    require_none(faults, paths.params())
    return found


def tasks(document: dict[str, Any], faults: list[str]) -> dict[str, Task]:
    """Return the tasks that are right, by name."""
    return {name: task for name, entry in section(document, "tasks", faults) if (task := _task(name, entry, faults))}


def section(document: dict[str, Any], name: str, faults: list[str]) -> list[tuple[str, Any]]:
    """List the entries of a section, with their names."""
    found = document.get(name)
    if name in MAY_BE_EMPTY and found == {}:
        return []  # nothing has to be proved; the key is there for dvc.yaml, which reads it
    if not isinstance(found, dict) or not found:
        faults.append(f"{name}: expected a section with an entry for each of the {name}, got {found!r}")
        return []
    return list(found.items())


def validated(kind: type[P], entry: Any, key: str, faults: list[str]) -> P | None:
    """Check an entry; ``None`` where something is wrong with it."""
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        faults.extend(explain(error, kind, key))
        return None


def require_none(faults: list[str], path: Path) -> None:
    """Raise ``ParamsError`` with a line for each of the faults of the file at ``path``, if there are any."""
    if faults:
        raise ParamsError("\n".join(f"{path}: {fault}" for fault in faults))


def _task(name: str, entry: Any, faults: list[str]) -> Task | None:
    try:
        kind = registry.load("tasks", name).TASK
    except registry.UnknownName as error:
        faults.append(f"tasks.{name}: {error}")
        return None
    params: TaskParams | None = validated(kind.Params, entry, f"tasks.{name}", faults)
    return None if params is None else kind(params)
