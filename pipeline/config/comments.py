"""What the keys of ``params.yaml`` mean: their descriptions in the code, and the comments beside them in the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from ruamel.yaml.comments import CommentedMap

from pipeline.config import paths
from pipeline.files.yaml_files import read_yaml


def read_comments(section: str, name: str, path: Path | None = None) -> dict[str, str]:
    """Return the comments beside an entry's keys, nested ones with dots; the entry's own under the empty key.

    A board's experiments stand in no one place, and have none.
    """
    entries = read_yaml(path or paths.params(), comments=True).get(section, {})
    if name not in entries:
        return {}
    own = _comment(entries, name)
    return {**({"": own} if own else {}), **dict(_comments(entries[name], ""))}


def descriptions(model: BaseModel, prefix: str = "") -> dict[str, str]:
    """Return what the code says of each key of a section, nested ones with dots."""
    found: dict[str, str] = {}
    for key, field in type(model).model_fields.items():
        value = getattr(model, key)
        if isinstance(value, BaseModel):
            found |= descriptions(value, f"{prefix}{key}.")
        elif field.description:
            found[f"{prefix}{key}"] = field.description
    return found


def _comments(entry: Any, prefix: str) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, CommentedMap):
        return
    for key, value in entry.items():
        if comment := _comment(entry, key):
            yield f"{prefix}{key}", comment
        yield from _comments(value, f"{prefix}{key}.")


def _comment(entries: CommentedMap, key: str) -> str:
    """Read the comment at the end of a key's line: ruamel keeps it third of four."""
    tokens = entries.ca.items.get(key)
    token = tokens[2] if tokens else None
    return "" if token is None else token.value.partition("\n")[0].lstrip("# ").strip()
