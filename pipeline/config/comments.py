"""What the keys of ``params.yaml`` mean: their descriptions in the code, and the remarks beside them in the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from ruamel.yaml.comments import CommentedMap

from pipeline.config import paths
from pipeline.files.yaml_files import read_yaml


def read_remarks(section: str, name: str, path: Path | None = None) -> dict[str, str]:
    """Return the remarks beside an entry's keys, nested ones with dots; the entry's own under the empty key.

    A board's experiments stand in no one place, and have none.
    """
    entries = read_yaml(path or paths.params(), comments=True).get(section, {})
    if name not in entries:
        return {}
    own = _remark(entries, name)
    return {**({"": own} if own else {}), **dict(_remarks(entries[name], ""))}


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


def _remarks(entry: Any, prefix: str) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, CommentedMap):
        return
    for key, value in entry.items():
        if remark := _remark(entry, key):
            yield f"{prefix}{key}", remark
        yield from _remarks(value, f"{prefix}{key}.")


def _remark(entries: CommentedMap, key: str) -> str:
    """Read the remark at the end of a key's line: ruamel keeps it third of four."""
    tokens = entries.ca.items.get(key)
    token = tokens[2] if tokens else None
    return "" if token is None else token.value.partition("\n")[0].lstrip("# ").strip()
