"""The wording of what is wrong with ``params.yaml``: a line for each fault."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.core.registry import nearest


def explain(error: ValidationError, schema: type[BaseModel], prefix: str) -> list[str]:
    """Turn pydantic's errors into one line each: the key, what was expected, what was found, the nearest known key."""
    return [_line(item, schema, prefix) for item in error.errors()]


def _line(item: Any, schema: type[BaseModel], prefix: str) -> str:
    key = ".".join([prefix, *(str(part) for part in item["loc"])])
    if item["type"] == "extra_forbidden":
        known = _known_keys(schema, item["loc"][:-1])
        return f"{key}: unknown key; known here: {', '.join(known)}{nearest(str(item['loc'][-1]), known)}"
    if item["type"] == "missing":
        return f"{key}: this key is missing; add it"
    if item["type"] in ("model_type", "model_attributes_type"):
        return f"{key}: expected a section of keys, got {item['input']!r}"
    message = item["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return f"{key}: {message}" if item["type"] == "value_error" else f"{key}: {message}, got {item['input']!r}"


def _known_keys(schema: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    for part in path:
        field = schema.model_fields.get(str(part))
        inner = [
            a
            for a in (getattr(field, "annotation", None), *getattr(getattr(field, "annotation", None), "__args__", ()))
            if isinstance(a, type) and issubclass(a, BaseModel)
        ]
        if not inner:
            return []
        schema = inner[0]
    return sorted(schema.model_fields)


def unknown_sections(document: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    """Name the sections of a file that are none of the known ones."""
    return [f"{key}: unknown key; known here: {', '.join(known)}{nearest(str(key), list(known))}" for key in document if key not in known]
